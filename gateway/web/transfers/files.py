"""What is told of a file: where it is on its way, and in plain words what was changed in it."""

from collections import Counter
from enum import StrEnum

from gateway.model import Item, ItemState
from gateway.store.transfers import TransferFile
from gateway.web.downloads import safe_name
from gateway.web.wording import enum_word, finding_said
from sanitizers.model import Action, Outcome, Report, Severity, Threat

LISTED = 50  #: kinds of findings


class FileState(StrEnum):
    """Of a file, as the person who waits for it sees it."""

    UPLOADING = "uploading"
    RECEIVED = "received"  # waits to be cleaned
    READY = "ready"  # can be fetched on the other side
    HELD = "held"
    LOCKED = "locked"  # a password is needed
    APPROVAL = "approval"  # waits for a second person
    FETCHED = "fetched"  # by everybody it is for
    DISCARDED = "discarded"
    EXPIRED = "expired"


_STATES = {
    ItemState.RECEIVED: FileState.RECEIVED,
    ItemState.CLEANED: FileState.READY,
    ItemState.RELEASED: FileState.READY,
    ItemState.DELIVERING: FileState.READY,
    ItemState.DELIVERED: FileState.FETCHED,
    ItemState.BOUNCED: FileState.DISCARDED,
    ItemState.DISCARDED: FileState.DISCARDED,
    ItemState.EXPIRED: FileState.EXPIRED,
}
#: The end of the rule that holds an item, and what that is to its owner.
_WHY_HELD = {"locked_part": FileState.LOCKED, "transfer_approval": FileState.APPROVAL}


def state_of(item: Item | None) -> FileState:
    """None: not all of it is here."""
    if item is None:
        return FileState.UPLOADING
    if item.state is not ItemState.HELD:
        return _STATES[item.state]
    rule = item.decision.rule.rpartition(".")[2] if item.decision else ""
    return _WHY_HELD.get(rule, FileState.HELD)


def shown_name(file: TransferFile) -> str:
    """As it was handed in, without what misleads."""
    return safe_name(file.upload.name, "file")


def words_of(report: Report | None, language: str) -> list[str]:
    """A sentence for each kind of finding, and a line for each part inside the file that stayed behind."""
    if report is None:
        return []
    found: Counter[str] = Counter()
    for part in report.parts:
        whole = part is report.parts[0]
        for finding in part.findings:
            if whole and (finding.threat, finding.action) == (Threat.ENCRYPTED, Action.REMOVED):
                continue  # nothing was removed: the file waits for its password, which its state says
            if finding.action is not Action.NOTED or finding.severity is not Severity.NOTE:
                found[finding_said(finding.threat, finding.action, part.detected_type, language)] += 1
        if not whole and part.outcome in {Outcome.REMOVED, Outcome.BLOCKED} and part.name:
            found[f"{enum_word(part.outcome, language)}: {safe_name(part.name)}"] += 1
    return [line if count == 1 else f"{line} (×{count})" for line, count in found.most_common(LISTED)]
