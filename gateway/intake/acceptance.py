"""From an envelope to items: recipients whose rules differ make separate items of one original."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from gateway.model import Channel, Direction, Envelope, Recipient
from gateway.store.blobs import Spool
from gateway.store.drafts import Draft
from sanitizers.rules import Assignment, Rules

DEFAULT_PROFILE = "standard"  # of recipients that no assignment names; the settings check makes sure that it exists


class Keeps(Protocol):
    """The part of the store that acceptance needs."""

    async def accept(self, drafts: Sequence[Draft], spool: Spool) -> tuple[str, ...]:
        """Returns only when everything is on disk."""


class Acceptance:
    """What the intake calls for each mail; once it returns, the mail is kept and 250 may be said."""

    def __init__(self, store: Keeps, rules: Rules, on_kept: Callable[[], None]) -> None:
        self._store = store
        self._assignments = tuple(_Patterns(assignment) for assignment in rules.assignments)
        self._on_kept = on_kept

    async def __call__(self, envelope: Envelope, spool: Spool) -> tuple[str, ...]:
        """Item numbers. Raises what the store raises: StoreFull (452), StoreUnavailable (451)."""
        ids = await self._store.accept(self._drafts(envelope), spool)
        self._on_kept()
        return ids

    def _drafts(self, envelope: Envelope) -> list[Draft]:
        by_profile: dict[str, list[Recipient]] = {}
        for recipient in envelope.recipients:
            by_profile.setdefault(self._profile(recipient.address, envelope.direction), []).append(recipient)
        if len(by_profile) == 1:
            return [Draft(Channel.SMTP, next(iter(by_profile)), envelope)]
        return [
            Draft(Channel.SMTP, profile, msgspec.structs.replace(envelope, recipients=tuple(recipients)))
            for profile, recipients in by_profile.items()
        ]

    def _profile(self, address: str, direction: Direction) -> str:
        lowered = address.lower()
        domain = "*@" + lowered.rpartition("@")[2]
        for patterns in self._assignments:
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
