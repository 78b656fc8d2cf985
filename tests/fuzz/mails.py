"""Strategies for whole mails as attackers and old mailers write them; one for each row of the threat list."""

import base64
import re
from collections.abc import Iterable
from pathlib import Path

from hypothesis import strategies as st

from sanitizers.rules import BodyCharset, Links, NoticeWhen, Profile
from tests.fuzz.carrying import BUNDLE, PLAIN, STEP
from tests.fuzz.trees import ODD_PART_FIELDS, deep, entities, multiparts, parameters, plain
from tests.fuzz.wording import CHARSETS, charset_bytes, names, pages, texts, written

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "samples" / "mail").glob("*.eml"))
REGRESSIONS = ROOT / "tests" / "fuzz" / "regressions"

FIELD_NAMES = (
    *("From", "From", "To", "Cc", "Subject", "Subject"),
    *("Date", "Message-ID", "References", "In-Reply-To", "Reply-To", "Sender"),
    *("Received", "List-Id", "Importance", "X-Priority"),
    *("Auto-Submitted", "Precedence", "Content-Language", "MIME-Version"),
    *("Return-Path", "X-Mailer", "Bcc", "Disposition-Notification-To"),
    *("DKIM-Signature", "Resent-From", "fRoM", "Authentication-Results"),
    *("From ", "Subject\t", "To\0", "X\0X", "", " ", "Content-Type", "Content-Transfer-Encoding", "日本"),
)
VALUES = (
    *(
        b"a@example.jp",
        b'"boss@example.jp" <x@evil.test>',
        b"A <a@b>, B <b@c>; g: c@d, e@f;",
        b"<@a,@b:c@d>",
        b'"a b"@c.jp',
        b"a..b.@d.jp",
    ),
    *(
        b"=?utf-8?B?Ym9zc0BleGFtcGxlLmpwAAo=?= <x@evil.test>",
        b"=?utf-8?Q?a=00@b=0A?= <c@d>",
        b"x@\xe4\xbe\x8b.jp",
        b"a@b@c",
        b"<a@[1.2.3.4]>",
    ),
    *(
        b"=?iso-2022-jp?B?GyRCOzNFRBsoQg==?=",
        b"=?iso-2022-jp?B?GyRCOzNF?= =?iso-2022-jp?B?RBsoQg==?=",
        b"=?x?Q?=1B?=",
        b"=?utf-8?B?=",
        b"=?",
    ),
    *(
        b"=?utf-8?Q?=E2=80=AE?=",
        b"=?utf-8*ja?q?a_b?=",
        b"=?=?utf-8?Q?x?=?=",
        b"=?utf-8?B?PT91dGYtOD9RP3g/PQ==?=",
        b"=?utf-7?Q?+AGE-?=",
    ),
    *(
        b"\x1b$B;3ED\x1b(B",
        b"\x8eR\x93c",
        b"\xe5\xb1\xb1\xe7\x94\xb0",
        b"\xbb\xb3\xc5\xc4",
        b"\x00",
        b"\x07",
        b"\xff",
        b"x" * 1100,
        b"x " * 700,
    ),
    *(
        b"Sat, 21 Nov 2026 10:00:00 +0900",
        b"Sat, 21 Nov 99 25:61:61 JST",
        b"1 Jan 1 1:1 -9999",
        b"now",
        b"99999999999",
        b"2026\xe5\xb9\xb4",
    ),
    *(
        b"<1@example.jp>",
        b"<a@b> <c@d>",
        b"<>",
        b"<" * 9,
        b'<"a b"@c>',
        b"<=?utf-8?Q?x?=@b>",
        b"from a by b; date",
        b"by\tx",
        b"1",
        b"high",
    ),
    *(
        b"auto-replied; x",
        b"list",
        b"List <l.example.jp>",
        b"ja, en",
        b"https://t.test/",
        b"(",
        b")",
        b"\\",
        b'"',
        b";",
        b":",
        b",",
        b"",
        b" ",
    ),
    *(
        b"a\n b",
        b"a\n\tb\n \n c",
        b"a\nb",
        b"a\n\n",
        b"a\r b",
        b"a\rFrom: c@d",
        b"a\n :",
        b"\n x",
        b"\xe2\x80\xa8",
        b"-----BEGIN PGP MESSAGE-----",
    ),
)
# Between what a line may end in: as it should, as Unix, Macs and broken relays write, and as smugglers do.
LINE_ENDS = (b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\0\r\n", b" \r\n")
SMUGGLED = (
    *(
        b"\n.\n",
        b"\r.\r",
        b"\n.\r\n",
        b"\r\n.\r",
        b"\r\n.\r\n",
        b"\r\n.\0\r\n",
        b"\r\n\0.\r\n",
        b"\r\n..\r\n",
        b".\r\n",
        b"\r\n. \r\n",
    ),
    *(
        b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n",
        b"QUIT\r\n",
        b"\x1a",
        b"\x04",
        b"+++ATH0\r\n",
        b"\0",
        b"From x Sat Nov 21 10:00:00 2026\n",
    ),
)
SOBER_FIELDS = (
    b"From: a@example.jp\nTo: b@example.jp\nSubject: x\nDate: Sat, 21 Nov 2026 10:00:00 +0900\n"
    b"Message-ID: <1@example.jp>\nMIME-Version: 1.0\n"
)


@st.composite
def fields(draw: st.DrawFn, most: int = 8) -> bytes:
    """A header block without its content fields: any field, any number of times, any value."""
    lines = []
    for name in draw(st.lists(st.sampled_from(FIELD_NAMES), max_size=most)):
        value = b"".join(
            draw(st.lists(st.sampled_from(VALUES) | texts(3).map(lambda text: written(text, "cp932")), max_size=2))
        )
        lines.append(name.encode() + draw(st.sampled_from((b": ", b": ", b":", b":\n ", b" : "))) + value + b"\n")
    return b"".join(lines)


@st.composite
def mails(draw: st.DrawFn) -> bytes:
    """Any tree behind any header, in any line ends."""
    head = draw(st.sampled_from((b"", SOBER_FIELDS))) + draw(fields())
    return with_line_ends(draw, head + draw(entities()))


def with_line_ends(draw: st.DrawFn, mail: bytes) -> bytes:
    """One kind throughout, or two mixed."""
    first, second = draw(st.sampled_from(LINE_ENDS)), draw(st.sampled_from((b"", b"", b"", *LINE_ENDS)))
    if not second:
        return mail.replace(b"\n", first)
    lines = mail.split(b"\n")
    at = draw(st.integers(0, len(lines)))
    return first.join(lines[:at]) + second + second.join(lines[at:])


def sober(body: bytes, kind: bytes = b"text/plain; charset=utf-8") -> bytes:
    """An ordinary mail around one body."""
    return SOBER_FIELDS.replace(b"\n", b"\r\n") + b"Content-Type: " + kind + b"\r\n\r\n" + body


# ---- the rows of the threat list that begin with "Mail:"


def structures() -> st.SearchStrategy[bytes]:
    """Mail: structure."""
    crooked = st.tuples(
        fields(3), multiparts(st.sampled_from(ODD_PART_FIELDS).map(lambda field: field + b"\n\nx"))
    ).map(b"".join)
    flood = st.tuples(st.sampled_from(FIELD_NAMES), st.integers(0, 1_200)).map(
        lambda of: (of[0].encode() + b": a@b\n") * of[1] + b"\nx"
    )
    crowd = st.integers(0, 600).map(
        lambda n: b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * n + b"--b--\n"
    )
    return st.one_of(
        mails(),
        mails(),
        mails(),
        mails(),
        crooked.map(lambda mail: mail.replace(b"\n", b"\r\n")),
        deep(14),
        flood,
        crowd,
    )


@st.composite
def readable(draw: st.DrawFn) -> bytes:
    """Mail: text."""
    if draw(st.booleans()):
        charset, data = draw(charset_bytes())
        kind = b"text/plain; format=flowed; charset=" if draw(st.booleans()) else b"text/plain; charset="
        return draw(fields(3)) + sober(data, kind + charset.encode())
    page = draw(pages(40))
    declared = draw(st.sampled_from(CHARSETS))
    return sober(
        written(page, draw(st.sampled_from(("utf-8", "cp932", "iso2022_jp", "utf-7")))),
        b"text/html; charset=" + declared.encode(),
    )


@st.composite
def long_lined(draw: st.DrawFn) -> bytes:
    """Mail: text and identifiers in lines about as long as RFC 5322 section 2.1.1 allows, and longer."""
    lengths = st.sampled_from((76, 78, 888, 898, 900, 988, 989, 990, 991, 998, 999, 1_000, 2_000))
    mark = b"<" + b"x" * draw(lengths) + b"@example.jp>\r\n"
    text = b"\n".join(b"x" * (draw(lengths) + draw(st.integers(-1, 1))) for _ in range(draw(st.integers(1, 3))))
    return draw(st.sampled_from((b"References: ", b"In-Reply-To: "))) + mark + sober(text + b"\n")


@st.composite
def named(draw: st.DrawFn) -> bytes:
    """Mail: names."""
    kind = b"Content-Type: application/octet-stream" + draw(parameters("name", draw(names())))
    file = draw(st.sampled_from((b"MZ\x90\0\x03\0\0\0", PLAIN, PLAIN * 40, BUNDLE + b"\0" * STEP * 12)))
    place = b"Content-Disposition: attachment" + draw(parameters("filename", draw(names())))
    part = kind + b"\n" + place + b"\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(file)
    parts = (b"--b\n" + part) * draw(st.sampled_from((1, 1, 1, 5)))
    return sober(b"--b\n\nx\n" + parts + b"--b--\n", b"multipart/mixed; boundary=b")


@st.composite
def smuggled(draw: st.DrawFn) -> bytes:
    """Mail: protocol, as far as it reaches the bytes of a mail."""
    hops = b"Received: from a by b; Sat, 21 Nov 2026 10:00:00 +0900\r\n" * draw(st.integers(0, 120))
    mail = hops + draw(st.sampled_from((b"", b"Received: \0\x1b=?utf-8?Q?x?=\r\n"))) + sober(draw(plain()))
    for trick in draw(st.lists(st.sampled_from(SMUGGLED), max_size=4)):
        at = draw(st.integers(0, len(mail)))
        mail = mail[:at] + trick + mail[at:]
    return mail + b"x" * draw(st.sampled_from((0, 0, 997, 998, 999, 70_000)))


@st.composite
def mutated_samples(draw: st.DrawFn) -> bytes:
    """A sample of the project, damaged or crossed with another."""
    mail = draw(st.sampled_from(SAMPLES)).read_bytes()[:20_000]
    for _ in range(draw(st.integers(1, 4))):
        mail = _mutated(draw, mail)
    return mail


def _mutated(draw: st.DrawFn, mail: bytes) -> bytes:
    start = draw(st.integers(0, len(mail)))
    stop = min(len(mail), start + draw(st.integers(0, 200)))
    how = draw(st.integers(0, 5))
    if how == 0:
        return mail[:start] + mail[stop:]
    if how == 1:
        return mail[:stop] + mail[start:stop] * draw(st.integers(1, 3)) + mail[stop:]
    if how == 2:
        return mail[:start] + draw(st.sampled_from(TOKENS)) + mail[start:]
    if how == 3:
        other = draw(st.sampled_from(SAMPLES)).read_bytes()[:20_000]
        return mail[:start] + other[draw(st.integers(0, len(other))) :]
    if how == 4:
        lines = mail.split(b"\n")
        at = draw(st.integers(0, len(lines) - 1))
        return b"\n".join([*lines[:at], lines[draw(st.integers(0, len(lines) - 1))], *lines[at:]])
    return mail[:start] + bytes((draw(st.integers(0, 255)),)) + mail[start + 1 :]


# What fuzzers put into bytes; also the dictionary of the coverage-guided one.
TOKENS = tuple(
    dict.fromkeys(
        token
        for token in (*VALUES, *SMUGGLED, *ODD_PART_FIELDS, *(name.encode() + b": " for name in FIELD_NAMES if name))
        if 0 < len(token) <= 64
    )
)

ROWS = {
    "structure": structures(),
    "text": readable(),
    "long lines": long_lined(),
    "names": named(),
    "protocol": smuggled(),
}
PROFILES = st.builds(
    Profile, links=st.sampled_from(Links), body_charset=st.sampled_from(BodyCharset), notice=st.sampled_from(NoticeWhen)
)


def any_mail() -> st.SearchStrategy[bytes]:
    """Any row, or a mutated sample."""
    return st.one_of(*ROWS.values(), mutated_samples())


def dictionary(tokens: Iterable[bytes] = TOKENS) -> str:
    """In libFuzzer's notation."""
    return "".join(
        f'"{re.sub(rb"[^ !#-Z^-~]", lambda odd: b"%cx%02x" % (92, odd[0][0]), token).decode()}"\n' for token in tokens
    )
