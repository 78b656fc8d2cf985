"""The parent's look at what a child says: every count, size, name and string, before any of it is believed."""

import math
import re
from collections.abc import Collection

import msgspec

from sanitizers.budget import (
    DETAIL_CHARACTERS,
    FACT_CHARACTERS,
    FINDINGS_OF_NEW_KINDS,
    FINDINGS_PER_ITEM,
    NAME_CHARACTERS,
    TYPE_CHARACTERS,
    WHERE_CHARACTERS,
)
from sanitizers.confinement.protocol import DNS_NAME, Converted, ProtocolBroken, Question, Result
from sanitizers.model import AuthenticationMethod, AuthenticationResult, Finding, Outcome, PartReport
from sanitizers.passwords import LONGEST, MOST_FOUND
from sanitizers.reports import UNPRINTABLE
from sanitizers.rules import Task

PATH = re.compile(r"1(?:\.[1-9][0-9]{0,6})*\Z")
DIGEST = re.compile(r"[0-9a-f]{64}\Z")
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,99}/[a-z0-9][a-z0-9.+_-]{0,99}\Z")
SEPARATORS = re.compile(r"[/\\]")
AUTHENTICATION_WORDS = frozenset(
    {"pass", "fail", "softfail", "neutral", "none", "policy", "temperror", "permerror"}  # RFC 8601 section 2.7
)
CHECKS_OF_SENDER = frozenset({AuthenticationMethod.DKIM, AuthenticationMethod.DMARC})
RESULTS_OF_SENDER = 6  # five signatures and DMARC
WITHHELD = frozenset({Outcome.BLOCKED, Outcome.LOCKED, Outcome.REMOVED})


class Evidence(msgspec.Struct, frozen=True):
    """What the parent knows by itself of the bytes that went in and came out."""

    size_in: int
    sha256_in: str
    size_out: int
    sha256_out: str  #: "" when nothing came out


def check_question(question: Question, asked: Collection[str]) -> None:
    """A name that DKIM or DMARC asks for, and no message of the child's own; `asked`: those before it."""
    name = question.name
    if not name.isascii() or not DNS_NAME.match(name):
        raise ProtocolBroken("not a name for the DNS")
    signature = "._domainkey." in name  # RFC 6376 section 3.6.2.1
    policy = name.startswith("_dmarc.")  # RFC 9989 section 4.10
    if not (signature or policy or f"_dmarc.{name}" in asked):  # the last: does the domain exist at all (np=)
        raise ProtocolBroken("a name that neither DKIM nor DMARC asks for")


def check_size(result: Result, task: Task) -> None:
    """How much data is announced, before it is read."""
    if result.size is not None and not 0 <= result.size <= task.budget.bytes_out:
        raise ProtocolBroken("more data than the budget allows")


def check_converted(converted: Converted, bytes_out: int) -> None:
    """Raises ProtocolBroken for anything that a converter's child never says."""
    if (converted.size is None) != (converted.threat is not None):
        raise ProtocolBroken("data and outcome disagree")
    if converted.size is not None and not 0 < converted.size <= bytes_out:
        raise ProtocolBroken("more data than the budget allows")
    _check_text(converted.detail, DETAIL_CHARACTERS)


def check_result(result: Result, task: Task, evidence: Evidence) -> None:
    """Raises ProtocolBroken for anything that the engine never says."""
    parts = result.report.parts
    if not 1 <= len(parts) <= task.budget.parts + 1:
        raise ProtocolBroken("number of parts")
    _check_tree(parts, task.budget.depth)
    for part in parts:
        _check_part(part)
    if sum(len(part.findings) for part in parts) > FINDINGS_PER_ITEM + 2 * FINDINGS_OF_NEW_KINDS:
        raise ProtocolBroken("number of findings")
    _check_bytes(result, parts[0], evidence)
    _check_name(result.name)
    if result.facts is not None:
        for field in result.facts.__struct_fields__:
            _check_text(getattr(result.facts, field), FACT_CHARACTERS)
    _check_authentication(result.authentication, wanted=task.sender is not None)
    if len(result.passwords) > (MOST_FOUND if task.collect_passwords else 0):
        raise ProtocolBroken("number of passwords")
    for password in result.passwords:
        _check_text(password, LONGEST)


def _check_tree(parts: tuple[PartReport, ...], depth: int) -> None:
    seen: set[str] = set()
    for part in parts:
        path = part.path
        known_parent = path.rpartition(".")[0] in seen if seen else path == "1"
        too_deep = path.count(".") > depth + 1  # the part that was one level too many is named, as blocked
        if not PATH.match(path) or path in seen or not known_parent or too_deep:
            raise ProtocolBroken("paths of parts")
        seen.add(path)


def _check_part(part: PartReport) -> None:
    _check_name(part.name)
    _check_text(part.claimed_type, TYPE_CHARACTERS)
    _check_text(part.detected_type, TYPE_CHARACTERS)
    _check_text(part.sanitizer, NAME_CHARACTERS)
    if not DIGEST.match(part.sha256_in) or not (part.sha256_out == "" or DIGEST.match(part.sha256_out)):
        raise ProtocolBroken("digest of a part")
    if part.size_in < 0 or part.size_out < 0 or (part.outcome in WITHHELD) != (part.sha256_out == ""):
        raise ProtocolBroken("size or outcome of a part")
    if not (math.isfinite(part.milliseconds) and part.milliseconds >= 0):
        raise ProtocolBroken("time of a part")
    if len(part.findings) > FINDINGS_OF_NEW_KINDS:
        raise ProtocolBroken("number of findings")
    for found in part.findings:
        _check_finding(found)


def _check_finding(found: Finding) -> None:
    _check_text(found.where, WHERE_CHARACTERS)
    _check_text(found.detail, DETAIL_CHARACTERS)


def _check_bytes(result: Result, item: PartReport, evidence: Evidence) -> None:
    if item.size_in != evidence.size_in or item.sha256_in != evidence.sha256_in:
        raise ProtocolBroken("a report about another original")
    if item.size_out != evidence.size_out or item.sha256_out != evidence.sha256_out:
        raise ProtocolBroken("a report about other data")
    if (result.size is None) != (item.outcome in WITHHELD):
        raise ProtocolBroken("data and outcome disagree")
    if result.type and not MEDIA_TYPE.match(result.type):
        raise ProtocolBroken("media type")


def _check_authentication(results: tuple[AuthenticationResult, ...], *, wanted: bool) -> None:
    if len(results) > (RESULTS_OF_SENDER if wanted else 0):
        raise ProtocolBroken("number of authentication results")
    for found in results:
        if found.method not in CHECKS_OF_SENDER or found.result not in AUTHENTICATION_WORDS:
            raise ProtocolBroken("authentication result")
        if not (found.domain.isascii() and found.detail.isascii()):
            raise ProtocolBroken("authentication result")
        _check_text(found.domain, NAME_CHARACTERS)
        _check_text(found.detail, WHERE_CHARACTERS)


def _check_name(name: str) -> None:
    _check_text(name, NAME_CHARACTERS)
    if SEPARATORS.search(name) or name in {".", ".."}:
        raise ProtocolBroken("a name that is a path")


def _check_text(text: str, limit: int) -> None:
    if len(text) > limit or UNPRINTABLE.search(text):
        raise ProtocolBroken("a text too long or not plain")
