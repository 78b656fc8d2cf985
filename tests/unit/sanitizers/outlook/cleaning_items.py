"""One item through the engine, with the rules a test wants; and what a reader sees of the result."""

import email
from email.message import Message

import msgspec

from gateway.processing.words import ENGLISH
from sanitizers import engine
from sanitizers.model import Cleaned, DnsAnswer, Finding, Notice
from sanitizers.rules import Budget, Kind, Profile, Task


def clean(
    data: bytes, name: str = "", kind: Kind = Kind.FILE, budget: Budget | None = None, **rules: object
) -> Cleaned:
    profile = msgspec.structs.replace(Profile(), **rules)
    task = Task("1", kind, name, profile, budget or Budget(), Notice("1", (ENGLISH,)))
    result = engine.clean(task, data, lambda name, rdtype: DnsAnswer("absent"))
    assert result is not None
    return result


def read(result: Cleaned) -> Message:
    assert result.data is not None, [(part.outcome, part.findings) for part in result.report.parts]
    message = email.message_from_bytes(result.data)
    assert not message.defects
    return message


def text(message: Message) -> str:
    """The first text, without the notice."""
    leaf = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    payload = leaf.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n").partition("-" * 60)[0].strip()


def notice(message: Message) -> str:
    leaf = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    payload = leaf.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n").partition("-" * 60)[2]


def names(message: Message) -> list[str]:
    return [name for part in message.walk() if (name := part.get_filename())]


def found(result: Cleaned) -> list[Finding]:
    return [finding for part in result.report.parts for finding in part.findings]
