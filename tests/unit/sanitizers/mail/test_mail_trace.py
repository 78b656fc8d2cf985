"""Received lines: kept in number and words, so that a loop is seen, and nothing else of them."""

from sanitizers.engine import clean
from sanitizers.model import Cleaned, DnsAnswer, Notice
from sanitizers.rules import Budget, Kind, Profile, Task


def cleaned(original: bytes) -> Cleaned:
    task = Task("20261121-TEST-TEST", Kind.MAIL, "", Profile(), Budget(), Notice("20261121-TEST-TEST", ()))
    return clean(task, original, lambda _name, _type: DnsAnswer("failed"))


def mail(*received: bytes) -> bytes:
    trace = b"".join(b"Received: " + value + b"\r\n" for value in received)
    return (
        trace
        + b"From: a@example.jp\r\nDate: Sat, 21 Nov 2026 09:00:00 +0900\r\nMessage-ID: <1@example.jp>\r\n\r\nhello\r\n"
    )


def received_of(content: bytes) -> list[bytes]:
    head = content.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ")
    return [line[10:] for line in head.split(b"\r\n") if line.startswith(b"Received: ")]


def test_every_hop_stays_so_that_a_mail_that_goes_round_grows() -> None:
    hops = [b"from a%d.example.jp by b.example.jp; Sat, 21 Nov 2026 09:00:00 +0900" % number for number in range(49)]
    result = cleaned(mail(*hops))
    assert result.data is not None
    assert received_of(result.data) == hops
    again = cleaned(b"Received: from c by d; Sat, 21 Nov 2026 09:00:00 +0900\r\n" + result.data)
    assert again.data is not None
    assert len(received_of(again.data)) == 50
    assert not [finding for part in again.report.parts for finding in part.findings]


def test_only_printable_words_stay() -> None:
    hostile = b"from \x1b[31m =?utf-8?B?PHNjcmlwdD4=?= (\x82\xa0\x82\xa2\xe2\x80\xae) by b\r\n\t for <x@y>; date"
    result = cleaned(mail(hostile, b"nothing that a server writes", b"from " + b"a" * 5000))
    assert result.data is not None
    first, second = received_of(result.data)
    assert first == b"from [31m = ?utf-8?B?PHNjcmlwdD4= ?= ( ) by b for <x@y>; date"
    assert len(second) <= 900
    assert max(map(len, result.data.split(b"\r\n"))) <= 998
