"""Each construct of a mail, more and more of it: the work may grow with the size, never with its square.

Measured in CPU seconds of this process, and only as a ratio between two sizes of the same mail, with room: a machine
that is busy or slow makes both take longer.
"""

import gc
import time
from collections.abc import Callable

from sanitizers import engine
from sanitizers.rules import BodyCharset, Links, Profile
from tests.fuzz.cleaning import SENDER, no_dns, task
from tests.fuzz.mails import sober

FIRST = 1_000  #: repetitions
LARGEST = 1_048_576  #: bytes of a mail; a construct that costs little even so is no danger
WORTH_MEASURING = 0.1  #: CPU seconds; below, noise is as large as what is measured
STEP = 4  #: times more of it
TOO_MUCH = 9.0  #: times the work for STEP times the size: linear is 4, quadratic 16

Construct = Callable[[int], bytes]


def repeated(before: bytes, unit: bytes, after: bytes = b"") -> Construct:
    """The unit so many times."""
    return lambda count: before + unit * count + after


def header(name: bytes, unit: bytes, after: bytes = b"") -> Construct:
    """In the value of a header."""
    return repeated(name + b": ", unit, after + b"\r\n\r\nx\r\n")


def text(unit: bytes, kind: bytes = b"text/plain; charset=utf-8") -> Construct:
    """In a text body."""
    return lambda count: sober(unit * count, kind)


def page(unit: bytes, before: bytes = b"", after: bytes = b"") -> Construct:
    """In an HTML body."""
    return lambda count: sober(before + unit * count + after, b"text/html; charset=utf-8")


def part(unit: bytes, field: bytes = b"", before: bytes = b"") -> Construct:
    """In a part with a field of its own."""
    head = b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n" + field + b"\r\n"
    return lambda count: sober(head + before + unit * count + b"\r\n--b--\r\n", b"multipart/mixed; boundary=b")


def nested(opening: bytes, closing: bytes) -> Construct:
    """HTML elements inside each other."""
    return lambda count: sober(opening * count + b"x" + closing * count, b"text/html; charset=utf-8")


def numbered(unit: str, kind: bytes = b"text/plain; charset=utf-8") -> Construct:
    """A text in which each unit is another: nothing is remembered from the one before."""
    return lambda count: sober("".join(unit.format(n=number) for number in range(count)).encode(), kind)


MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
HTML = b"text/html; charset=utf-8"

CONSTRUCTS: dict[str, Construct] = {
    # structure
    "header fields": repeated(b"", b"X: y\r\n", b"\r\nx"),
    "From fields": repeated(b"", b"From: a@b.example\r\n", b"\r\nx"),
    "Received fields": repeated(b"", b"Received: from a by b; x\r\n", b"\r\nx"),
    "Content-Type fields": repeated(b"", b"Content-Type: multipart/mixed; boundary=b\r\n", b"\r\n--b\r\n\r\nx\r\n"),
    "folds": header(b"Subject", b"a\r\n "),
    "stray header lines": repeated(b"From: a@b\r\n", b"stray\r\n", b"Subject: x\r\n\r\nx"),
    "NULs before a colon": repeated(b"X", b"\0", b": y\r\n\r\nx"),
    "empty lines before the header": repeated(b"", b"\r\n", b"From: a@b\r\n\r\nx"),
    "parts": repeated(MIXED, b"--b\r\n\r\nx\r\n", b"--b--\r\n"),
    "delimiters": repeated(MIXED, b"--b\r\n", b"--b--\r\n"),
    "false delimiters": repeated(MIXED, b"--bx\r\n"),
    "delimiters on one line": repeated(MIXED, b"--b", b"\r\n"),
    "parts after the end": repeated(MIXED + b"--b--\r\n", b"x\r\n--b--\r\n"),
    "guessed delimiters": repeated(MIXED, b"--x\r\nContent-"),
    "nested multiparts": lambda n: b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (k, k) for k in range(n)
    ),
    "nested mails": repeated(b"", b"Content-Type: message/rfc822\r\n\r\n", b"x"),
    "boundaries": repeated(b"Content-Type: multipart/mixed", b"; boundary=x", b"\r\n\r\n--x\r\n\r\nx"),
    "numbered parameters": repeated(b"Content-Type: text/plain", b"; name*1*=%41", b"\r\n\r\nx"),
    "comments in a type": repeated(b"Content-Type: text/plain", b" (", b"\r\n\r\nx"),
    "parameters": repeated(b"Content-Type: text/plain", b"; a=b", b"\r\n\r\nx"),
    "backslashes in a parameter": repeated(b'Content-Type: text/plain; name="', b"\\", b"\r\n\r\nx"),
    "base64 letters": part(b"QUJD\r\n", b"Content-Transfer-Encoding: base64\r\n"),
    "base64 segments": part(b"QQ==", b"Content-Transfer-Encoding: base64\r\n"),
    "base64 with junk": part(b"QUJD!", b"Content-Transfer-Encoding: base64\r\n"),
    "quoted-printable": part(b"=41", b"Content-Transfer-Encoding: quoted-printable\r\n"),
    "blanks in quoted-printable": part(b" ", b"Content-Transfer-Encoding: quoted-printable\r\n", b"= "),
    "soft line ends": part(b"x=\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n"),
    "uuencode": lambda n: sober(b"begin 644 x\r\n" + b"#0V%T\r\n" * n + b"`\r\nend\r\n"),
    "begins of uuencode": text(b"begin 644 x\r\n"),
    "capital begins of uuencode": text(b"begin 644 X\r\n!\r\n"),
    "begins of base64 uuencode": text(b"begin-base64 644 x\r\nQUJD\r\n"),
    "begins of yEnc": text(b"=ybegin name=x\r\n"),
    "starts of BinHex": text(b"(This file must be converted with BinHex 4.0)\r\n\r\n:"),
    "S/MIME pieces": lambda n: sober(
        b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80" + b"\x02\x00" * n,
        b"application/pkcs7-mime",
    ),
    "open S/MIME pieces": lambda n: sober(b"\x30\x80" * n, b"application/pkcs7-mime"),
    "mail files": lambda n: sober(
        b"--b\r\nContent-Type: a/b; name=x.eml\r\n\r\nFrom: a@b\r\nTo: c\r\nDate: d\r\n\r\nx\r\n" * n,
        b"multipart/mixed; boundary=b",
    ),
    "alternatives": lambda n: sober(
        b"".join(b"--b\r\n\r\n%d %d\r\n" % (k, k * 7) for k in range(n)), b"multipart/alternative; boundary=b"
    ),
    "long alternatives": lambda n: sober(
        b"--b\r\n\r\n" + b"abc def " * n + b"\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>" + b"xyz uvw<br>" * n,
        b"multipart/alternative; boundary=b",
    ),
    "lines of alternatives": lambda n: sober(
        b"--b\r\n\r\n"
        + b"".join(b"line %d\r\n" % k for k in range(n))
        + b"\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>"
        + b"".join(b"line %d<br>" % (k + k % 9) for k in range(n)),
        b"multipart/alternative; boundary=b",
    ),
    "bare CR": repeated(b"From: a@b\r\n\r\n", b"x\r"),
    "runs of CR": repeated(b"From: a@b\r\n\r\n", b"\r"),
    "line ends": repeated(b"From: a@b\r\n\r\n", b"\r\n"),
    # headers
    "encoded words": header(b"Subject", b"=?utf-8?B?QUJD?= "),
    "half encoded words": header(b"Subject", b"=?utf-8?B?QQ?="),
    "beginnings of encoded words": header(b"Subject", b"=?a?b?"),
    "addresses": header(b"To", b"a@b.example, "),
    "different addresses": lambda n: b"To: " + b", ".join(b"a%d@b%d.example" % (k, k) for k in range(n)) + b"\r\n\r\nx",
    "quotes in an address": header(b"From", b'"'),
    "backslashes in an address": header(b"From", b"\\", b"a@b"),
    "angles in an address": header(b"From", b"<"),
    "comments in an address": header(b"From", b"("),
    "closed comments in an address": header(b"From", b"(a) "),
    "words of a name": header(b"From", b"a@b "),
    "groups": header(b"To", b"g: a@b; "),
    "at signs": header(b"To", b"@"),
    "dots of a domain": header(b"To", b"a@", b"b." * 50),
    "identifiers": header(b"References", b"<a@b> "),
    "angles of identifiers": header(b"References", b"<a@"),
    "angles of a list": header(b"List-Id", b"<"),
    "DKIM signatures": repeated(
        b"From: a@b.example\r\n", b"DKIM-Signature: v=1; d=b.example; s=x; h=from; bh=x; b=x\r\n", b"\r\nx"
    ),
    "tags of a signature": header(b"DKIM-Signature", b"a=b;"),
    # text
    "letters on one line": text(b"x"),
    "kanji": text("漢".encode()),
    "blanks": text(b" "),
    "blanks at line ends": text(b"x  \r\n"),
    "links": text(b"https://www.example.jp/ "),
    "different links": numbered("https://www{n}.example.jp/{n} "),
    "strange hosts": numbered("https://www.е{n}xample.jp/ "),
    "beginnings of links": text(b"https://"),
    "userinfo of links": text(b"https://a@"),
    "dots of hosts": text(b"www."),
    "at signs after a scheme": lambda n: sober(b"https://" + b"a@" * n),
    "labels of a host": lambda n: sober(b"https://" + b"a." * n),
    "percent signs of a host": lambda n: sober(b"https://" + b"%41" * n),
    "backslashes": text(b"\\"),
    "shares": text(b"\\\\a\\b "),
    "colons": text(b"a:"),
    "zero-width characters": text("x\u200b".encode()),
    "joiners": text("\u200d".encode()),
    "tag characters": text("\U000e0041".encode()),
    "flags": text("\U0001f3f4".encode()),
    "quote marks": text(b">"),
    "flowed quotes": text(b"> x \r\n", b"text/plain; format=flowed"),
    "signed messages": text(b"-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\n"),
    "signatures": text(b"-----BEGIN PGP SIGNATURE-----\r\n"),
    "encrypted messages": text(b"-----BEGIN PGP MESSAGE-----\r\n"),
    "escapes": text(b"\x1b$B", b"text/plain; charset=iso-2022-jp"),
    "shifts": text(b"\x0e1", b"text/plain; charset=iso-2022-jp"),
    "JIS lines": text(b"\x1b$B;3ED\x1b(B\r\n", b"text/plain; charset=iso-2022-jp"),
    "broken JIS": text(b"\x1b$B;3E\x1b(D", b"text/plain; charset=iso-2022-jp"),
    "Shift_JIS halves": text(b"\x81 ", b"text/plain; charset=shift_jis"),
    "unlabelled bytes": text(b"\xa4\xa2\x81", b"text/plain"),
    "EUC-JP triples": text(b"\x8f\xf3\xf3", b"text/plain; charset=euc-jp"),
    "UTF-7": text(b"+AGE-", b"text/plain; charset=utf-7"),
    "beginnings of files": text(b"%PDF-1.4 \r\n"),
    # HTML
    "elements": page(b"<p>x"),
    "nested divisions": nested(b"<div>", b"</div>"),
    "nested inlines": nested(b"<b>", b"</b>"),
    "unclosed inlines": page(b"<b><p>x"),
    "nested fonts": page(b"<font color=red>"),
    "nested quotes": nested(b"<blockquote>", b"</blockquote>"),
    "nested lists": nested(b"<ul><li>", b"</ul>"),
    "list items": page(b"<li>x", b"<ol>"),
    "nested tables": nested(b"<table><tr><td>", b"</table>"),
    "rows": page(b"<tr><td>x<td>y", b"<table>"),
    "cells": page(b"<td>x", b"<table><tr>"),
    "tables": page(b"<table><tr><td>x</table>"),
    "spans of rows": page(b"<tr><td rowspan=999 colspan=9>x", b"<table>"),
    "anchors": page(b"<a href='https://www.example.jp/'>x</a>"),
    "open anchors": page(b"<a href='https://www.example.jp/'>x"),
    "different anchors": numbered("<a href='https://www{n}.example.jp/'>www{n}.example.jp</a> ", HTML),
    "pictures": page(b"<img src='https://t.test/x.gif'>"),
    "attributes": page(b" a=b", b"<p", b">x"),
    "letters of an attribute": page(b"x", b"<p title='", b"'>x"),
    "style attributes": numbered("<p style='color:#{n};margin:{n}px'>x", HTML),
    "declarations": page(b"color:red;", b"<p style='", b"'>x"),
    "style rules": page(b".a{color:red}", b"<style>", b"</style><p class=a>x"),
    "style rules for each": lambda n: sober(
        b"<style>" + b"".join(b".a%d{color:red}" % k for k in range(n)) + b"</style>" + b"<p class=a1>x" * n, HTML
    ),
    "selectors": page(b"a ", b"<style>", b"{color:red}</style><p class=a>x"),
    "descendants": lambda n: sober(
        b"<style>" + b"div p div p div{color:red}" * (n // 10) + b"</style>" + b"<div><p>" * min(n, 900) + b"x", HTML
    ),
    "open style braces": page(b"a{", b"<style>", b"</style>x"),
    "media rules": page(b"@media screen{", b"<style>", b"</style>x"),
    "comments of styles": page(b"/*", b"<style>", b"</style>x"),
    "comments": page(b"<!--x-->"),
    "open comments": page(b"<!--"),
    "less-than signs": page(b"<"),
    "ampersands": page(b"&"),
    "references": page(b"&amp;"),
    "line breaks": page(b"<br>"),
    "scripts": page(b"<script>x</script>"),
    "open scripts": page(b"<script>"),
    "templates": nested(b"<template>", b"</template>"),
    "choices": page(b"<option>x", b"<select>"),
    "nested choices": page(b"<select><option>x"),
    "drawings": nested(b"<svg>", b"</svg>"),
    "formulas": nested(b"<math><mi>", b"</mi></math>"),
    "preformatted lines": page(b"x\n", b"<pre>"),
    "tabs in preformatted text": page(b"\t", b"<pre>"),
    "frames": page(b"<frameset>"),
    "headings": nested(b"<h1>", b"</h1>"),
    "forms": page(b"<form><input value=x>"),
    "ruby": page(b"<rt>x", b"<ruby>"),
    "raised words": page(b"<sup>1</sup>"),
    "struck words": nested(b"<del>", b"</del>"),
    "closing tags": page(b"</p>"),
    "closing tags of nothing": page(b"</b></i>", b"<b><i>"),
}


def seconds(mail: bytes) -> float:
    """CPU time of one cleaning, everything that a rule can ask for switched on.

    Without the garbage collector: what it walks through is what all the tests before this one left in the process.
    """
    order = task(Profile(links=Links.DEFANGED, body_charset=BodyCharset.ISO_2022_JP), sender=SENDER)
    gc.disable()
    try:
        started = time.process_time()
        engine.clean(order, mail, no_dns)
        return time.process_time() - started
    finally:
        gc.enable()


def growth(construct: Construct) -> tuple[float, float]:
    """How many times the work for STEP times the size (0: too little work to say), and CPU seconds of the larger."""
    count, before, latest = FIRST, seconds(construct(FIRST // STEP)), seconds(construct(FIRST))
    while latest < WORTH_MEASURING and len(construct(count * STEP)) <= LARGEST:
        count, before, latest = count * STEP, latest, seconds(construct(count * STEP))
    if latest < WORTH_MEASURING:
        return 0.0, latest
    return latest / max(before, WORTH_MEASURING / 100), latest


# ---- for the search: any unit, repeated in any of these places

PLACES: tuple[tuple[bytes, bytes], ...] = (
    (sober(b""), b""),
    (sober(b"", HTML), b""),
    (sober(b"<style>", HTML), b"</style><p class=a>x"),
    (sober(b"<table>", HTML), b""),
    (sober(b"<p style='", HTML), b"'>x"),
    (b"Subject: ", b"\r\n\r\nx"),
    (b"From: ", b"\r\n\r\nx"),
    (b"References: ", b"\r\n\r\nx"),
    (b"Content-Type: multipart/mixed; boundary=b", b"\r\n\r\n--b\r\n\r\nx"),
    (b"From: a@b\r\n", b"\r\nSubject: x\r\n\r\nx"),
    (MIXED, b"\r\n--b--\r\n"),
    (sober(b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\n", b"multipart/mixed; boundary=b"), b""),
    (sober(b"--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", b"multipart/mixed; boundary=b"), b""),
    (sober(b"--b\r\n\r\nx\r\n--b\r\nContent-Type: text/html\r\n\r\n", b"multipart/alternative; boundary=b"), b""),
    (sober(b"", b"text/plain; charset=iso-2022-jp"), b""),
    (sober(b"", b"text/plain; format=flowed; charset=shift_jis"), b""),
)
SMALLER_BYTES = 16_384
LONGEST_BEARABLE = 1.0  #: CPU seconds for STEP times as many bytes


def unit(data: bytes) -> None:
    """The first byte chooses the place, the others are what is repeated there."""
    if len(data) < 2:
        return
    before, after = PLACES[data[0] % len(PLACES)]
    count = SMALLER_BYTES // len(data[1:]) + 1
    smaller = seconds(before + data[1:] * count + after)
    larger = seconds(before + data[1:] * count * STEP + after)
    if larger > LONGEST_BEARABLE:
        again = seconds(before + data[1:] * count * STEP + after)
        assert min(larger, again) / max(smaller, 0.01) < TOO_MUCH, (smaller, larger, again)
