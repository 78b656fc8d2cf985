"""What became of a sample that was sent, compared with what must vanish and what must stay."""

from enum import StrEnum

import msgspec

from gateway.commands.sample_arrival import Arrival
from gateway.commands.sample_attached import Attached, attached
from gateway.commands.sample_files import Expected, ExpectedOfFile, FileSample, MailSample, Sample
from gateway.commands.sample_sending import Sent
from gateway.model import Item, ItemState
from sanitizers.model import PartReport


class Fate(StrEnum):
    """What became of a sample."""

    DELIVERED = "deliver"
    WITHOUT = "deliver_without"  # the mail arrived, and the file that it carried did not
    HELD = "hold"
    REFUSED = "refuse"
    TAKEN = "taken"  # answered with 250 by a gateway that we cannot look into
    BOUNCED = "bounce"
    PENDING = "pending"  # not at its end when we stopped waiting
    FAILED = "failed"


_OF_STATES = {ItemState.DELIVERED: Fate.DELIVERED, ItemState.HELD: Fate.HELD, ItemState.BOUNCED: Fate.BOUNCED}
# What may become of a sample by what is expected of it. What stays behind may hold the mail by the rules.
_FITTING = {
    Expected.DELIVER: {Fate.DELIVERED, Fate.TAKEN},
    Expected.HOLD: {Fate.HELD, Fate.TAKEN},
    Expected.REFUSE: {Fate.REFUSED},
    ExpectedOfFile.CLEAN: {Fate.DELIVERED, Fate.TAKEN},
    ExpectedOfFile.REMOVED: {Fate.WITHOUT, Fate.HELD, Fate.TAKEN},
    ExpectedOfFile.BLOCKED: {Fate.WITHOUT, Fate.HELD, Fate.TAKEN},
    ExpectedOfFile.LOCKED: {Fate.WITHOUT, Fate.HELD, Fate.TAKEN},
}


class Outcome(msgspec.Struct, frozen=True):
    """One line of the table."""

    name: str
    title_ja: str
    title_en: str
    expected: Expected | ExpectedOfFile
    fate: Fate
    item: str  #: number, "" when none
    detail: str  #: reply, reason of the hold, or findings
    remaining: tuple[str, ...] = ()  #: must have vanished, and did not
    missing: tuple[str, ...] = ()  #: must have stayed, and did not
    unreported: tuple[str, ...] = ()  #: one of these threats should have been in the report, and none is
    unnamed: str = ""  #: a file that stayed behind and that the notice does not name
    as_expected: bool = False


def outcome(sample: Sample, sent: Sent, item: Item | None, arrival: Arrival | None) -> Outcome:
    """`arrival` is what arrived of it, None when nothing did."""
    fate = _fate(sent, item)
    arrived = fate is not Fate.DELIVERED or arrival is not None
    parts = item.report.parts if item and item.report else ()
    found = Attached()
    if isinstance(sample, FileSample):
        found = attached(sample, parts, arrival)
        parts = found.parts
        if fate is Fate.DELIVERED and not found.went_on:
            fate = Fate.WITHOUT
    about = sample.description
    told = Outcome(
        name=sample.name,
        title_ja=about.title_ja,
        title_en=about.title_en,
        expected=about.expect,
        fate=fate,
        item=item.id if item else "",
        detail=_detail(sent, item, parts),
        remaining=tuple(word for word in about.must_vanish if arrival and arrival.holds(word)),
        missing=_missing(sample, fate, arrival, found),
        unreported=_unreported(sample, item, parts),
        unnamed=found.unnamed if fate is Fate.WITHOUT else "",
    )
    amiss = told.remaining or told.missing or told.unreported or told.unnamed
    return msgspec.structs.replace(told, as_expected=fate in _FITTING[about.expect] and arrived and not amiss)


def _fate(sent: Sent, item: Item | None) -> Fate:
    if sent.failed or sent.answers > 1:
        return Fate.FAILED
    if not sent.taken:
        return Fate.REFUSED
    return Fate.TAKEN if item is None else _OF_STATES.get(item.state, Fate.PENDING)


def _missing(sample: Sample, fate: Fate, arrival: Arrival | None, found: Attached) -> tuple[str, ...]:
    if fate is not Fate.DELIVERED or arrival is None:
        return ()
    if isinstance(sample, MailSample):
        return tuple(word for word in sample.description.must_stay if word not in arrival.seen)
    return found.missing


def _unreported(sample: Sample, item: Item | None, parts: tuple[PartReport, ...]) -> tuple[str, ...]:
    """The threats of which the report should name at least one, when it names none of them."""
    wanted = sample.description.findings
    if not wanted or item is None:
        return ()
    named = {finding.threat for part in parts for finding in part.findings}
    return () if named & set(wanted) else tuple(threat.value for threat in wanted)


def _detail(sent: Sent, item: Item | None, parts: tuple[PartReport, ...]) -> str:
    if item is None:
        return sent.reply if sent.answers == 1 else f"{sent.answers} answers: read as more than one mail"
    if item.state is not ItemState.DELIVERED and item.decision:
        return item.decision.reason
    return ", ".join(sorted({finding.threat.value for part in parts for finding in part.findings}))
