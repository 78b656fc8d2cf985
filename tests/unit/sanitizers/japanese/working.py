"""Cleans one file by itself, through the engine, and reads what came out."""

import io
import zipfile

import docx

from sanitizers.engine import clean as clean_item
from sanitizers.model import Cleaned, DnsAnswer, Finding, Notice
from sanitizers.rules import Budget, Drawings, Kind, Profile, Task, Transcript

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
AS_TEXT = Profile(ichitaro=Transcript.TEXT, hwp=Transcript.TEXT)
AS_WORD = Profile()
REMOVED = Profile(ichitaro=Transcript.REMOVED, hwp=Transcript.REMOVED, cad=Drawings.REMOVED)


def cleaned(data: bytes, name: str, profile: Profile = AS_TEXT, budget: Budget | None = None) -> Cleaned:
    task = Task("", Kind.FILE, name, profile, budget or Budget(), Notice("", ()))
    result = clean_item(task, data, lambda _name, _type: DnsAnswer("absent"))
    assert result is not None
    return result


def findings(result: Cleaned) -> tuple[Finding, ...]:
    return result.report.parts[0].findings


def reason(result: Cleaned) -> str:
    assert result.data is None
    return findings(result)[-1].detail


def text_of(data: bytes, name: str = "a.jtd") -> str:
    """The words, lines ended by LF, through the engine as text."""
    result = cleaned(data, name)
    assert result.data is not None, findings(result)
    assert result.type == "text/plain"
    return result.data.decode().replace("\r\n", "\n")


def word_of(data: bytes, name: str = "a.jtd", profile: Profile = AS_WORD) -> "docx.document.Document":
    result = cleaned(data, name, profile)
    assert result.data is not None, findings(result)
    assert result.type == DOCX
    again = cleaned(result.data, result.name, profile)
    assert not findings(again), "a second pass finds nothing"
    return docx.Document(io.BytesIO(result.data))


def parts_of(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return "".join(package.read(name).decode() for name in package.namelist())
