"""Mails inside mails and mailboxes: unpacked, carried as mails, or left out; and what the second reading says."""

import mailbox
from pathlib import Path

import pytest

from sanitizers.model import CannotSanitize, Outcome
from sanitizers.rules import Budget, Kind, MailFiles
from sanitizers.verify.mail import verify
from sanitizers.verify.mailbox import verify as verify_mailbox
from tests.golden.mailfile_samples import PROGRAM, attached, calendar, mail
from tests.unit.sanitizers.outlook.cleaning_items import clean, found, names, notice, read, text

INNER = mail("内側の件名", "内側の本文", attached("a.txt", "添付".encode()) + "\n--b\n" + attached("tool.exe", PROGRAM))


def part(inner: bytes, name: str = "", boundary: str = "inner") -> str:
    where = f'Content-Disposition: attachment; filename="{name}"\n' if name else ""
    renamed = inner.decode().replace("\n--b", f"\n--{boundary}").replace('="b"', f'="{boundary}"')
    return f"Content-Type: message/rfc822\n{where}\n{renamed}"


def cleaned(rule: MailFiles, name: str = "", inner: bytes = INNER) -> tuple[str, list[str], str]:
    result = clean(mail("outer", "外側の本文", part(inner, name)), kind=Kind.MAIL, mail_files=rule)
    again = clean(result.data or b"", kind=Kind.MAIL, mail_files=rule)
    assert found(again) == []
    message = read(result)
    return text(message), names(message), notice(message)


def test_unpacked_its_words_and_files_are_those_of_the_outer_mail() -> None:
    words, files, told = cleaned(MailFiles.UNPACKED)
    assert "外側の本文" in words
    assert "Subject: 内側の件名" in words
    assert "内側の本文" in words
    assert files == ["a.txt"]
    assert "tool.exe" in told


@pytest.mark.parametrize(("name", "expected"), [("", "内側の件名.eml"), ("連絡.eml", "連絡.eml")])
def test_as_a_mail_it_is_a_clean_one(name: str, expected: str) -> None:
    words, files, _ = cleaned(MailFiles.MAIL, name)
    assert words == "外側の本文"
    assert files == [expected, "a.txt"]


def test_as_a_mail_it_tells_by_itself_what_was_removed() -> None:
    result = clean(mail("outer", "外側の本文", part(INNER)), kind=Kind.MAIL, mail_files=MailFiles.MAIL)
    inner = next(each for each in read(result).walk() if each.get_content_type() == "message/rfc822")
    assert inner["Content-Transfer-Encoding"] == "7bit"
    assert "tool.exe" in notice(inner.get_payload()[0])
    assert PROGRAM not in (result.data or b"")


def test_it_is_left_out_by_rule_and_said_so() -> None:
    words, files, told = cleaned(MailFiles.REMOVED, "連絡.eml")
    assert words == "外側の本文"
    assert files == []
    assert "連絡.eml" in told


def test_the_rule_is_not_about_mails_of_their_own() -> None:
    assert clean(INNER, kind=Kind.MAIL, mail_files=MailFiles.REMOVED).data is not None
    assert clean(INNER, "a.eml", mail_files=MailFiles.REMOVED).data is not None


def test_mails_in_mails_in_mails_end_at_the_depth_of_the_budget() -> None:
    inner = mail("deepest", "深い本文")
    for level in range(6):
        inner = mail(f"level {level}", "本文", part(inner, boundary=f"level{level}"))
    for rule in (MailFiles.MAIL, MailFiles.UNPACKED):
        result = clean(inner, kind=Kind.MAIL, mail_files=rule, budget=Budget(depth=3))
        assert any(finding.threat.value == "limit_exceeded" for finding in found(result))
        assert "深い本文" not in str(result.data and text(read(result)))


def test_an_invitation_in_an_attached_mail_is_a_file() -> None:
    asked = attached("", calendar(method="REQUEST"), "text/calendar; method=REQUEST", disposition="")
    words, files, _ = cleaned(MailFiles.UNPACKED, inner=mail("inner", "本文", asked))
    assert files == ["attachment.ics"]
    assert "本文" in words


def ours(rule: MailFiles) -> bytes:
    result = clean(mail("outer", "本文", part(mail("inner", "本文"))), kind=Kind.MAIL, mail_files=rule)
    assert result.data is not None
    return result.data


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"message/rfc822", b"message/partial"),
        (
            b"Content-Transfer-Encoding: 7bit\r\nContent-Disposition",
            b"Content-Transfer-Encoding: base64\r\nContent-Disposition",
        ),
        (b"Subject: inner", b"X-Evil: inner"),
        (b"Subject: inner", b"Subject: inner\r\nSubject: other"),
        (b"Subject: inner", b"Subject: inn\x00er"),
    ],
)
def test_the_second_reading_looks_into_attached_mails(old: bytes, new: bytes) -> None:
    written = ours(MailFiles.MAIL)
    verify(written)
    assert old in written
    with pytest.raises(CannotSanitize):
        verify(written.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"method=REQUEST", b"method=PUBLISH"),
        (b"text/calendar", b"text/html"),
        (b'name="invite.ics"', b'name="invite.exe"'),
        (b"multipart/alternative", b"multipart/related"),
    ],
)
def test_the_second_reading_looks_at_invitations(old: bytes, new: bytes) -> None:
    asked = attached("", calendar(method="REQUEST"), "text/calendar; method=REQUEST", disposition="")
    written = clean(mail("outer", "本文", asked), kind=Kind.MAIL).data or b""
    verify(written)
    assert old in written
    with pytest.raises(CannotSanitize):
        verify(written.replace(old, new))


# Mailboxes

MARK = b"From sender@example.jp Sat Nov 21 09:00:00 2026\n"
BOX = (
    MARK
    + mail("one", "一通目\n>From quoted")
    + b"\n"
    + MARK
    + mail("two", "二通目", attached("tool.exe", PROGRAM))
    + b"\n"
)


def read_box(data: bytes, folder: Path) -> list[mailbox.mboxMessage]:
    path = folder / "a.mbox"
    path.write_bytes(data)
    box = mailbox.mbox(path)
    try:
        return list(box)
    finally:
        box.close()


def test_a_mailbox_holds_clean_mails(tmp_path: Path) -> None:
    for name in ("a.mbox", ""):
        result = clean(BOX, name)
        assert result.type == "application/mbox"
        first, second = read_box(result.data or b"", tmp_path)
        assert text(first) == "一通目\nFrom quoted"
        assert (second["Subject"], text(second)) == ("two", "二通目")
        assert "tool.exe" in notice(second)
        assert [part.outcome for part in result.report.parts if part.path in {"1.1", "1.2"}] == [
            Outcome.CLEAN,
            Outcome.REBUILT,
        ]


def test_crlf_makes_no_difference(tmp_path: Path) -> None:
    assert len(read_box(clean(BOX.replace(b"\n", b"\r\n"), "a.mbox").data or b"", tmp_path)) == 2


def test_a_mailbox_in_a_mail_stays_a_mailbox_by_any_rule_but_removed() -> None:
    for rule, expected in ((MailFiles.UNPACKED, ["a.mbox"]), (MailFiles.MAIL, ["a.mbox"]), (MailFiles.REMOVED, [])):
        result = clean(mail("outer", "本文", attached("a.mbox", BOX)), kind=Kind.MAIL, mail_files=rule)
        assert names(read(result)) == expected


def test_one_mail_behind_a_postmark_is_a_mail() -> None:
    assert clean(MARK + mail("one", "本文"), "a.mbox").type == "message/rfc822"


def test_more_mails_than_parts_are_allowed_block_it() -> None:
    assert clean(BOX * 20, "a.mbox", budget=Budget(parts=30)).data is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"MAILER-DAEMON", b"x@evil.example"),
        (b"Subject: one", b"X-Evil: one"),
        (b"\n\nFrom ", b"\nFrom "),
        (b"\n", b"\r\n"),
    ],
)
def test_the_second_reading_of_a_mailbox(old: bytes, new: bytes) -> None:
    written = clean(BOX, "a.mbox").data or b""
    verify_mailbox(written)
    assert old in written
    with pytest.raises(CannotSanitize):
        verify_mailbox(written.replace(old, new))
