"""Headers: only allowed ones go out, each once, decoded and written anew; nobody can pose as somebody else."""

import base64
import re
from email import message_from_bytes
from email.policy import default

import pytest

from sanitizers.model import Severity, Threat
from sanitizers.rules import BodyCharset, Profile

BASE = {
    "From": "Yamada <yamada@example.jp>",
    "To": "soumu@city.example.lg.jp",
    "Date": "Sat, 21 Nov 2026 10:00:00 +0900",
    "Message-ID": "<1@example.jp>",
}


def mail(extra: str = "", **replaced: str | None) -> str:
    fields = BASE | {name.replace("_", "-"): value for name, value in replaced.items()}
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value is not None) + extra + "\nHello.\n"


def b_word(text: str, codec: str = "utf-8", label: str = "utf-8") -> str:
    return f"=?{label}?B?{base64.b64encode(text.encode(codec)).decode()}?="


def test_headers_that_are_not_allowed_are_dropped_silently(clean):
    extra = (
        "DKIM-Signature: v=1; a=b\nBcc: secret@example.jp\n"
        "Return-Path: <x@example.jp>\nAuthentication-Results: mx; dkim=pass\nX-Anything: yes\n"
        "X-Kiyome-Report: item=forged\nList-Unsubscribe: <https://evil.example/>\nARC-Seal: i=1\n"
    )
    result = clean(mail(extra))
    assert set(result.message.keys()) == {*BASE, "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
    assert result.rebuilt.findings == ()


def test_headers_that_are_kept(clean):
    extra = (
        "Cc: c@example.jp\nReply-To: r@example.jp\nSender: s@example.jp\nIn-Reply-To: <0@example.jp>\n"
        "References: <a@example.jp>\n <b@example.jp>\nImportance: High\nX-Priority: 1 (Highest)\nPriority: urgent\n"
        "Auto-Submitted: auto-generated; x=y\nPrecedence: Bulk\nList-Id: Town news <news.example.jp>\n"
        "Content-Language: ja, en-US\n"
    )
    result = clean(mail(extra, Subject="Greetings"))
    assert result.header("Subject") == "Greetings"
    assert result.header("References").split() == ["<a@example.jp>", "<b@example.jp>"]
    assert result.header("Importance") == "high"
    assert result.header("X-Priority") == "1"
    assert result.header("Auto-Submitted") == "auto-generated"
    assert result.header("Precedence") == "bulk"
    assert result.header("List-Id") == "Town news <news.example.jp>"
    assert result.header("Content-Language") == "ja, en-US"
    assert result.rebuilt.findings == ()


def test_a_request_for_a_receipt_is_reported(clean):
    result = clean(mail("Disposition-Notification-To: spy@example.jp\n"))
    assert result.found(Threat.METADATA)
    assert b"spy@" not in result.data


SUBJECT = "【重要】会議資料の送付について"


@pytest.mark.parametrize(
    "written",
    [
        b_word(SUBJECT),
        b_word(SUBJECT, "iso2022_jp", "ISO-2022-JP"),
        b_word(SUBJECT, "cp932", "Shift_JIS"),
        b_word(SUBJECT, "utf-8", "utf-8*ja"),
        b_word(SUBJECT[:5]) + "\n " + b_word(SUBJECT[5:]),
        b_word(SUBJECT[:5]) + b_word(SUBJECT[5:]),
        b_word(SUBJECT).replace("=?=", "?="),
        "=?utf-8?Q?" + "".join(f"={byte:02x}" for byte in SUBJECT.encode()) + "?=",
        SUBJECT,
        f'"{b_word(SUBJECT)}"',
    ],
    ids=["b", "jis", "sjis", "language", "two words", "no blank", "no padding", "q", "raw", "quoted"],
)
def test_subjects_as_they_come(clean, written):
    assert clean(mail(Subject=written)).header("Subject").strip('"') == SUBJECT


@pytest.mark.parametrize("cut", [7, 8, 10])
def test_a_character_cut_between_two_words_is_whole_again(clean, cut):
    data = SUBJECT.encode()
    words = "\n ".join(f"=?utf-8?B?{base64.b64encode(piece).decode()}?=" for piece in (data[:cut], data[cut:]))
    assert clean(mail(Subject=words)).header("Subject") == SUBJECT


def test_base64_cut_in_the_middle_of_a_group_is_whole_again(clean):
    letters = base64.b64encode(SUBJECT.encode()).decode()
    words = f"=?utf-8?B?{letters[:10]}?=\n =?utf-8?B?{letters[10:]}?="
    assert clean(mail(Subject=words)).header("Subject") == SUBJECT


@pytest.mark.parametrize("codec", ["cp932", "iso2022_jp", "euc_jp"])
def test_raw_japanese_in_a_subject(clean, codec):
    data = mail(Subject="@@").replace("\n", "\r\n").encode().replace(b"@@", SUBJECT.encode(codec))
    assert clean(data).header("Subject") == SUBJECT


@pytest.mark.parametrize("charset", list(BodyCharset))
@pytest.mark.parametrize(
    "text", [SUBJECT * 20, "a" * 700, "語" + "a" * 90, "🍣" * 40, "=?utf-8?B?5pel?=", "word " * 60]
)
def test_written_subjects_are_strict_and_say_the_same(clean, text, charset):
    result = clean(mail(Subject=b_word(text)), rules=Profile(body_charset=charset))
    assert result.header("Subject") == text.strip()
    raw = re.search(rb"Subject:(.*(?:\r\n .*)*)", result.data)[1].decode("ascii")
    for word in re.findall(r"=\?.*?\?=", raw):
        assert len(word) <= 75
        charset_name, letters = re.fullmatch(r"=\?([^?]*)\?B\?([^?]*)\?=", word).groups()
        base64.b64decode(letters, validate=True).decode(charset_name)  # no character is cut
    if "=?" in raw:
        assert max(map(len, raw.split("\r\n"))) <= 76


def test_iso_2022_jp_subject_by_profile(clean):
    result = clean(
        mail(Subject=b_word("会議～①".replace("①", ""))), rules=Profile(body_charset=BodyCharset.ISO_2022_JP)
    )
    assert b"Subject: =?iso-2022-jp?B?" in result.data
    assert result.header("Subject") == "会議〜"


@pytest.mark.parametrize("evil", ["a\nBcc: x@example.jp", "a\r\nX: y", "a\0b", "a\x1bb"])
def test_encoded_controls_never_become_headers(clean, evil):
    result = clean(mail(Subject=b_word(evil), From=f"{b_word(evil)} <yamada@example.jp>"))
    assert set(result.message.keys()) == {*BASE, "Subject", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
    assert any(found.startswith("header From") for found in result.found(Threat.DECEPTION))
    assert any(found.startswith("header Subject") for found in result.found(Threat.DECEPTION))


@pytest.mark.parametrize(
    "sender",
    [
        '"mayor@city.example.lg.jp" <evil@example.com>',
        f"{b_word('mayor@city.example.lg.jp')} <evil@example.com>",
        f'"{b_word("mayor@city.example.lg.jp")}" <evil@example.com>',
        f"{b_word('mayor@city.example.lg.jp' + chr(0))} <evil@example.com>",
        "evil@example.com (mayor@city.example.lg.jp)",
        "<evil@example.com> <mayor@city.example.lg.jp>",
    ],
)
def test_an_address_in_the_name_cannot_pass_for_the_sender(clean, sender):
    result = clean(mail(From=sender))
    assert result.header("From").endswith("<evil@example.com>")
    assert "mayor＠city.example.lg.jp" in result.header("From")
    assert result.found(Threat.DECEPTION)
    assert clean(result.data).rebuilt.findings == ()


def test_the_own_address_as_a_name_is_no_deception(clean):
    assert clean(mail(From='"yamada@example.jp" <yamada@example.jp>')).rebuilt.findings == ()


def test_bidirectional_controls_vanish(clean):
    result = clean(mail(Subject=b_word("請求書\u202egpj.exe"), From=b_word("山田\u200b太郎") + " <a@example.jp>"))
    assert result.header("Subject") == "請求書gpj.exe"
    assert result.header("From") == "山田太郎 <a@example.jp>"
    assert result.rebuilt.findings


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a@example.jp", "a@example.jp"),
        ("<a@example.jp>", "a@example.jp"),
        ("Taro Yamada <a@example.jp>", "Taro Yamada <a@example.jp>"),
        ('"Yamada, Taro" <a@example.jp>', '"Yamada, Taro" <a@example.jp>'),
        ("a@example.jp (Taro (the) Yamada)", '"Taro (the) Yamada" <a@example.jp>'),
        ("Taro <@relay.example,@x.example:a@example.jp>", "Taro <a@example.jp>"),
        ("Team: a@example.jp, B <b@example.jp>;", "a@example.jp, B <b@example.jp>"),
        ("a@example.jp; b@example.jp", "a@example.jp, b@example.jp"),
        ("a..b.@docomo.example.jp", '"a..b."@docomo.example.jp'),
        ('"a..b."@docomo.example.jp', '"a..b."@docomo.example.jp'),
        ("undisclosed-recipients:;", "undisclosed-recipients:;"),
        ("Taro <a@日本語.jp>", "Taro <a@xn--wgv71a119e.jp>"),
        ("Taro a@example.jp", "Taro <a@example.jp>"),
        ("no address at all", "undisclosed-recipients:;"),
        ("a @ example . jp", "a@example.jp"),
        ("bounce=user=?x=city.jp@example.jp", "bounce=user=?x=city.jp@example.jp"),
    ],
)
def test_address_lists(clean, written, read):
    result = clean(mail(To=written))
    assert result.header("To") == read
    assert clean(result.data).header("To") == read


def test_many_recipients_are_folded(clean):
    boxes = ", ".join(f"{b_word(f'職員{n}番')} <user{n}@city.example.lg.jp>" for n in range(100))
    result = clean(mail(To=boxes))
    assert result.header("To").count("@") == 100
    assert max(map(len, result.data.split(b"\r\n"))) <= 100


def test_a_local_part_that_ascii_cannot_write_goes_as_utf_8(clean):
    assert "To: 山田@example.jp\r\n".encode() in clean(mail(To="山田@example.jp")).data


@pytest.mark.parametrize(
    ("extra", "header", "value"),
    [
        ("From: Other <other@example.com>\n", "From", "Yamada <yamada@example.jp>"),
        ("Subject: One\nSubject: Two\n", "Subject", "One"),
    ],
)
def test_a_header_given_twice_is_a_deception(clean, extra, header, value):
    result = clean(mail(extra))
    assert result.header(header) == value
    assert result.found(Threat.DECEPTION)


def test_several_addresses_in_from(clean):
    result = clean(mail(From="a@example.jp, b@example.com"))
    assert result.header("From") == "a@example.jp"
    assert result.found(Threat.DECEPTION) == ["header From: several senders; left out: b@example.com"]


@pytest.mark.parametrize("sender", [None, "", "<>", "nobody"])
def test_without_a_sender_there_is_still_exactly_one(clean, sender):
    result = clean(mail(From=sender))
    assert result.header("From").endswith("<unknown@kiyome.invalid>")
    assert any(each.severity is Severity.WARNING for each in result.rebuilt.findings)
    assert clean(result.data).rebuilt.findings == ()


@pytest.mark.parametrize(
    ("date", "read"),
    [
        ("Sat, 21 Nov 2026 10:00:00 +0900", "Sat, 21 Nov 2026 10:00:00 +0900"),
        ("21 Nov 26 10:00 JST", "Sat, 21 Nov 2026 10:00:00 -0000"),
        ("Sat, 21 Nov 2026 10:00:00 +0900 (JST)", "Sat, 21 Nov 2026 10:00:00 +0900"),
        ("Sat, 21 Nov 2026 10:00:00 GMT", "Sat, 21 Nov 2026 10:00:00 +0000"),
    ],
)
def test_dates_keep_their_zone(clean, date, read):
    assert clean(mail(Date=date)).header("Date") == read


@pytest.mark.parametrize("date", [None, "", "yesterday", "Sat, 99 Nov 2026 10:00:00 +0900", "1" * 5000])
def test_an_unreadable_date_is_replaced(clean, date):
    result = clean(mail(Date=date))
    assert re.fullmatch(r"\w{3}, \d{2} \w{3} \d{4} \d\d:\d\d:\d\d \+0000", result.header("Date"))
    assert any(found.startswith("header Date") for found in result.found(Threat.MALFORMED))


@pytest.mark.parametrize("identifier", [None, "", "nonsense", "<no-at-sign>", "<a@b\x01c>"])
def test_an_unusable_message_id_is_replaced(clean, identifier):
    result = clean(mail(Message_ID=identifier))
    assert result.header("Message-ID") == "<20261121-4X7K-2M9Q@kiyome.invalid>"


def test_a_thread_of_a_thousand_keeps_its_ends(clean):
    result = clean(mail("References: " + "\n ".join(f"<{n}@example.jp>" for n in range(1000)) + "\n"))
    references = result.header("References").split()
    assert len(references) == 100
    assert (references[0], references[-1]) == ("<0@example.jp>", "<999@example.jp>")


def test_facts_are_what_goes_out(clean):
    facts = clean(mail(Subject=b_word(SUBJECT), From=f"{b_word('山田')} <yamada@example.jp>")).rebuilt.facts
    assert facts.subject == SUBJECT
    assert facts.header_from == "山田 <yamada@example.jp>"
    assert facts.header_to == "soumu@city.example.lg.jp"
    assert facts.message_id == "1@example.jp"
    assert facts.date == BASE["Date"]


@pytest.mark.parametrize(
    "address",
    ["=?utf-8?b?Ym9zc0Bnb3YuZXhhbXBsZQA=?=@evil.example", '"=?utf-8?q?boss=40gov.example=00?="@evil.example'],
)
def test_an_encoded_word_as_an_address_is_not_decoded_by_the_reader(clean, address: str) -> None:
    """Mailsploit: the gateway sees evil.example, a reader that decodes it sees an address that ends at the NUL."""
    read = message_from_bytes(clean(mail(From=address)).data, policy=default)
    assert "\0" not in read["From"]
    assert read["From"].addresses[0].addr_spec == "unknown@kiyome.invalid"


@pytest.mark.parametrize("name", ["From", "To", "Content-Type"])
@pytest.mark.parametrize("start", ["", "text/plain; a="])
def test_quotes_and_backslashes_without_end_are_read_once(clean, name: str, start: str) -> None:
    """Reading each of them to the end of the line would take minutes; the time limit of the tests says so."""
    result = clean(mail(f"{name}: {start}" + '"\\' * 125_000 + "\n", Subject="Greetings", **{name: None}))
    assert result.header("Subject") == "Greetings"


@pytest.mark.parametrize("zone", ["+9999", "-2400", "+1560"])
def test_a_zone_that_is_nowhere_is_not_passed_on(clean, zone: str) -> None:
    read = message_from_bytes(clean(mail(Date=f"Sat, 21 Nov 2026 10:00:00 {zone}")).data, policy=default)
    assert read["Date"].datetime is not None
    assert zone not in read["Date"]


@pytest.mark.parametrize(
    "identifier",
    [
        "<(a@b.example>",
        "<:a@b.example>",
        "<@b.example>",
        '<"a"@b.example>',
        "<a;b@c.example>",
        "<a,b@c.example>",
        "<a\\b@c.example>",
        "<=?utf-8?q?a=0Ab?=@c.example>",
        "<a@=?utf-8?b?AA==?=>",
    ],
)
def test_an_identifier_that_readers_stumble_over_is_replaced(clean, identifier: str) -> None:
    result = clean(mail(f"References: <0@example.jp> {identifier}\n", Message_ID=identifier))
    read = message_from_bytes(result.data, policy=default)
    assert read["Message-ID"] == "<20261121-4X7K-2M9Q@kiyome.invalid>"
    assert read["References"] == "<0@example.jp>"


@pytest.mark.parametrize(
    "identifier", ["<1.2-3_4$5%6=7+8@mail.example.jp>", "<a@[192.0.2.1]>", "<a@b@c.example>", "<a..b.@c>", "<a:b@c>"]
)
def test_an_identifier_of_real_mail_stays(clean, identifier: str) -> None:
    result = clean(mail(f"References: {identifier}\n", Message_ID=identifier))
    assert result.header("Message-ID") == result.header("References") == identifier
