"""What goes out: bytes, encodings, the notice, attachments that a sanitizer let through; and the second reading."""

import email.header
import re

import pytest

from sanitizers.model import Action, CannotSanitize, Finding, Rebuilt, Severity, Threat
from sanitizers.rules import BodyCharset, NoticeWhen, Profile
from sanitizers.verify.mail import Surprise, compare, fields_and_body, parsed, strict_leaves, verify

HEAD = "From: a@example.jp\nDate: Sat, 21 Nov 2026 10:00:00 +0900\nMessage-ID: <1@example.jp>\n"
JIS = Profile(body_charset=BodyCharset.ISO_2022_JP, notice=NoticeWhen.WHEN_CHANGED)
QUIET = Profile(notice=NoticeWhen.WHEN_CHANGED)
PART = "Content-Type: application/pdf\n\nx"
MIXED = f'{HEAD}Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nText.\n--b\n{PART}\n--b\n{PART}\n--b--\n'


def test_ascii_goes_as_it_is(clean):
    result = clean(f"{HEAD}\nHello.\n", rules=QUIET)
    assert result.data.endswith(
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n\r\nHello.\r\n"
    )


@pytest.mark.parametrize("text", ["From here on", "x" * 2_000, "日本語"])
def test_other_text_goes_as_base64(clean, text):
    result = clean(f"{HEAD}Content-Type: text/plain; charset=utf-8\n\n{text}\n", rules=QUIET)
    assert result.header("Content-Transfer-Encoding") == "base64"
    assert result.text == text
    assert max(map(len, result.data.split(b"\r\n"))) <= 78


def test_iso_2022_jp_by_profile(clean):
    result = clean(f"{HEAD}Content-Type: text/plain; charset=utf-8\n\n日本語～\n", rules=JIS)
    assert result.header("Content-Type") == "text/plain; charset=iso-2022-jp"
    assert result.header("Content-Transfer-Encoding") == "7bit"
    assert result.text == "日本語〜"


def test_text_that_iso_2022_jp_cannot_carry_goes_as_utf_8(clean):
    result = clean(f"{HEAD}Content-Type: text/plain; charset=utf-8\n\n日本語🍣①\n", rules=JIS)
    assert result.header("Content-Type") == "text/plain; charset=utf-8"
    assert result.text == "日本語🍣①"


def test_long_lines_of_iso_2022_jp_go_as_base64(clean):
    result = clean(f"{HEAD}Content-Type: text/plain; charset=utf-8\n\n{'日本語' * 400}\n", rules=JIS)
    assert result.header("Content-Transfer-Encoding") == "base64"
    assert result.text == "日本語" * 400


def test_the_notice_names_what_was_removed(clean):
    notice = clean(MIXED).notice
    assert "Something was changed. Item 20261121-4X7K-2M9Q" in notice
    assert notice.count("removed: a part without a name (1 B): unsupported") == 2
    assert "Ask extension 1234." in notice


def test_the_notice_may_be_left_out_when_nothing_changed(clean):
    assert clean(f"{HEAD}\nHello.\n", rules=QUIET).notice == ""
    assert clean(MIXED, rules=QUIET).notice != ""


def test_a_hundred_removed_parts_are_counted(clean):
    parts = "".join(f"--b\n{PART}\n" for _ in range(100))
    mail = f'{HEAD}Content-Type: multipart/mixed; boundary="b"\n\n{parts}--b--\n'
    assert "and 50 more" in clean(mail).notice


@pytest.mark.parametrize("name", ["report.pdf", "報告書.pdf", 'a"b\\c;d.pdf', "長" * 255, "a b.pdf", ""])
def test_an_attachment_that_was_rebuilt_goes_along(clean, name):
    passed = Rebuilt(b"%PDF-clean\0\r\n--b", name, "application/pdf")
    result = clean(MIXED, passed=(passed,))
    text, file = result.message.get_payload()
    assert text.get_content_type() == "text/plain"
    assert file.get_content_type() == "application/pdf"
    assert file.get_content_disposition() == "attachment"
    assert file.get_filename() == (name[:255] or "attachment.pdf")
    assert file.get_payload(decode=True) == passed.data
    assert "removed: a part without a name" in result.notice


@pytest.mark.parametrize("name", ["報告書.pdf", "令和八年度 第3回 定例会 資料(最終版)🎌.xlsx", "長" * 255])
def test_older_readers_find_the_same_name_in_the_type(clean, name):
    result = clean(MIXED, passed=(Rebuilt(b"data", name, "application/pdf"),))
    file = result.message.get_payload()[1]
    encoded = re.sub(r"\r?\n", "", re.search(r'name="([^"]*)"', file["Content-Type"])[1])
    assert all(len(word) <= 75 for word in encoded.split())
    assert str(email.header.make_header(email.header.decode_header(encoded))) == name


@pytest.mark.parametrize(
    ("media_type", "data", "expected"),
    [
        ("text/csv", "清め".encode(), "utf-8"),
        ("text/plain", b"", "utf-8"),
        ("text/csv", "清め".encode("cp932"), None),
        ("application/json", b"{}", None),
    ],
)
def test_a_text_that_is_attached_says_its_charset(clean, media_type, data, expected):
    file = clean(MIXED, passed=(Rebuilt(data, "a.csv", media_type),)).message.get_payload()[1]
    assert (file.get_content_type(), file.get_content_charset()) == (media_type, expected)
    assert file.get_payload(decode=True) == data


def changed(name: str, *threats: Threat) -> Rebuilt:
    findings = [Finding(threat, Severity.WARNING, Action.REMOVED, "", "x") for threat in threats]
    return Rebuilt(b"data", name, "application/pdf", (*findings, *findings))


def with_parts(*heads: str) -> str:
    parts = "".join(f"--b\n{head}\n\nx\n" for head in heads)
    return f'{HEAD}Content-Type: multipart/related; boundary="b"\n\n{parts}--b--\n'


PDF = "Content-Type: application/pdf"
LOGO = "Content-Type: image/png\nContent-ID: <logo>"


def test_the_notice_says_what_was_changed_in_each_attachment(clean):
    noted = Finding(Threat.HIDDEN_CONTENT, Severity.WARNING, Action.NOTED, "", "x")
    repaired = Finding(Threat.MALFORMED, Severity.NOTE, Action.REWRITTEN, "", "x")
    passed = (
        changed("a.pdf", Threat.METADATA, Threat.ACTIVE_CONTENT),
        Rebuilt(b"b", "b.pdf", "image/png", (noted, repaired)),
    )
    notice = clean(with_parts(PDF, PDF), passed=passed).notice
    assert "Something was changed." in notice
    assert "<a.pdf>: active_content gone; metadata gone." in notice
    assert "b.pdf" not in notice


def test_fields_that_became_part_of_the_page_are_told_apart_from_metadata(clean):
    field = Finding(Threat.METADATA, Severity.NOTE, Action.REWRITTEN, "", "x")
    author = Finding(Threat.METADATA, Severity.NOTE, Action.REMOVED, "", "x")
    passed = (
        Rebuilt(b"a", "a.pdf", "application/pdf", (field,)),
        Rebuilt(b"b", "b.pdf", "application/pdf", (author, field)),
    )
    notice = clean(with_parts(PDF, PDF), passed=passed).notice
    assert "<a.pdf>: fixed.\n<b.pdf>: metadata gone; fixed.\n" in notice


def test_a_file_that_became_another_type_is_told(clean):
    misnamed = Finding(Threat.TYPE_MISMATCH, Severity.NOTE, Action.REWRITTEN, "", "x")
    passed = (
        Rebuilt(b"a", "a.png", "image/png"),
        Rebuilt(b"b", "b.png", "image/png", (misnamed,)),
        Rebuilt(b"c", "c.pdf", "application/pdf"),
        Rebuilt(b"d", "d", "image/png"),
    )
    heads = [f"{PDF}; name={name}" for name in ("a.svg", "b.jpg", "c.pdf", "d")]
    notice = clean(with_parts(*heads), passed=passed).notice
    assert "Something was changed." in notice
    assert "<a.png>: converted.\n<b.png>: type_mismatch gone.\n" in notice
    assert "c.pdf" not in notice
    assert "<d>" not in notice


def test_attachments_with_the_same_changes_share_a_line_and_the_routine_comes_last(clean):
    passed = (
        changed("1.jpg", Threat.METADATA),
        changed("2.pdf", Threat.ACTIVE_CONTENT),
        changed("3.jpg", Threat.METADATA),
    )
    notice = clean(with_parts(PDF, PDF, PDF), passed=passed).notice
    assert "<2.pdf>: active_content gone.\n<1.jpg>, <3.jpg>: metadata gone.\n" in notice


def test_a_hundred_changed_attachments_are_counted(clean):
    notice = clean(
        with_parts(*[PDF] * 100), passed=tuple(changed(f"{n}.pdf", Threat.METADATA) for n in range(100))
    ).notice
    assert "<0.pdf>, <1.pdf>" in notice
    assert "<9.pdf>, and 90 more: metadata gone." in notice
    assert "10.pdf" not in notice


def test_routine_changes_of_pictures_of_the_text_are_counted_and_others_named(clean):
    passed = (
        changed("logo.png", Threat.METADATA),
        changed("photograph.jpg", Threat.METADATA),
        changed("line.gif", Threat.METADATA),
        changed("odd.png", Threat.HIDDEN_CONTENT),
    )
    result = clean(with_parts(LOGO, PDF, LOGO, LOGO), passed=passed)
    assert (
        "<odd.png>: hidden_content gone.\n<photograph.jpg>, pictures of the text (2): metadata gone." in result.notice
    )
    assert "attached pictures: 3\n" in result.notice
    assert [part.get_filename() for part in result.message.get_payload()][1:] == [file.name for file in passed]


def test_pictures_of_the_text_that_went_along_unchanged_are_no_change(clean):
    notice = clean(with_parts(LOGO), passed=(Rebuilt(b"b", "logo.png", "image/png"),)).notice
    assert "Nothing was changed." in notice
    assert "attached pictures: 1\n" in notice


def test_cleaning_again_finds_nothing_and_changes_only_the_notice(clean):
    first = clean(MIXED)
    traces = (
        b"Received: from x by y; Sat, 21 Nov 2026 10:00:00 +0900\r\nAuthentication-Results: kiyome; spf=pass\r\n"
        b"X-Kiyome-Report: item=1; verdict=deliver\r\n"
    )
    second = clean(traces + first.data)
    assert second.rebuilt.findings == ()
    assert second.text == first.text
    assert second.whole_text.startswith(first.whole_text.rstrip())
    kept = traces.split(b"\r\n")[0]  # Received lines stay, so that loops are seen
    assert [kept, *(line for line in first.data.split(b"\r\n\r\n")[0].split(b"\r\n") if b"Encoding" not in line)] == [
        line for line in second.data.split(b"\r\n\r\n")[0].split(b"\r\n") if b"Encoding" not in line
    ]


def good(clean) -> bytes:
    return clean(MIXED, passed=(Rebuilt(b"data", "a.pdf", "application/pdf"),)).data


def test_the_second_reading_accepts_what_we_write(clean):
    verify(good(clean))
    verify(clean(f"{HEAD}Subject: =?utf-8?B?5pel5pys?=\n\nHello.\n").data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"^From:", b"X-Evil: 1\r\nFrom:"),
        (rb"^From:", b"From: b@example.jp\r\nFrom:"),
        (rb"^From:.*\r\n", b""),
        (rb"Date: ", b"Date : "),
        (rb"Date: ", b"Date:\r\n \r\n "),
        (rb"Date: ", b"Date: \n"),
        (rb"Date: ", b"Date: \xe6\x97\xa5"),
        (rb"Date: ", b"Date: \0"),
        (rb"\Z", b"after the end\r\n"),
        (rb"\Z", b"no line end"),
        (rb"--\r\n\Z", b"\r\n"),
        (rb"text/plain; charset=utf-8", b"text/html; charset=utf-8"),
        (rb"Content-Transfer-Encoding: 7bit", b"Content-Transfer-Encoding: quoted-printable"),
        (rb"Content-Transfer-Encoding: 7bit\r\n", b""),
        (rb"Text\.", b"Text\x07"),
        (rb"Text\.", b"Te\xffxt"),
        (rb"Text\.", b"T" * 1_000),
        (rb"Text\.", b"Te\rxt"),
        (rb"ZGF0YQ==", b"ZGF0YQ=!"),
        (rb"Content-Disposition: attachment", b"Content-Disposition: inline"),
        (rb"\r\n\r\n--", b"\r\n\r\npreamble\r\n--"),
        (rb"multipart/mixed", b"multipart/alternative"),
        (rb' name="a.pdf"', b' name="b.pdf"'),
        (rb' name="a.pdf"', b' name="=?utf-8?B?Yi5wZGY=?="'),
        (rb' name="a.pdf"', b' name="=?utf-8?Q?a.pdf?="'),
        (rb' name="a.pdf"', b' name="=?utf-8?B?YS5wZGY=?=.exe"'),
        (rb'filename="a.pdf"', b"filename*=utf-8''b.pdf"),
        (rb';\r\n name="a.pdf"', b""),
        (rb"application/pdf;", b"application/pdf; charset=iso-2022-jp;"),
    ],
)
def test_the_second_reading_refuses_what_we_never_write(clean, old, new):
    spoilt, count = re.subn(old, lambda _: new, good(clean), count=1, flags=re.MULTILINE)
    assert count == 1
    with pytest.raises(CannotSanitize):
        verify(spoilt)


@pytest.mark.parametrize(
    "change", [(b"Text.", b"Else."), (b"ZGF0YQ==", b"ZGF0YQo="), (b"application/pdf", b"image/png")]
)
def test_a_parser_that_sees_something_else_is_a_surprise(clean, change):
    data = good(clean)
    other = data.replace(*change)
    assert other != data
    compare(strict_leaves(data), parsed(data), fields_and_body(data)[0])
    with pytest.raises(Surprise, match="a second parser sees otherwise"):
        compare(strict_leaves(data), parsed(other), fields_and_body(data)[0])


def test_a_parser_that_sees_another_header_is_a_surprise(clean):
    data = good(clean)
    with pytest.raises(Surprise, match="headers that a second parser sees otherwise"):
        compare(strict_leaves(data), parsed(b"X-More: 1\r\n" + data), fields_and_body(data)[0])
