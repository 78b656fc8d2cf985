"""Detect → choose → rebuild → verify, for an item and every part in it; the one broad `except` of the project."""

from collections.abc import Callable
from contextlib import nullcontext
from hashlib import sha256
from time import perf_counter
from typing import TypeVar

import msgspec

from sanitizers import pictures, sender, unpacking
from sanitizers.budget import TYPE_CHARACTERS, BudgetMeter, OverBudget
from sanitizers.detect import detect
from sanitizers.extensions import disagrees
from sanitizers.job import Role, Sanitizer
from sanitizers.model import (
    Action,
    AskConverter,
    AskDns,
    AuthenticationMethod,
    AuthenticationResult,
    CannotSanitize,
    Cleaned,
    DnsAnswer,
    File,
    Locked,
    MailFacts,
    Notice,
    Outcome,
    PartReport,
    Rebuilt,
    Report,
    SenderClaim,
    Severity,
    Threat,
    Withheld,
)
from sanitizers.names import running_ending, safe_name
from sanitizers.parts import (
    MAIL,
    Part,
    is_removed_by_rule,
    is_text,
    left_out,
    mismatch,
    misnamed,
    named,
    unowned,
    withheld,
)
from sanitizers.passwords import Passwords
from sanitizers.registry import BUILT_IN, Registry
from sanitizers.reports import FindingsLedger, blocked, plain, plain_authentication, plain_facts
from sanitizers.rules import Budget, Kind, OwnChild, Profile, Task
from sanitizers.unpacking.volumes import volume_of
from sanitizers.warming import WARMING_FILES, WARMING_MAIL

ARCHIVES = frozenset({"archive", "tar", "zip"})  # sanitizers

Done = TypeVar("Done")


Mark = Callable[[str, bytes], None]
Look = Callable[[str, Role | None, File], None]


def _no_converter(_extension: str, _target: str, _data: bytes) -> bytes:
    raise CannotSanitize(Threat.UNSUPPORTED, "LibreOffice is not within reach here")


def _look_away(_path: str, _role: Role | None, _file: File) -> None:
    """Nobody wants to see the parts."""


class _NotHere(BaseException):
    """The item needs a child of its own. No `except` of a sanitizer stands in its way."""


def clean(
    task: Task,
    original: bytes,
    ask_dns: AskDns,
    mark: Mark = lambda _path, _digest: None,
    registry: Registry = BUILT_IN,
    convert: AskConverter = _no_converter,
    look: Look = _look_away,
) -> Cleaned | None:
    """The clean bytes and the report of one item. Never raises: what cannot be sanitised comes back as blocked.

    `mark` is told path and SHA-256 digest of each part before it is opened. None: by the profile's `own_child` the item
    needs a child that ends with it (`task.alone`), and nothing of it but mail structure and text was opened. `convert`
    has a document converted outside this process. `look` is shown path, role and bytes of each part once its type is
    known; it may raise CannotSanitize, and the part is not opened.
    """

    def refused(threat: Threat, detail: str) -> Cleaned:
        return blocked(task.kind, len(original), sha256(original).hexdigest(), threat, detail)

    try:
        return attempt(lambda: _Item(task, registry, mark, convert, look).clean(original, ask_dns), refused)
    except _NotHere:
        return None


def warm() -> None:
    """Load now what the first item would load from disk: libmagic, codecs, the public suffixes, native libraries."""
    sender.warm()
    pictures.warm()
    unpacking.warm()
    detect(b"\0\1\2\3", "")
    notice = Notice("", ())
    task = Task("", Kind.MAIL, "", Profile(), Budget(), notice)
    clean(task, WARMING_MAIL, lambda _name, _rdtype: DnsAnswer("failed"))
    for name, data in WARMING_FILES:
        clean(Task("", Kind.FILE, name, Profile(), Budget(), notice), data, lambda _name, _rdtype: DnsAnswer("failed"))
    unpacking.seal()


def attempt(work: Callable[[], Done], refused: Callable[[Threat, str], Done]) -> Done:
    """Run untrusted work; whatever it raises becomes `refused`, without a word of content in it."""
    try:
        return work()
    except CannotSanitize as refusal:
        return refused(refusal.threat, refusal.detail)
    except (MemoryError, RecursionError) as crossing:
        return refused(Threat.LIMIT_EXCEEDED, type(crossing).__name__)
    except Exception as surprise:  # noqa: BLE001 - the one place: any bug in a parser means blocked, not passed
        return refused(Threat.MALFORMED, type(surprise).__name__)


class _Item:
    """One item from original to report; gives every sanitizer its job."""

    def __init__(self, task: Task, registry: Registry, mark: Mark, convert: AskConverter, look: Look) -> None:
        self.task = task
        self.registry = registry
        self.mark = mark
        self.convert = convert
        self.look = look
        self.keep_out = not task.alone and task.profile.own_child is not OwnChild.NEVER  #: attachments, of this child
        self.meter = BudgetMeter(task.budget)
        self.passwords = Passwords(task.passwords, self.meter)
        self.reports: list[PartReport | None] = []
        self.ledger = FindingsLedger()

    def clean(self, original: bytes, ask_dns: AskDns) -> Cleaned:
        """The whole item: part "1" and what it holds."""
        claimed_type = MAIL if self.task.kind is Kind.MAIL else ""
        part = Part("1", self.task.claimed_name, claimed_type, original, self.task.profile)
        result = self.process(part, original, None)
        report = Report(tuple(report for report in self.reports if report is not None))
        rebuilt = result if isinstance(result, Rebuilt) else None
        facts = plain_facts(rebuilt.facts) if rebuilt and rebuilt.facts else None
        authentication = self._check_sender(original, facts, ask_dns)
        words = self.passwords.found() if self.task.collect_passwords else ()
        if rebuilt is None:
            return Cleaned(None, part.name, "", report, None, authentication, words)
        return Cleaned(rebuilt.data, rebuilt.name, rebuilt.type, report, facts, authentication, words)

    def process(self, part: Part, data: bytes, role: Role | None) -> Rebuilt | Withheld:
        """One part with everything in it, and its report; `role` is None for the item itself."""
        started = perf_counter()
        place = len(self.reports)
        self.reports.append(None)  # parents before children

        def refused(threat: Threat, detail: str) -> Rebuilt | Withheld:
            outcome = Outcome.REMOVED if role is Role.SHOWN else Outcome.BLOCKED
            return withheld(part, len(data), outcome, threat, Severity.WARNING, detail)

        result = attempt(lambda: self._rebuild(part, data, role), refused)
        if role is None and self.meter.exhausted and isinstance(result, Rebuilt):  # somebody caught the exception
            result = refused(Threat.LIMIT_EXCEEDED, self.meter.exhausted)
        self.reports[place] = self._report(part, data, result, place, started)
        return result

    def _rebuild(self, part: Part, data: bytes, role: Role | None) -> Rebuilt | Withheld:
        with self.meter.deeper() if role else nullcontext():
            return self._rebuild_here(part, data, role)

    def _rebuild_here(self, part: Part, data: bytes, role: Role | None) -> Rebuilt | Withheld:
        if role is None and len(data) > self.meter.limits.bytes_in:
            raise OverBudget(f"more than {self.meter.limits.bytes_in} bytes", whole_item=True)
        self.mark(part.path, part.digest.digest())
        if part.digest.digest() in self.task.poison:
            raise CannotSanitize(Threat.MALFORMED, "ended its sanitising process several times; not opened again")
        self._identify(part, data, role)
        file = File(part.claimed_name, part.claimed_type, part.detected_type, data)
        self.look(part.path, role, file)
        sanitizer = self._choose(part, role)
        if role is not Role.BODY and _is_a_piece(part, sanitizer):
            raise CannotSanitize(Threat.UNSUPPORTED, "a piece of a split archive, without the others")
        if sanitizer is None:
            return unowned(part, len(data), role)
        part.sanitizer = sanitizer.name
        if role is not Role.BODY and is_removed_by_rule(part, sanitizer):
            detail = f"by rule, files of this type stay behind: {part.detected_type}"
            return withheld(part, len(data), left_out(role), Threat.UNSUPPORTED, Severity.NOTE, detail)
        by_name = role is not Role.BODY and part.detected_type != MAIL and is_text(part.detected_type)
        running = running_ending(part.claimed_name) if by_name else ""
        if running:
            detail = f"a script, shortcut or program by its name: .{running}"
            return withheld(part, len(data), left_out(role), Threat.ACTIVE_CONTENT, Severity.DANGER, detail)
        try:
            rebuilt = sanitizer.rebuild(file, _PartJob(self, part))
        except Locked as locked:
            outcome = Outcome.REMOVED if role is Role.SHOWN else Outcome.LOCKED
            return withheld(part, len(data), outcome, locked.threat, Severity.NOTE, locked.detail)
        self._verify(rebuilt, role)
        part.findings.extend(rebuilt.findings)
        name = rebuilt.name if role is Role.BODY else named(part, rebuilt)
        return msgspec.structs.replace(rebuilt, name=name, findings=tuple(part.findings))

    def _identify(self, part: Part, data: bytes, role: Role | None) -> None:
        if part.claimed_name:
            part.name, findings = safe_name(part.claimed_name)
            part.findings.extend(findings)
        known = role is None and self.task.kind is Kind.MAIL
        part.detected_type = MAIL if known else detect(data, part.claimed_type)
        if role is not Role.BODY and not known and disagrees(part.name, part.detected_type):
            part.findings.append(misnamed(part))

    def _choose(self, part: Part, role: Role | None) -> Sanitizer | None:
        if role is Role.BODY:
            kind = part.detected_type
            body = self.registry.bodies.get(kind)
            if body is None and is_text(kind):
                body = self.registry.bodies.get("text/plain")
            if body is not None:
                return body
            part.findings.append(mismatch(part))
        # What was to be read as text and is a mail has been told apart by the sanitizer of the mail around it.
        if role is Role.BODY and part.detected_type == MAIL:
            return None
        return self.registry.files.get(part.detected_type)

    def _verify(self, rebuilt: Rebuilt, role: Role | None) -> None:
        if role is not None:
            self.meter.take_out(len(rebuilt.data))
        elif len(rebuilt.data) > self.meter.limits.bytes_out:
            raise OverBudget(f"more than {self.meter.limits.bytes_out} bytes when written", whole_item=True)
        verify = self.registry.verifiers.get(rebuilt.type)
        if verify is not None:
            verify(rebuilt.data)

    def _report(self, part: Part, data: bytes, result: Rebuilt | Withheld, place: int, started: float) -> PartReport:
        findings = result.findings if isinstance(result, Rebuilt) else (*part.findings, result.finding)
        return PartReport(
            path=part.path,
            name=part.name,
            claimed_type=plain(part.claimed_type, TYPE_CHARACTERS),
            detected_type=part.detected_type,
            sanitizer=part.sanitizer,
            outcome=self._outcome(result, part, place),
            size_in=len(data),
            size_out=len(result.data) if isinstance(result, Rebuilt) else 0,
            sha256_in=part.digest.hexdigest(),
            sha256_out=sha256(result.data).hexdigest() if isinstance(result, Rebuilt) else "",
            findings=self.ledger.enter(findings) if findings else (),
            milliseconds=round((perf_counter() - started) * 1000, 3),
        )

    def _outcome(self, result: Rebuilt | Withheld, part: Part, place: int) -> Outcome:
        if isinstance(result, Withheld):
            return result.outcome
        inside = self.reports[place + 1 :]
        owners = (self.registry.bodies.get(part.detected_type), self.registry.files.get(part.detected_type))
        owner = next((each for each in owners if each is not None and each.name == part.sanitizer), None)
        if owner is not None and result.type not in owner.types:
            return Outcome.CONVERTED
        if result.type != part.detected_type and part.detected_type.startswith("image/"):
            return Outcome.CONVERTED
        if any(found.action is not Action.NOTED for found in result.findings):
            return Outcome.REBUILT
        if any(report is not None and report.outcome is not Outcome.CLEAN for report in inside):
            return Outcome.REBUILT
        return Outcome.CLEAN

    def _check_sender(
        self, original: bytes, facts: MailFacts | None, ask_dns: AskDns
    ) -> tuple[AuthenticationResult, ...]:
        claim = self.task.sender
        if claim is None:
            return ()
        shown = facts.header_from if facts else None
        return attempt(
            lambda: plain_authentication(sender.verify(original, claim, ask_dns, shown)),
            lambda _threat, _detail: _unverifiable(claim),
        )


class _PartJob:
    """The job of one part's sanitizer."""

    __slots__ = ("_item", "_part", "budget", "notice", "passwords", "rules")

    def __init__(self, item: _Item, part: Part) -> None:
        self._item = item
        self._part = part
        self.rules = part.rules
        self.notice: Notice = item.task.notice
        self.budget = item.meter
        self.passwords = item.passwords

    def foresee(self, role: Role) -> None:
        """See `sanitizers.job.Job.foresee`."""
        if role is Role.ATTACHMENT and self._item.keep_out:
            raise _NotHere

    def child(
        self, name: str, claimed_type: str, data: bytes, *, role: Role, rules: Profile | None = None
    ) -> Rebuilt | Withheld:
        """See `sanitizers.job.Job.child`."""
        self.foresee(role)
        meter = self.budget
        meter.take_parts()
        meter.take_in(len(data))
        self._part.children += 1
        path = f"{self._part.path}.{self._part.children}"
        part = Part(path, name, claimed_type, data, rules or self.rules)
        result = self._item.process(part, data, role)
        self._item.mark(self._part.path, self._part.digest.digest())
        if meter.exhausted:
            raise OverBudget(meter.exhausted, whole_item=True)
        return result

    def convert(self, extension: str, target: str, data: bytes) -> bytes:
        """See `sanitizers.job.Job.convert`."""
        self.foresee(Role.ATTACHMENT)
        self.budget.take_conversion(len(data))
        return self._item.convert(extension, target, data)


def _is_a_piece(part: Part, sanitizer: Sanitizer | None) -> bool:
    """By its name, and not a whole archive: what is in it nobody can tell without the other pieces."""
    whole = sanitizer is not None and sanitizer.name in ARCHIVES
    return not whole and volume_of(part.claimed_name, b"") is not None


def _unverifiable(claim: SenderClaim) -> tuple[AuthenticationResult, ...]:
    methods = (AuthenticationMethod.DKIM, AuthenticationMethod.DMARC)
    return tuple(AuthenticationResult(method, "permerror", claim.spf.domain) for method in methods)
