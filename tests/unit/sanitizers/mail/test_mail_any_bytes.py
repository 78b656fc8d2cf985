"""Any bytes at all: refused, or a mail that two unrelated parsers read alike; and no input that takes for ever."""

import email
import re

import fast_mail_parser
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sanitizers.budget import BudgetMeter
from sanitizers.formats.mail import Mail
from sanitizers.job import Role
from sanitizers.model import (
    Action,
    CannotSanitize,
    File,
    Finding,
    Notice,
    Outcome,
    Rebuilt,
    Severity,
    Threat,
    Withheld,
)
from sanitizers.passwords import Passwords
from sanitizers.rules import Budget, Profile
from sanitizers.verify.mail import verify

SINGLETONS = ("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "mime-version", "content-type")


class PlainJob:
    """Bodies as Latin-1, attachments never: as little as possible between the bytes and the mail."""

    def __init__(self) -> None:
        self.rules = Profile()
        self.notice = Notice("20261121-4X7K-2M9Q", ())
        self.budget = BudgetMeter(Budget())
        self.passwords = Passwords((), self.budget)

    def foresee(self, role: Role) -> None:
        assert role is Role.ATTACHMENT

    def child(self, name: str, claimed_type: str, data: bytes, *, role: Role) -> Rebuilt | Withheld:
        self.budget.take_parts()
        self.budget.take_in(len(data))
        if role is Role.BODY:
            return Rebuilt(data.decode("latin-1").encode(), "", "text/plain")
        finding = Finding(Threat.UNSUPPORTED, Severity.WARNING, Action.REMOVED, name[:200], "no sanitizer")
        return Withheld(name, claimed_type, len(data), Outcome.REMOVED, finding)


def rebuild(data: bytes) -> Rebuilt | None:
    try:
        return Mail().rebuild(File("", "message/rfc822", "message/rfc822", data), PlainJob())
    except CannotSanitize:
        return None


def check(data: bytes) -> None:
    rebuilt = rebuild(data)
    if rebuilt is None:
        return
    clean = rebuilt.data
    verify(clean)
    assert b"\0" not in clean
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", clean)
    assert max(map(len, clean.split(b"\r\n"))) <= 998
    message = email.message_from_bytes(clean)
    assert not message.defects
    assert message.get_content_type() == "text/plain"
    for name in SINGLETONS:
        assert len(message.get_all(name, [])) <= 1
    assert fast_mail_parser.parse_email_tree(clean).content == message.get_payload(decode=True)
    again = rebuild(clean)
    assert again is not None
    assert again.findings == ()


PIECES = [
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b" ",
        b"\t",
        b":",
        b";",
        b'"',
        b"=",
        b"<",
        b">",
        b"(",
        b")",
        b",",
        b"@",
        b"\\",
        b"--",
    ),
    *(b"From", b"To: ", b"Subject: ", b"Reply-To: ", b"Date: ", b"Message-ID: ", b"References: ", b"List-Id: "),
    *(b"Content-Type: ", b"Content-Transfer-Encoding: ", b"Content-Disposition: attachment; filename", b"X: "),
    *(b"multipart/mixed", b"multipart/alternative", b"multipart/signed", b"multipart/digest", b"message/rfc822"),
    *(
        b"text/plain",
        b"text/html",
        b"application/pkcs7-mime",
        b"boundary",
        b"name",
        b"charset",
        b"*0*",
        b"*1",
        b"utf-8''",
    ),
    *(b"base64", b"quoted-printable", b"x-uuencode", b"=?utf-8?B?", b"=?iso-2022-jp?Q?", b"?=", b"=41", b"5pel5pys"),
    *(b"a@example.jp", b"Sat, 21 Nov 2026 10:00:00 +0900", b"<1@example.jp>", "山田".encode(), "山田".encode("cp932")),
    *(b"\x1b$B;3ED\x1b(B", b"\x1b$B", b"\xff", b"begin 644 x\n#0V%T\n`\nend\n", b"=ybegin name=x\n", b"=yend"),
    *(b"-----BEGIN PGP SIGNED MESSAGE-----\n", b"-----BEGIN PGP SIGNATURE-----\n", b"-----BEGIN PGP MESSAGE-----\n"),
    *(b'From: a@example.jp\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n', b"\r\n--b\r\n", b"\r\n--b--\r\n"),
    *("\u202e".encode(), "\u2028".encode(), "\U000e0041".encode(), "\ud800".encode("utf-8", "surrogatepass")),
]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join))
@example(b"\0-----BEGIN PGP MESSAGE-----\n")
def test_pieces_of_mail_in_any_order(data):
    check(data)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=300))
def test_any_bytes(data):
    check(data)


BOMBS = {
    "delimiters": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--bx\r\n" * 200_000,
    "begins": b"From: a@b\r\n\r\n" + b"begin 644 x\r\n" * 100_000 + b"\r\nend x",
    "yenc": b"From: a@b\r\n\r\n" + b"=ybegin name=x\r\n" * 100_000,
    "pgp": b"From: a@b\r\n\r\n" + b"-----BEGIN PGP SIGNED MESSAGE-----\n\n" * 50_000,
    "pgp messages": b"From: a@b\r\n\r\nx\r\n" + b"-----BEGIN PGP MESSAGE-----\n" * 50_000,
    "words": b"Subject: " + b"=?a?b?" * 40_000 + b"\r\n\r\nx",
    "more words": b"Subject: " + b"=?utf-8?B?QQ?=" * 18_000 + b"\r\n\r\nx",
    "quotes": b"From: " + b'"' * 250_000 + b"\r\n\r\nx",
    "backslashes": b'From: "' + b"\\" * 250_001 + b"\r\n\r\nx",
    "angles": b"From: " + b"<" * 250_000 + b"\r\n\r\nx",
    "angles and quotes": b"From: " + b'<"' * 125_000 + b"\r\n\r\nx",
    "comments": b"From: " + b"(" * 250_000 + b"\r\n\r\nx",
    "routes": b"From: <" + b"@a," * 80_000 + b"\r\n\r\nx",
    "commas": b"To: " + b"a@b," * 60_000 + b"\r\n\r\nx",
    "at signs": b"To: " + b"@" * 250_000 + b"\r\n\r\nx",
    "names": b"To: " + b"a b " * 60_000 + b"\r\n\r\nx",
    "NUL before colon": b"X" + b"\0" * 250_000 + b"\r\n\r\nx",
    "blanks before colon": b"X" + b" " * 250_000 + b"\r\n\r\nx",
    "folds": b"X: 1" + b"\r\n x" * 60_000 + b"\r\n\r\nx",
    "stray lines": b"From: a@b\r\n" + b"stray\r\n" * 30_000 + b"Subject: x\r\n\r\nx",
    "parameters": b"Content-Type: text/plain; " + b"a=b " * 60_000 + b"\r\n\r\nx",
    "numbered parameters": b"Content-Type: text/plain" + b"; name*1*=%41" * 18_000 + b"\r\n\r\nx",
    "type comments": b"Content-Type: " + b"(" * 250_000 + b"\r\n\r\nx",
    "boundaries": b"Content-Type: multipart/mixed" + b"; boundary=x" * 2_000 + b"\r\n\r\n" + b"--x" * 300_000,
    "blank escapes": b"Content-Transfer-Encoding: quoted-printable\r\n\r\n= " + b" " * 1_000_000 + b"x",
    "ids": b"References: " + b"<a@" * 80_000 + b"\r\n\r\nx",
    "list id": b"List-Id: " + b"<" * 250_000 + b"\r\n\r\nx",
    "preamble": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--" + b"x" * 1_000_000,
    "alternatives": b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    + b"".join(b"--b\r\n\r\n" + bytes((65 + n % 26, 97 + n // 26)) * 2_000 + b"\r\n" for n in range(450)),
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.timeout(120)  # each takes about a second; a quadratic one would take minutes
def test_bombs_end(name):
    check(BOMBS[name])
