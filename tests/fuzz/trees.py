"""Strategies for MIME trees of any shape: parts, multiparts, mails inside mails, rightly and wrongly put together."""

import base64
import binascii
import quopri
from collections.abc import Sequence
from urllib.parse import quote

from hypothesis import strategies as st

from tests.fuzz.wording import charset_bytes, names, pages, texts, written

SUBTYPES = (
    *("mixed", "mixed", "alternative", "alternative", "related", "digest", "parallel", "report", "signed", "encrypted"),
    *(
        "form-data",
        "byteranges",
        "x-mixed-replace",
        "appledouble",
        "header-set",
        "voice-message",
        "",
        "mixed;x",
        "MIXED ",
    ),
)
# A few, so that an inner boundary is often the outer one or begins like it.
BOUNDARIES = (
    "b",
    "b",
    "c",
    "d",
    "bb",
    "b b",
    "=_x",
    "----=_NextPart_000",
    "b--",
    "'()+_,-./:=?",
    "境界",
    "b" * 70,
    "b" * 300,
    "",
)
LEAF_TYPES = (
    *("text/plain", "text/plain", "text/html", "text/html", "application/octet-stream", "application/pdf", "image/gif"),
    *("application/ms-tnef", "application/pkcs7-mime", "application/pgp-encrypted", "application/pkcs7-signature"),
    *("text/calendar", "text/vcard", "text/enriched", "text/csv", "text/rfc822-headers", "message/delivery-status"),
    *(
        "message/partial",
        "message/external-body; access-type=URL; URL=http://t.test/",
        "message/disposition-notification",
    ),
    *(
        "audio/x",
        "TEXT/HTML",
        "text / plain",
        "text/plain;",
        "/",
        "x",
        "text/plain (c)",
        "message/rfc822",
        "multipart/mixed",
    ),
)
ENCODINGS = (
    *(
        "7bit",
        "8bit",
        "binary",
        "quoted-printable",
        "base64",
        "BASE64",
        "x-uuencode",
        "x-yenc",
        "mac-binhex40",
        "",
        "utf-8",
    ),
    *("base64 ", "(c)base64", '"base64"', "base64, 7bit", "x-unknown", "quoted-printable\n\tx"),
)
FILES = (
    *(
        b"\x78\x9f\x3e\x22\x01\x00\x01",
        b"MZ\x90\x00" + b"\0" * 60,
        b"%PDF-1.4\n1 0 obj\n",
        b"PK\x03\x04" + b"\0" * 30,
        b"GIF89a\x01\x00",
    ),
    *(
        b"0\x80\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x02\xa0\x80",
        b"BEGIN:VCALENDAR\nATTACH:http://t.test/\nEND:VCALENDAR\n",
        b"",
    ),
    *(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"From: a@b\nSubject: x\nDate: y\n\nz",
        b"#!/bin/sh\n",
        b"\0" * 200,
        b"<html><body>x",
    ),
    *(b"-----BEGIN PGP MESSAGE-----\n\nx\n", b"II*\0", b"{\\rtf1 x}", b"ID;PWXL\n", b"<svg onload=x>", b"\xff" * 90),
)
DAMAGES = (
    *(
        b"",
        b"",
        b"",
        b"=",
        b"====",
        b"!",
        b"\0",
        b"QQ",
        b"QQ==QQ==",
        b" ",
        b"=2",
        b"=\n",
        b"=ZZ",
        b"\r",
        b"-" * 5,
        b"\n--b\n",
        b"x" * 1200,
    ),
)
MARGINS = (
    *(
        b"",
        b"",
        b"",
        b"This is a multi-part message in MIME format.\n",
        b"hidden words\n",
        b"Content-Type: text/html\n\n<b>\n",
    ),
    *(b"\n\n", b"\0\n", b"--\n", b"begin 644 x\n#0V%T\n`\nend\n"),
)


def ways_to_write(name: str, value: str) -> Sequence[str]:
    """One parameter, as the standards, old mailers and attackers write it."""
    half = len(value) // 2
    quoted, percent = value.replace("\\", "\\\\").replace('"', '\\"'), quote(value, safe="", errors="replace")
    word = base64.b64encode(value.encode("utf-8", "replace")).decode("ascii")
    return (
        f'; {name}="{quoted}"', f";{name}={value}", f"; {name} = {value}",
        f"; {name}*=utf-8''{percent}", f"; {name}*=''{percent}", f"; {name}*=iso-2022-jp'ja'{percent}",
        f'; {name}*0="{value[:half]}"; {name}*1="{value[half:]}"',
        f'; {name}*1="{value[half:]}"; {name}*0="{value[:half]}"',
        f"; {name}*0*=utf-8''{percent[: half * 3]}; {name}*1={value[half:]}",
        f'; {name}="=?utf-8?B?{word}?="', f'; {name}==?utf-8?Q?{percent.replace("%", "=")}?=',
        f"; {name}=(comment){value}", f'; {name}=(comment)"{quoted}"', f'; {name}="\\{value}"', f'; {name}="{quoted} "',
        f'; {name}="other"; {name}="{quoted}"', f'; {name}="{quoted}"; {name}*=other', f'; {name}="',
        f" {name}={value}", f";{name}",
        f'; {name}="{quoted}\n\t"', f";\n {name}=\n {value}", f'; {name}=""', f"; {name}", "",
        f'; {name.upper()}="{quoted}"; x',
    )  # fmt: skip


@st.composite
def parameters(draw: st.DrawFn, name: str, value: str) -> bytes:
    """One parameter in any spelling; a raw one in any charset."""
    ways = ways_to_write(name, value)
    spelling = ways[0] if draw(st.booleans()) else draw(st.sampled_from(ways))
    codec = "ascii" if spelling.isascii() else draw(st.sampled_from(("utf-8", "cp932", "iso2022_jp", "euc_jp")))
    return written(spelling, codec)


def transferred(data: bytes, encoding: str) -> bytes:
    """Encoded as declared where that is a known encoding, else as it is."""
    name = encoding.strip().lower()
    if name == "base64":
        return base64.encodebytes(data)
    if name == "quoted-printable":
        return quopri.encodestring(data)
    if name == "x-uuencode":
        lines = [binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45)]
        return b"begin 644 x.exe\n" + b"".join(lines) + b"`\nend\n"
    return data


@st.composite
def leaves(draw: st.DrawFn) -> bytes:
    """A part without parts: its fields in any order, perhaps twice, its content perhaps damaged."""
    kind = draw(st.sampled_from(LEAF_TYPES))
    charset, data = draw(charset_bytes())
    if "html" in kind.lower():
        data = written(draw(pages()), draw(st.sampled_from(("utf-8", "iso2022_jp", "cp932"))))
    elif not kind.lower().startswith("text"):
        data = draw(st.sampled_from(FILES))
    claimed = b"Content-Type: " + kind.encode() + (b"; charset=" + charset.encode() if charset else b"")
    fields = [claimed + draw(parameters("name", draw(names()))) if draw(st.integers(0, 3)) == 0 else claimed]
    encoding = draw(st.sampled_from(ENCODINGS))
    fields.append(b"Content-Transfer-Encoding: " + encoding.encode())
    if draw(st.integers(0, 2)) == 0:
        how = draw(st.sampled_from((b"attachment", b"inline", b"form-data", b"", b"x")))
        fields.append(b"Content-Disposition: " + how + draw(parameters("filename", draw(names()))))
    fields += draw(st.lists(st.sampled_from(ODD_PART_FIELDS), max_size=2))
    really = encoding if draw(st.integers(0, 4)) else draw(st.sampled_from(ENCODINGS))
    body = transferred(data, really)
    damage = draw(st.sampled_from(DAMAGES))
    at = draw(st.integers(0, len(body))) if damage else 0
    return b"\n".join(draw(st.permutations(fields))) + b"\n\n" + body[:at] + damage + body[at:]


ODD_PART_FIELDS = (
    *(
        b"Content-ID: <1>",
        b"Content-Type: text/html",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Description: x",
    ),
    *(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: 7bit", b"Content-Disposition: attachment"),
    *(
        b"Content-Type : text/html",
        b"Content-Type\0: text/html",
        b" folded",
        b"no colon",
        b"Content-Location: http://t.test/",
    ),
    *(
        b"Content-Type:",
        b"\x00:",
        b"Subject: x",
        b"From: a@b",
        b"X" * 1000,
        b"",
        b">From x",
        b"Content-Type: text/plain\n \n x",
    ),
)


@st.composite
def multiparts(draw: st.DrawFn, inside: st.SearchStrategy[bytes]) -> bytes:
    """Parts between delimiters, which may be wrong, missing or those of somebody else."""
    boundary = draw(st.sampled_from(BOUNDARIES))
    used = boundary if draw(st.integers(0, 9)) else draw(st.sampled_from(BOUNDARIES))
    divider = b"--" + used.encode()
    parts = draw(st.lists(inside, min_size=draw(st.integers(0, 2)), max_size=4))
    opening = draw(st.sampled_from((b"\n", b"\n", b"\n", b"  \n", b"\t\n", b"x\n", b"")))
    closing = draw(
        st.sampled_from((divider + b"--\n", divider + b"--\n", divider + b"--", b"", divider + b"\n", b"--b--\n"))
    )
    joined = b"".join(divider + opening + part + b"\n" for part in parts)
    fields = [
        b"Content-Type: multipart/" + draw(st.sampled_from(SUBTYPES)).encode() + draw(parameters("boundary", boundary))
    ]
    if draw(st.integers(0, 7)) == 0:
        fields.append(b"Content-Transfer-Encoding: " + draw(st.sampled_from(ENCODINGS)).encode())
        joined = transferred(joined, draw(st.sampled_from(("7bit", "base64", "quoted-printable"))))
    fields += draw(st.lists(st.sampled_from(ODD_PART_FIELDS), max_size=1))
    margin = st.sampled_from(MARGINS)
    return b"\n".join(fields) + b"\n\n" + draw(margin) + joined + closing + draw(margin)


@st.composite
def messages(draw: st.DrawFn, inside: st.SearchStrategy[bytes]) -> bytes:
    """A mail as a part."""
    kind = draw(
        st.sampled_from(
            (b"message/rfc822", b"message/global", b"message/news", b"application/octet-stream; name=x.eml")
        )
    )
    head = draw(
        st.sampled_from(
            (b"From: a@b\nSubject: https://t.test/\nDate: x\n", b"\n\nFrom: a@b\n", b"", b"Subject: \x1b$B;3ED\n")
        )
    )
    encoding = draw(st.sampled_from(("7bit", "7bit", "base64", "quoted-printable", "x")))
    return (
        b"Content-Type: " + kind + b"\nContent-Transfer-Encoding: " + encoding.encode() + b"\n\n"
        + transferred(head + draw(inside), encoding)
    )  # fmt: skip


def entities() -> st.SearchStrategy[bytes]:
    """Fields and body of a mail or part, lines ended by LF."""
    return st.recursive(
        leaves(), lambda inside: multiparts(inside) | multiparts(inside) | messages(inside), max_leaves=8
    )


def deep(levels: int) -> st.SearchStrategy[bytes]:
    """One part in many."""

    def wrap(kinds: list[bytes]) -> bytes:
        entity = b"Content-Type: text/plain\n\nx\n"
        for number, kind in enumerate(kinds):
            boundary = b"b%d" % number
            if kind == b"message/rfc822":
                entity = b"Content-Type: message/rfc822\n\n" + entity
            else:
                head = b"Content-Type: " + kind + b"; boundary=" + boundary + b"\n\n"
                entity = head + b"--" + boundary + b"\n" + entity + b"\n--" + boundary + b"--\n"
        return entity

    kinds = (b"multipart/mixed", b"multipart/alternative", b"multipart/digest", b"message/rfc822", b"multipart/signed")
    return st.lists(st.sampled_from(kinds), max_size=levels).map(wrap)


def plain() -> st.SearchStrategy[bytes]:
    """A mail of one text, nothing odd about its structure."""
    return texts().map(lambda text: b"Content-Type: text/plain; charset=utf-8\n\n" + written(text, "utf-8"))
