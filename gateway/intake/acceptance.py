"""From an envelope to items: recipients whose rules differ make separate items of one mail; a file is one item."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from gateway.model import Channel, Direction, Envelope, Recipient
from gateway.store.blobs import Spool
from gateway.store.drafts import Draft
from gateway.store.rows import NAME_CHARACTERS
from gateway.store.transfer_errors import MixedProfiles
from sanitizers.rules import Assignment, Rules

_LONGEST_EXTENSION = 16  # of a name that is cut
DEFAULT_PROFILE = "standard"  # of recipients that no assignment names; the settings check makes sure that it exists


class Keeps(Protocol):
    """The part of the store that acceptance needs."""

    async def accept(self, drafts: Sequence[Draft], spool: Spool) -> tuple[str, ...]:
        """Returns only when everything is on disk."""


class Acceptance:
    """What the intake calls for each mail; once it returns, the mail is kept and 250 may be said."""

    def __init__(self, store: Keeps, rules: Rules, on_kept: Callable[[], None]) -> None:
        self._store = store
        self._assignments = Assignments(rules)
        self._on_kept = on_kept

    async def __call__(self, envelope: Envelope, spool: Spool) -> tuple[str, ...]:
        """Item numbers. Raises what the store raises: StoreFull (452), StoreUnavailable (451)."""
        ids = await self._store.accept(self._drafts(envelope), spool)
        self._on_kept()
        return ids

    def _drafts(self, envelope: Envelope) -> list[Draft]:
        by_profile: dict[str, list[Recipient]] = {}
        for recipient in envelope.recipients:
            profile = self._assignments.profile(recipient.address, envelope.direction)
            by_profile.setdefault(profile, []).append(recipient)
        if len(by_profile) == 1:
            return [Draft(Channel.SMTP, next(iter(by_profile)), envelope)]
        return [
            Draft(Channel.SMTP, profile, msgspec.structs.replace(envelope, recipients=tuple(recipients)))
            for profile, recipients in by_profile.items()
        ]


class FileAcceptance:
    """What every way in for files calls; once it returns, the file is kept and will be cleaned."""

    def __init__(self, store: Keeps, rules: Rules, on_kept: Callable[[], None]) -> None:
        self._store = store
        self._assignments = Assignments(rules)
        self._on_kept = on_kept

    async def __call__(
        self, channel: Channel, envelope: Envelope, spool: Spool, name: str, *, profile: str = "", group: str = ""
    ) -> str:
        """The item's number. Raises MixedProfiles, and what the store raises: StoreFull, StoreUnavailable."""
        draft = self.draft(channel, envelope, name, profile=profile, group=group)
        (item_id,) = await self._store.accept([draft], spool)
        self._on_kept()
        return item_id

    def draft(self, channel: Channel, envelope: Envelope, name: str, *, profile: str = "", group: str = "") -> Draft:
        """`name` without folders, as claimed; `profile` "" is the recipients'. Raises MixedProfiles."""
        return Draft(channel, profile or self.profile(envelope), envelope, fitting(name), group)

    def profile(self, envelope: Envelope) -> str:
        """Of all recipients of a file. Raises MixedProfiles."""
        found = {self._assignments.profile(each.address, envelope.direction) for each in envelope.recipients}
        if len(found) != 1:
            raise MixedProfiles
        return found.pop()


def fitting(name: str) -> str:
    """A claimed name as long as it may be, with its extension."""
    if len(name) <= NAME_CHARACTERS:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > _LONGEST_EXTENSION:
        return name[:NAME_CHARACTERS]
    return stem[: NAME_CHARACTERS - len(extension) - 1] + dot + extension


class Assignments:
    """The rules' assignments, ready to be asked often."""

    def __init__(self, rules: Rules) -> None:
        self._patterns = tuple(_Patterns(assignment) for assignment in rules.assignments)

    def profile(self, address: str, direction: Direction) -> str:
        """The first that matches."""
        lowered = address.lower()
        domain = "*@" + lowered.rpartition("@")[2]
        for patterns in self._patterns:
            if patterns.match(lowered, domain, direction):
                return patterns.profile
        return DEFAULT_PROFILE


class _Patterns:
    """An assignment made ready to be asked often."""

    def __init__(self, assignment: Assignment) -> None:
        self.profile = assignment.profile
        self._addresses = frozenset(pattern.lower() for pattern in assignment.recipients)
        self._direction = assignment.direction

    def match(self, address: str, domain: str, direction: Direction) -> bool:
        """`address` and `domain` ("*@example.jp") in lower case."""
        if self._direction not in {"any", direction.value}:
            return False
        return "*" in self._addresses or domain in self._addresses or address in self._addresses
