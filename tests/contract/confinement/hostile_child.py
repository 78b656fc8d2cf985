"""What a bad child may say instead of a true answer: raw octets, lies in the right form, and acts."""

import ctypes
import os
import socket
import struct
import time
from collections.abc import Callable
from hashlib import sha256

import msgspec

from sanitizers.confinement.protocol import HEADER, UNFIT, Kind, Question, Ready, Result, chunks, frame
from sanitizers.confinement.serving import PIPE
from sanitizers.model import (
    Action,
    AskDns,
    AuthenticationMethod,
    AuthenticationResult,
    Cleaned,
    Finding,
    MailFacts,
    Outcome,
    PartReport,
    Report,
    Severity,
    Threat,
)


def answer(original: bytes, data: bytes | None, **changes: object) -> Cleaned:
    part = PartReport(
        path="1",
        name="",
        claimed_type="message/rfc822",
        detected_type="message/rfc822",
        sanitizer="mail",
        outcome=Outcome.BLOCKED if data is None else Outcome.CLEAN,
        size_in=len(original),
        size_out=len(data or b""),
        sha256_in=sha256(original).hexdigest(),
        sha256_out="" if data is None else sha256(data).hexdigest(),
        findings=(),
        milliseconds=0.1,
    )
    part = msgspec.structs.replace(part, **changes)
    return Cleaned(data, "", "message/rfc822" if data is not None else "", Report((part,)))


def result_frames(cleaned: Cleaned, size: int | None = None) -> bytes:
    size = len(cleaned.data or b"") if size is None else size
    result = Result(cleaned.name, cleaned.type, cleaned.report, cleaned.facts, cleaned.authentication, size)
    return frame(Kind.RESULT, result) + b"".join(chunks(cleaned.data or b""))


def many(original: bytes, count: int) -> Cleaned:
    one = answer(original, original)
    first = one.report.parts[0]
    parts = (first, *(msgspec.structs.replace(first, path=f"1.{n}") for n in range(1, count)))
    return msgspec.structs.replace(one, report=Report(parts))


def finding(where: str = "", detail: str = "") -> Finding:
    return Finding(Threat.METADATA, Severity.NOTE, Action.REMOVED, where, detail)


def dkim_results(count: int, word: str = "pass") -> tuple[AuthenticationResult, ...]:
    return tuple(AuthenticationResult(AuthenticationMethod.DKIM, word, "example.jp") for _ in range(count))


SPF_PASS = AuthenticationResult(AuthenticationMethod.SPF, "pass", "example.jp")

# What is said instead of an answer: raw octets.
RAW: dict[str, Callable[[bytes], bytes]] = {
    "garbage": lambda _: b"HTTP/1.1 200 OK\r\n\r\n" * 20,
    "huge_length": lambda _: struct.pack(">IB", 0xFFFFFFFF, Kind.RESULT),
    "unknown_kind": lambda _: struct.pack(">IB", 0, 99),
    "parents_kind": lambda _: struct.pack(">IB", 0, Kind.ORDER),
    "ready_again": lambda _: frame(Kind.READY, Ready(())),
    "data_first": lambda _: HEADER.pack(3, Kind.CHUNK) + b"abc",
    "not_msgpack": lambda _: HEADER.pack(4, Kind.RESULT) + b"\xc1\xc1\xc1\xc1",
    "wrong_schema": lambda _: HEADER.pack(2, Kind.RESULT) + msgspec.msgpack.encode([1]),
    "deep_nesting": lambda _: HEADER.pack(100_000, Kind.RESULT) + b"\x91" * 100_000,
    "more_than_announced": lambda o: result_frames(answer(o, o), size=1),
    "negative_size": lambda o: result_frames(answer(o, o), size=-1),
    "size_beyond_budget": lambda o: result_frames(answer(o, o), size=1 << 40),
    "goes_on": lambda o: result_frames(answer(o, o)) + result_frames(answer(o, o)),
    "empty_chunk": lambda o: result_frames(answer(o, None), size=3) + HEADER.pack(0, Kind.CHUNK),
    "bad_dns_name": lambda _: frame(Kind.QUESTION, Question("a b.example.jp", "TXT")),
    "long_dns_name": lambda _: frame(Kind.QUESTION, Question("a." * 150 + "jp", "TXT")),
    "other_record_type": lambda _: HEADER.pack(8, Kind.QUESTION) + msgspec.msgpack.encode(["a", "AXFR"]),
}

# Well-formed answers that are not true or not allowed.
LIES: dict[str, Callable[[bytes], Cleaned]] = {
    "wrong_sha256_out": lambda o: answer(o, o, sha256_out="0" * 64),
    "wrong_sha256_in": lambda o: answer(o, o, sha256_in="0" * 64),
    "wrong_size_out": lambda o: answer(o, o, size_out=1),
    "wrong_size_in": lambda o: answer(o, o, size_in=1),
    "no_digest": lambda o: answer(o, o, sha256_in="x"),
    "data_of_a_blocked_item": lambda o: answer(o, o, outcome=Outcome.BLOCKED),
    "no_data_of_a_clean_item": lambda o: answer(o, None, outcome=Outcome.CLEAN),
    "no_parts": lambda o: msgspec.structs.replace(answer(o, o), report=Report(())),
    "too_many_parts": lambda o: many(o, 600),
    "wrong_first_path": lambda o: answer(o, o, path="2"),
    "path_with_words": lambda o: answer(o, o, path="1/../2"),
    "same_path_twice": lambda o: msgspec.structs.replace(many(o, 1), report=Report(many(o, 1).report.parts * 2)),
    "too_many_findings": lambda o: answer(o, o, findings=(finding(),) * 201),
    "control_in_detail": lambda o: answer(o, o, findings=(finding(detail="a\x1b[2Jb"),)),
    "line_end_in_where": lambda o: answer(o, o, findings=(finding(where="a\r\nX: y"),)),
    "long_detail": lambda o: answer(o, o, findings=(finding(detail="x" * 501),)),
    "override_in_name": lambda o: answer(o, o, name="invoice\u202efdp.exe"),
    "separator_in_name": lambda o: answer(o, o, name="../../etc/passwd"),
    "separator_in_item_name": lambda o: msgspec.structs.replace(answer(o, o), name="a\\b"),
    "long_name": lambda o: answer(o, o, name="x" * 256),
    "bad_type": lambda o: msgspec.structs.replace(answer(o, o), type="text/html\r\nX: y"),
    "endless_time": lambda o: answer(o, o, milliseconds=float("inf")),
    "long_fact": lambda o: msgspec.structs.replace(answer(o, o), facts=MailFacts(subject="x" * 1001)),
    "control_in_fact": lambda o: msgspec.structs.replace(answer(o, o), facts=MailFacts(subject="a\nb")),
    "authentication_by_the_gateway": lambda o: msgspec.structs.replace(answer(o, o), authentication=(SPF_PASS,)),
    "too_many_authentications": lambda o: msgspec.structs.replace(answer(o, o), authentication=dkim_results(7)),
}
# These are lies only about an item whose sender nobody wants to know.
LIES_OF_NO_SENDER: dict[str, Callable[[bytes], Cleaned]] = {
    "unasked_authentication": lambda o: msgspec.structs.replace(answer(o, o), authentication=dkim_results(1)),
}


def say(octets: bytes) -> None:
    """All of it, past the desk that honest answers go over."""
    while octets:
        octets = octets[os.write(PIPE, octets) :]


def misbehave(how: str, original: bytes, ask_dns: AskDns) -> Cleaned:
    """As the name says."""
    if how in LIES | LIES_OF_NO_SENDER:
        return (LIES | LIES_OF_NO_SENDER)[how](original)
    if how in RAW:
        say(RAW[how](original))
        time.sleep(60)
    ACTS[how](original, ask_dns)
    return answer(original, original)


def exit_at_once(original: bytes, ask_dns: AskDns) -> None:
    os._exit(3)


def crash(original: bytes, ask_dns: AskDns) -> None:
    ctypes.string_at(0)


def crash_mid_result(original: bytes, ask_dns: AskDns) -> None:
    say(result_frames(answer(original, b"x" * 5_000))[:-2_000])
    os._exit(3)


def never_answer(original: bytes, ask_dns: AskDns) -> None:
    time.sleep(600)


def dribble(original: bytes, ask_dns: AskDns) -> None:
    for octet in result_frames(answer(original, b"x" * 5_000)):
        say(bytes((octet,)))
        time.sleep(0.05)


def ask_for_ever(original: bytes, ask_dns: AskDns) -> None:
    while True:
        ask_dns("_dmarc.example.jp", "TXT")


def shout(original: bytes, ask_dns: AskDns) -> None:
    while True:
        say(frame(Kind.QUESTION, Question("_dmarc.example.jp", "TXT")) * 100)


def complain(original: bytes, ask_dns: AskDns) -> None:
    os.write(2, b"Traceback\nValueError: the secret words of a mail\n")
    os._exit(1)


def close_pipe(original: bytes, ask_dns: AskDns) -> None:
    os.close(PIPE)
    time.sleep(600)


def open_a_socket(original: bytes, ask_dns: AskDns) -> None:
    socket.socket()


def unfit_for_ever(original: bytes, ask_dns: AskDns) -> None:
    say(UNFIT)
    time.sleep(600)


ACTS = {
    act.__name__: act
    for act in (
        exit_at_once, crash, crash_mid_result, never_answer, dribble, ask_for_ever, shout, complain, close_pipe,
        open_a_socket, unfit_for_ever,
    )
}  # fmt: skip
