"""A mail as it goes over the wire."""

import pytest

from gateway.delivery.message import needs_utf8, path_of, prepare, xtext


@pytest.mark.parametrize(
    ("data", "wire"),
    [
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\r\n.\r\n.\r\n..b\r\n", b"a\r\n..\r\n..\r\n...b\r\n.\r\n"),
        (b"a.b\r\n", b"a.b\r\n.\r\n"),
        # A released original with other endings cannot end the message early.
        (b"a\n.\nb\r.\rc\r\n", b"a\r\n..\r\nb\r\n..\r\nc\r\n.\r\n"),
        (b"a\r\n.\rb", b"a\r\n..\r\nb\r\n.\r\n"),
    ],
)
def test_dots_are_stuffed_and_lines_end_in_crlf(data: bytes, wire: bytes) -> None:
    message = prepare(data, "a@example.com")
    assert message.wire == wire
    assert message.wire.count(b"\r\n.\r\n") == 1
    assert message.size <= len(message.wire) - 3


def test_what_a_mail_needs() -> None:
    plain = prepare(b"Subject: x\r\n\r\nbody\r\n", "a@example.com")
    assert (plain.eight_bit, plain.smtputf8) == (False, False)
    body = prepare("Subject: x\r\n\r\n日本\r\n".encode(), "a@example.com")
    assert (body.eight_bit, body.smtputf8) == (True, False)
    header = prepare("Subject: 日本\r\n\r\nbody\r\n".encode(), "a@example.com")
    assert (header.eight_bit, header.smtputf8) == (True, True)
    assert prepare(b"x\r\n", "日本@example.com").smtputf8


def test_only_a_local_part_needs_utf8() -> None:
    assert not needs_utf8("a@example.jp")
    assert not needs_utf8("a@日本.example")
    assert needs_utf8("日本@example.jp")
    assert needs_utf8("a@" + "日" * 80)
    assert path_of("a@日本.example", utf8=False) == b"a@xn--wgv71a.example"
    assert path_of("a@日本.example", utf8=True) == "a@日本.example".encode()


def test_xtext() -> None:
    assert xtext("a+b=c d") == b"a+2Bb+3Dc+20d"
    assert xtext("あ\r\n") == b"+E3+81+82+0D+0A"
