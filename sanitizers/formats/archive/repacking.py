"""Takes every member out, has it cleaned, and puts what comes back into the new archive."""

from enum import Enum
from typing import Final

import msgspec

from sanitizers.extensions import ending_of
from sanitizers.formats.archive import shirasagi
from sanitizers.formats.archive.members import Box, Kind, Member
from sanitizers.formats.archive.names import UNNAMED, Places, shown_path
from sanitizers.formats.archive.writing import Writer
from sanitizers.job import Job, Role
from sanitizers.model import (
    Action,
    Boxed,
    CannotSanitize,
    Finding,
    Locked,
    Outcome,
    Rebuilt,
    Severity,
    Threat,
    Withheld,
)
from sanitizers.names import safe_name
from sanitizers.rules import ZipMembers

_MOST_LISTED: Final = 200


class _Left(Enum):
    """Members that are not files."""

    LINK = (Threat.EXTERNAL_REFERENCE, "a link to another file")
    OTHER = (Threat.DECEPTION, "a device, pipe or socket")


class Repacked:
    """What became of an archive."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.boxed: list[Boxed] = []
        self.members = 0
        self.kept = 0
        self.withheld: list[Withheld] = []


def repacked(box: Box, writer: Writer, job: Job) -> Repacked:
    """Every member through `job.child`. Raises CannotSanitize when nothing of a box with something in it may go on."""
    done = Repacked()
    walker = _Walker(writer, job, done)
    for member in box.members():
        walker.take(member)
    done.findings[:0] = box.findings
    if done.members and not done.kept:
        raise _nothing_left(done)
    return done


def _nothing_left(done: Repacked) -> CannotSanitize:
    """The whole box stays behind, for the reason of its members: one behind a password comes first."""
    locked = next((each for each in done.withheld if each.outcome is Outcome.LOCKED), None)
    if locked is not None:
        return Locked(locked.finding.detail)
    worst = done.withheld[0].finding if done.withheld else done.findings[-1]
    named = done.boxed[0].name if done.boxed else ""
    return CannotSanitize(
        worst.threat, f"nothing of the archive may go on; {done.members} in it: {named}, {worst.detail}"
    )


class _Walker:
    def __init__(self, writer: Writer, job: Job, done: Repacked) -> None:
        self._writer = writer
        self._job = job
        self._done = done
        self._places = Places(done.findings)
        self._marks = job.rules.zip_members is ZipMembers.SHIRASAGI
        # Marks are taken off the members of the outermost box alone.
        self._rules = msgspec.structs.replace(job.rules, zip_members=ZipMembers.PLAIN) if self._marks else None

    def take(self, member: Member) -> None:
        """One member; what it may not be is left out and told."""
        folders, last = self._places.steps(member.path)
        if member.kind is Kind.FOLDER:
            self._folder(member, folders, last)
            return
        self._done.members += 1
        if member.kind is Kind.FILE and member.refusal is None:
            self._file(member, folders, last)
            return
        self._job.budget.take_parts()
        refusal = member.refusal
        threat, detail = (refusal.threat, refusal.detail) if refusal else _Left[member.kind.name].value
        severity = Severity.DANGER if refusal else Severity.WARNING
        shown = shown_path(member.path)
        self._done.findings.append(Finding(threat, severity, Action.REMOVED, shown, detail))
        self._list(Boxed(shown, Outcome.REMOVED, 0, threat))

    def _folder(self, member: Member, folders: list[str], last: str) -> None:
        self._job.budget.take_parts()
        name = self._places.safe_folder(last, member.path)
        path = self._places.folder([*folders, name] if name else folders, member.path)
        if path and self._places.is_new(path):
            self._writer.add(path, None, member.wall, member.unix)
            self._done.kept += 1
            self._done.members += 1

    def _file(self, member: Member, folders: list[str], last: str) -> None:
        content = member.read()
        last = last if safe_name(last)[0] else UNNAMED
        child = self._job.child(last, "", content, role=Role.ATTACHMENT, rules=self._rules)
        if isinstance(child, Withheld):
            self._done.withheld.append(child)
            self._report(member, folders, last, child)
            self._list(Boxed(shown_path(member.path), child.outcome, len(content), child.finding.threat))
            return
        name = shirasagi.marked(child, self._done.members) if self._marks else child.name
        path = self._places.file(folders, name, member.path)
        self._writer.add(path, child.data, member.wall, member.unix)
        self._done.kept += 1
        self._list(Boxed(path, _outcome(child, last), len(child.data), None))
        for inner in child.boxed:
            self._list(Boxed(f"{path}/{inner.name}", inner.outcome, inner.size, inner.threat))

    def _report(self, member: Member, folders: list[str], last: str, child: Withheld) -> None:
        if not self._marks:
            return
        claimed = safe_name(last)[0]
        name = shirasagi.report_name(child, claimed, self._done.members)
        content = shirasagi.report(child, claimed, self._job.notice.item)
        self._writer.add(self._places.file(folders, name, member.path), content, None, None)

    def _list(self, content: Boxed) -> None:
        if len(self._done.boxed) < _MOST_LISTED:
            self._done.boxed.append(content)


def _outcome(child: Rebuilt, claimed: str) -> Outcome:
    """What a reader sees of it: another ending, or something was taken out."""
    if ending_of(claimed) != ending_of(child.name):
        return Outcome.CONVERTED
    changed = any(found.action is not Action.NOTED for found in child.findings)
    return Outcome.REBUILT if changed else Outcome.CLEAN
