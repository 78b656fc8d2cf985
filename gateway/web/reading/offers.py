"""What a person can do with an item now: by its state, by their rights, by the rules of its profile. Pure."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

import msgspec

from gateway.access.model import Caller
from gateway.access.rights import Right, Role
from gateway.delivery import quarantine
from gateway.model import Item, ItemState
from sanitizers.model import Threat
from sanitizers.rules import Rules


class Deed(StrEnum):
    """Each has a page that says what will happen, and a button that does it; the value stands in the address."""

    RELEASE = "release"
    RELEASE_ORIGINAL = "release-original"
    DISCARD = "discard"
    CLEAN_AGAIN = "clean-again"
    HOLD = "hold"
    RETRY = "retry"
    UNLOCK = "unlock"
    ORIGINAL = "original"


_HELD: Final = frozenset({ItemState.HELD})
_UNDER_WAY: Final = frozenset({ItemState.CLEANED, ItemState.RELEASED, ItemState.DELIVERING})
#: In which states, and by which rights. The store has the last word on states.
DEEDS: Final[dict[Deed, tuple[frozenset[ItemState], frozenset[Right]]]] = {
    Deed.RELEASE: (_HELD, frozenset({Right.ITEMS_RELEASE})),
    Deed.UNLOCK: (_HELD, frozenset({Right.ITEMS_RELEASE})),
    Deed.CLEAN_AGAIN: (_HELD, frozenset({Right.ITEMS_RETRY})),
    Deed.RETRY: (frozenset({ItemState.DELIVERING}), frozenset({Right.ITEMS_RETRY})),
    Deed.HOLD: (_UNDER_WAY, frozenset({Right.ITEMS_HOLD})),
    Deed.DISCARD: (_HELD, frozenset({Right.ITEMS_DISCARD})),
    Deed.RELEASE_ORIGINAL: (_HELD, frozenset({Right.ITEMS_RELEASE, Right.ITEMS_ORIGINAL})),
    Deed.ORIGINAL: (frozenset(ItemState), frozenset({Right.ITEMS_ORIGINAL})),
}
#: Those that cannot be undone, or that let something dangerous out.
GRAVE: Final = frozenset({Deed.DISCARD, Deed.RELEASE_ORIGINAL, Deed.ORIGINAL})


class Offer(msgspec.Struct, frozen=True):
    """One deed that is possible now."""

    deed: Deed
    second_person: bool = False  #: it begins with a request to somebody else

    @property
    def grave(self) -> bool:
        """Whether to warn."""
        return self.deed in GRAVE


def offers(item: Item, caller: Caller, rules: Rules, *, locksmith: bool) -> list[Offer]:
    """In the order in which they are shown; `locksmith` says whether passwords can be tried here."""
    possible = [
        deed
        for deed, (states, rights) in DEEDS.items()
        if item.state in states and rights <= caller.rights and _makes_sense(deed, item, locksmith=locksmith)
    ]
    return [Offer(deed, needs_second_person(deed, item, rules)) for deed in possible]


def _makes_sense(deed: Deed, item: Item, *, locksmith: bool) -> bool:
    if deed is Deed.RELEASE:
        return item.clean is not None
    return deed is not Deed.UNLOCK or (locksmith and has(item, {Threat.ENCRYPTED}))


def needs_second_person(deed: Deed, item: Item, rules: Rules) -> bool:
    """Whether the rules ask for one."""
    original = deed is Deed.RELEASE_ORIGINAL
    return deed in {Deed.RELEASE, Deed.RELEASE_ORIGINAL} and (
        quarantine.waits_for_approval(item) or quarantine.needs_second_person(rules, item.profile, original=original)
    )


def has(item: Item, threats: Collection[Threat]) -> bool:
    """Whether one of these was found in it."""
    parts = item.report.parts if item.report else ()
    return any(found.threat in threats for part in parts for found in part.findings)


def needs_reason(caller: Caller) -> bool:
    """Whether content is shown only for a reason that is recorded."""
    return caller.person.role is Role.AUDITOR
