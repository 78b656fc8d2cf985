"""The MIME tree under attack: what every parser disagrees about goes on as text only, and no text is lost."""

import base64

import pytest

from sanitizers.job import Role
from sanitizers.model import CannotSanitize, Threat
from sanitizers.rules import Budget

HEAD = "From: a@example.jp\nTo: b@example.jp\nDate: Sat, 21 Nov 2026 10:00:00 +0900\nMessage-ID: <1@example.jp>\n"


def mixed(*parts: str, content: str = 'multipart/mixed; boundary="b"', end: str = "--b--\n") -> str:
    return f"{HEAD}MIME-Version: 1.0\nContent-Type: {content}\n\n" + "".join(f"--b\n{part}\n" for part in parts) + end


TEXT = "Content-Type: text/plain\n\nThe words."
PROGRAM = (
    'Content-Type: application/octet-stream; name="x.exe"\nContent-Transfer-Encoding: base64\n\n'
    + base64.b64encode(b"MZ-the-program").decode()
)


def test_text_stays_and_the_attachment_is_named(clean):
    result = clean(mixed(TEXT, PROGRAM))
    assert result.text == "The words."
    assert "removed: x.exe (14 B): unsupported" in result.notice
    assert b"MZ-the-program" not in result.data


def test_a_plain_mail_has_no_findings(clean):
    result = clean(HEAD + "\nHello.\n")
    assert result.text == "Hello."
    assert result.rebuilt.findings == ()
    assert "Nothing was changed. Item 20261121-4X7K-2M9Q" in result.notice


@pytest.mark.parametrize(
    "content",
    [
        'multipart/mixed; boundary="zzz"; boundary="b"',
        'multipart/mixed; boundary="b"; boundary="zzz"',
        "multipart/mixed; boundary*=us-ascii''b",
        "multipart/mixed; boundary*0=b",
        "multipart/mixed; boundary=\"zzz\"; boundary*=us-ascii''b",
        'multipart/mixed; boundary="=?us-ascii?Q?b?="',
        "multipart/mixed; (comment) boundary=b",
        "multipart/mixed; boundary=(comment)b",
        'multipart/mixed; boundary="\\b"',
        "multipart/mixed; boundary = b ",
        'multipart/mixed boundary="b"',
        'multipart/mixed; boundary="b ',
        "multipart/mixed",
        'multipart/mixed; boundary=""',
        'text/plain\nContent-Type: multipart/mixed; boundary="b"',
        'multipart/mixed; boundary="b"\nContent-Type: text/plain',
        'multipart/mixed; boundary="b"\nContent-Transfer-Encoding: base64',
    ],
)
def test_every_way_to_give_a_boundary_shows_the_text_and_never_the_attachment(clean, content):
    result = clean(mixed(TEXT, PROGRAM, content=content))
    assert "The words." in result.text
    assert "TVot" not in result.text
    assert [child[0] for child in result.job.children if child[3] is Role.ATTACHMENT] == ["x.exe"]
    if content.count("boundary") != 1 or "\n" in content or "*" in content:
        assert result.found(Threat.MALFORMED)


def test_no_end_boundary(clean):
    result = clean(mixed(TEXT, PROGRAM, end=""))
    assert result.text == "The words."
    assert result.found(Threat.MALFORMED) == ["mail: a multipart without its closing delimiter"]


def test_no_start_boundary_leaves_text(clean):
    result = clean(HEAD + 'Content-Type: multipart/mixed; boundary="nowhere"\n\nOnly words here.\n')
    assert result.text == "Only words here."
    assert "mail: a multipart without its delimiter" in result.found(Threat.MALFORMED)


def test_parts_after_the_end_are_read_and_reported(clean):
    result = clean(mixed(TEXT) + "--b\nContent-Type: text/plain\n\nMore words.\n--b--\n")
    assert result.text == "The words.\n\nMore words."


def test_same_boundary_inside_and_outside(clean):
    inner = 'Content-Type: multipart/alternative; boundary="b"\n\n--b\nContent-Type: text/plain\n\nInner.\n--b--'
    result = clean(mixed(inner, TEXT))
    assert "Inner." in result.text
    assert "The words." in result.text
    assert "mail: the same boundary inside and outside" in result.found(Threat.MALFORMED)


def test_preamble_and_epilogue_are_dropped_and_reported(clean):
    mail = mixed(TEXT).replace("\n\n--b", "\n\nSecret before.\n--b", 1) + "Secret after.\n"
    result = clean(mail)
    assert result.text == "The words."
    assert len(result.found(Threat.HIDDEN_CONTENT)) == 2


def test_the_usual_preamble_is_no_finding(clean):
    mail = mixed(TEXT).replace("\n\n--b", "\n\nThis is a multi-part message in MIME format.\n--b", 1)
    assert clean(mail).rebuilt.findings == ()


@pytest.mark.parametrize("encoding", ["x-uuencode", "x-yencode", "mac-binhex40"])
def test_foreign_encodings_are_never_text(clean, encoding):
    result = clean(mixed(f"Content-Type: text/plain\nContent-Transfer-Encoding: {encoding}\n\nbegin stuff", TEXT))
    assert result.text == "The words."
    assert "removed:" in result.notice


def test_an_unknown_encoding_is_shown_as_it_is(clean):
    result = clean(HEAD + "Content-Type: text/plain\nContent-Transfer-Encoding: quantum\n\nThe words.\n")
    assert result.text == "The words."
    assert result.found(Threat.MALFORMED) == ["mail: unknown Content-Transfer-Encoding: quantum"]


ENCODED = base64.b64encode("日本語の本文です。".encode()).decode()


@pytest.mark.parametrize(
    "body",
    [
        ENCODED,
        ENCODED.rstrip("="),
        "\n".join(ENCODED),
        ENCODED[:8] + "!*.\n" + ENCODED[8:],
        base64.b64encode("日本".encode()).decode()
        + base64.b64encode("語の本文".encode() + b"").decode()
        + base64.b64encode("です。".encode()).decode(),
        base64.b64encode("日本語の".encode()[:10]).decode()
        + "\n"
        + base64.b64encode("日本語の本文です。".encode()[10:]).decode(),
    ],
    ids=["plain", "no padding", "one letter a line", "junk", "segments", "padding inside"],
)
def test_damaged_base64_is_read_whole(clean, body):
    head = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    assert clean(HEAD + head + body + "\n").text == "日本語の本文です。"


def test_plain_text_that_claims_base64_is_shown(clean):
    result = clean(HEAD + "Content-Transfer-Encoding: base64\n\nJust a few plain words, no base64.\n")
    assert result.text == "Just a few plain words, no base64."


def test_quoted_printable_with_trailing_blanks_and_bad_escapes(clean):
    head = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    result = clean(HEAD + head + "=E6=97=A5=  \n=e6=9c=ac =ZZ 100=\n%\n")
    assert result.text == "日本 =ZZ 100%"
    assert result.found(Threat.MALFORMED) == ["mail: wrong escapes in quoted-printable"]


def test_uuencode_inside_text_is_taken_out(clean):
    result = clean(HEAD + "\nBefore.\nbegin 644 evil.exe\n#0V%T\n`\nend\nAfter.\n")
    assert result.text.split() == ["Before.", "After."]
    assert result.job.children[1][:3] == ("evil.exe", "application/octet-stream", b"Cat")


def test_yenc_inside_text_is_taken_out(clean):
    result = clean(HEAD + "\nBefore.\n=ybegin line=128 size=3 name=evil.exe\nabc\n=yend size=3\nAfter.\n")
    assert result.text.split() == ["Before.", "After."]
    assert "removed: evil.exe" in result.notice


def test_yenc_is_decoded(clean):
    coded = bytes((octet + 42) & 255 for octet in b"MZ\x90 program")
    coded += b"=" + bytes([(0x13 + 42 + 64) & 255]) + b"\r\n=" + bytes([(0xD6 + 42 + 64) & 255])
    head = HEAD.encode() + b"Content-Transfer-Encoding: 8bit\n\n=ybegin part=1 line=128 size=13 name=evil.exe\n"
    result = clean(head + b"=ypart begin=1 end=13\n" + coded + b"\n=yend size=13\nAfter.\n")
    assert result.text.split() == ["After."]
    assert result.job.children[1][2] == b"MZ\x90 program\x13\xd6"


@pytest.mark.parametrize("kind", ["message/partial; id=1; number=1; total=2", "message/external-body; access-type=URL"])
def test_partial_and_external_messages_stay_behind(clean, kind):
    result = clean(mixed(TEXT, f"Content-Type: {kind}\n\nContent-Type: text/plain\n\nhidden"))
    assert result.text == "The words."
    assert "removed: a part without a name" in result.notice


NESTED = "From: =?utf-8?B?5bGx55Sw?= <y@example.jp>\nTo: b@example.jp\nSubject: Inside\n\nInner words."


@pytest.mark.parametrize(
    "part",
    [
        f"Content-Type: message/rfc822\n\n{NESTED}",
        f'Content-Type: message/rfc822\nContent-Disposition: attachment; filename="m.eml"\n\n{NESTED}',
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        + base64.b64encode(NESTED.encode()).decode(),
        f'Content-Type: application/octet-stream; name="m.eml"\n\n{NESTED}',
    ],
    ids=["plain", "as attachment", "base64", "as file"],
)
def test_a_mail_inside_is_unpacked(clean, part):
    result = clean(mixed(TEXT, part, TEXT.replace("The words", "Last")))
    for line in ("From: 山田 <y@example.jp>", "To: b@example.jp", "Subject: Inside", "Inner words."):
        assert line in result.text
    assert result.text.index("Inner words.") < result.text.index("Last.")


def test_a_digest_holds_mails(clean):
    assert "Subject: Inside" in clean(mixed("\n" + NESTED, content='multipart/digest; boundary="b"')).text


def test_delivery_status_is_readable(clean):
    status = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.jp\n\nAction: failed"
    result = clean(mixed(TEXT, status, content='multipart/report; boundary="b"'))
    assert "Action: failed" in result.text


def test_pictures_of_html_are_counted_once(clean):
    picture = "Content-Type: image/png; name=p.png\nContent-ID: <1>\n\nx"
    result = clean(mixed(TEXT, picture, picture, content='multipart/related; boundary="b"'))
    assert "pictures: 2" in result.notice
    assert "removed:" not in result.notice


@pytest.mark.parametrize(
    ("lines", "finding"),
    [
        ("Content-Type : text/plain\n", "blank or NUL before a header's colon"),
        ("Content-Type\0: text/plain\n", "blank or NUL before a header's colon"),
        ("Subject: a\n \n b\n", "a folded header line holds only blanks"),
        ("Subject: broken\nfolding here\nX-Other: 1\n", "broken folding of a header"),
        ("X-A: a\0b\n", "NUL in a header"),
    ],
)
def test_odd_header_lines_are_reported_and_the_text_stays(clean, lines, finding):
    result = clean(HEAD + lines + "\nThe words.\n")
    assert result.text == "The words."
    assert f"mail: {finding}" in result.found(Threat.MALFORMED)


def test_text_before_the_first_header_is_not_lost(clean):
    result = clean("Stray words\n" + HEAD + "\nThe words.\n")
    assert result.text == "Stray words\n\nThe words."
    assert result.header("From") == "a@example.jp"


def test_no_empty_line_before_the_text(clean):
    assert (
        clean(HEAD + "The words begin here.\nNote: more.\n\nEnd.\n").text
        == "The words begin here.\nNote: more.\n\nEnd."
    )


def test_bare_cr_and_crcrlf_are_line_ends(clean):
    result = clean(HEAD.replace("\n", "\r\r\n").encode() + b"\r\r\nOne\rtwo\r\r\nthree\r\n")
    assert result.text == "One\ntwo\nthree"
    assert result.found(Threat.MALFORMED) == ["line ends: bare CR"]


def test_lf_only_files_are_fine(clean):
    assert clean((HEAD + "\nHello.\n").encode()).rebuilt.findings == ()


def test_mails_in_mails_beyond_the_depth_stay_behind(clean):
    mail = "Deepest."
    for _ in range(20):
        mail = f"From: a@example.jp\nContent-Type: message/rfc822\n\n{mail}"
    result = clean(mixed(TEXT, "Content-Type: message/rfc822\n\n" + mail))
    assert "The words." in result.text
    assert "Deepest" not in result.text
    assert result.found(Threat.LIMIT_EXCEEDED)


def test_a_mail_that_is_nothing_but_depth_is_refused(clean):
    mail = "Deepest."
    for n in range(20):
        mail = f'Content-Type: multipart/mixed; boundary="{n}b"\n\n--{n}b\n{mail}\n--{n}b--\n'
    with pytest.raises(CannotSanitize) as refusal:
        clean(HEAD + mail)
    assert refusal.value.threat is Threat.LIMIT_EXCEEDED


def test_too_many_parts_refuse_the_whole_mail(clean):
    with pytest.raises(CannotSanitize) as refusal:
        clean(mixed(*[TEXT] * 50), budget=Budget(parts=20))
    assert refusal.value.threat is Threat.LIMIT_EXCEEDED


def test_empty_parts_count_too(clean):
    with pytest.raises(CannotSanitize):
        clean(f'{HEAD}Content-Type: multipart/mixed; boundary="b"\n\n' + "--b\n" * 1000)


@pytest.mark.parametrize("header", ["X-Long: " + "a" * 300_000 + "\n", "X: y\n" * 2_000])
def test_header_bombs_refuse_the_whole_mail(clean, header):
    with pytest.raises(CannotSanitize) as refusal:
        clean(HEAD + header + "\nx\n")
    assert refusal.value.threat is Threat.LIMIT_EXCEEDED


def test_a_header_bomb_in_a_part_costs_only_what_holds_it(clean):
    inner = 'Content-Type: multipart/mixed; boundary="c"\n\n--c\n' + "X: y\n" * 2_000 + "\nx\n--c--"
    result = clean(mixed(TEXT, inner))
    assert result.text == "The words."
    assert result.found(Threat.LIMIT_EXCEEDED)


def test_a_text_file_by_name_is_an_attachment_except_as_the_only_entity(clean):
    named = 'Content-Type: text/plain; name="notes.txt"\n\nThe words.'
    assert clean(HEAD + named).text == "The words."
    assert "removed: notes.txt" in clean(mixed(TEXT, named)).notice


@pytest.mark.parametrize("kind", ["text/calendar", "text/x-vcard", "text/csv", "text/xml", "text/enriched"])
def test_other_texts_are_attachments(clean, kind):
    result = clean(mixed(TEXT, f"Content-Type: {kind}\n\nhttps://evil.example/"))
    assert result.text == "The words."
    assert "removed: a part without a name" in result.notice


def test_two_boundaries_that_both_occur_cut_at_both(clean):
    program = PROGRAM.partition("\n\n")[2]
    body = (
        "--x\nContent-Type: text/plain\n\nFirst.\n--x\nContent-Type: text/plain\n\n"
        f"--y\n{PROGRAM}\n--y\nContent-Type: text/plain\n\nSecond.\n--y--\n--x--\n"
    )
    for boundaries in ("boundary=x; boundary=y", "boundary=y; boundary=x"):
        result = clean(f"{HEAD}Content-Type: multipart/mixed; {boundaries}\n\n{body}")
        assert "First." in result.text
        assert "Second." in result.text
        assert program not in result.text


@pytest.mark.parametrize("content", ["text(a)/(b)html", "text / html", "text /html; charset=utf-8"])
def test_html_with_blanks_or_comments_around_its_slash_is_html(clean, content: str) -> None:
    result = clean(f"{HEAD}Content-Type: {content}\n\n<b>The words.</b>")
    assert [kind.partition(";")[0] for _, kind, _, role in result.job.children if role is Role.BODY] == ["text/html"]


@pytest.mark.parametrize(
    ("part", "foreseen_after"),
    [
        ("Content-Type: application/pdf", 0),
        ("Content-Type: text/plain\nContent-Disposition: attachment", 0),
        ("Content-Type: text/html; name=a.html", 0),
        ("Content-Type: text/html", None),
        ("Content-Type: application/octet-stream; name=mail.eml", None),
        ("Content-Type: application/octet-stream", None),
        ("Content-Type: message/rfc822", None),
        ("Content-Type: application/pgp-encrypted", None),
        ("Content-Type: application/pkcs7-mime; name=smime.p7m", None),
    ],
)
def test_a_file_is_foreseen_before_any_body_is_read(clean, part, foreseen_after):
    parts = f"--b\nContent-Type: text/html\n\nx\n--b\n{part}\n\nSubject: y\n\nz\n--b--\n"
    result = clean(f'{HEAD}Content-Type: multipart/mixed; boundary="b"\n\n{parts}')
    assert result.job.foreseen_after == foreseen_after
