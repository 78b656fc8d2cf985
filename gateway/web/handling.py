"""What people do with items, for pages and API alike: within their scope, with a second person where rules ask so."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec

from gateway.access.model import Caller
from gateway.access.rights import Role
from gateway.delivery import quarantine
from gateway.model import Direction, Item, ItemState, Recipient
from gateway.store.approvals import person
from gateway.store.errors import (
    AlreadyAsked,
    BadCursor,
    BlobGone,
    LastAdministrator,
    LoginTaken,
    NameTaken,
    NoSuchApproval,
    NoSuchItem,
    NoSuchPerson,
    NoSuchSession,
    NothingToDeliver,
    OnItsWay,
    SamePerson,
    StoreError,
    WrongState,
)
from gateway.store.queries import Approval, ApprovalState, ItemRow, Wanted
from gateway.web.api.problem import FieldProblem, Problem
from gateway.web.health import Served

LONGEST_REASON: Final = 500  #: characters
#: What a recipient may look into: mail that went on to them, or does.
GOES_ON: Final = frozenset(
    {ItemState.CLEANED, ItemState.RELEASED, ItemState.DELIVERING, ItemState.DELIVERED, ItemState.BOUNCED}
)

#: What the store refuses, and the word for it that programs read.
REASONS: Final[dict[type[StoreError], tuple[str, str]]] = {
    NoSuchItem: ("not_found", ""),
    NoSuchApproval: ("not_found", ""),
    NoSuchPerson: ("not_found", ""),
    NoSuchSession: ("not_found", ""),
    WrongState: ("conflict", "wrong_state"),
    OnItsWay: ("conflict", "on_its_way"),
    NothingToDeliver: ("conflict", "nothing_to_deliver"),
    AlreadyAsked: ("conflict", "already_asked"),
    SamePerson: ("conflict", "same_person"),
    NameTaken: ("conflict", "name_taken"),
    LoginTaken: ("conflict", "login_taken"),
    LastAdministrator: ("conflict", "last_administrator"),
    BlobGone: ("gone", ""),
    BadCursor: ("invalid", "bad_cursor"),
}


class Handled(msgspec.Struct, frozen=True):
    """What came of it; an approval that is waiting means that nothing has happened yet."""

    item: Item
    approval: Approval | None = None

    @property
    def waits(self) -> bool:
        """For a second person."""
        return self.approval is not None and self.approval.state is ApprovalState.WAITING


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what the store refuses into a problem with its reason."""
    try:
        yield
    except StoreError as error:
        raise problem_of(error) from error


def problem_of(error: StoreError) -> Problem:
    """The most exact word for it."""
    for kind in type(error).__mro__:
        if kind in REASONS:
            word, reason = REASONS[kind]
            return Problem(word, str(error) if word == "conflict" else "", reason=reason)
    return Problem("unavailable", headers={"Retry-After": "10"})


class Handling:
    """Every method raises Problem: not_found also for an item that is not within the caller's scope."""

    def __init__(self, gateway: Served) -> None:
        self._gateway = gateway
        self._store = gateway.store

    async def item(self, caller: Caller, item_id: str) -> Item:
        """One item that the caller may see."""
        with refusals():
            found = await self._store.item(item_id, caller.scope)
        if found is None:
            raise Problem("not_found")
        return found

    async def content(self, caller: Caller, item_id: str, reason: str) -> tuple[Item, str]:
        """An item whose content the caller may look at, and the reason that goes on record with every look."""
        item, said = await self.item(caller, item_id), short(reason)
        if caller.person.role is Role.AUDITOR and not said:
            fields = (FieldProblem("reason", "an auditor gives a reason, which is recorded"),)
            raise Problem("invalid", reason="reason_needed", fields=fields)
        if caller.person.role is Role.USER and item.state not in GOES_ON:
            raise Problem("no_right", reason="held")
        return item, said

    async def release(self, caller: Caller, item_id: str, reason: str, *, original: bool = False) -> Handled:
        """Lets a held item go on, or asks for a second person where the profile wants one."""
        item, said = await self.item(caller, item_id), reason_of(reason)
        with refusals():
            try:
                released = await quarantine.release(
                    self._store, self._gateway.rules, item, caller.actor, said, original=original
                )
            except quarantine.SecondPersonNeeded:
                wanted = Wanted.ORIGINAL if original else Wanted.CLEAN
                asked = await self._store.approvals.ask(item.id, wanted, reason=said, actor=caller.actor)
                return Handled(item, asked)
        self._gateway.wake()
        return Handled(released)

    async def discard(self, caller: Caller, item_id: str, reason: str) -> Handled:
        """Ends a held item."""
        item = await self.item(caller, item_id)
        return Handled(await self._change(caller, item, ItemState.DISCARDED, reason_of(reason)))

    async def hold(self, caller: Caller, item_id: str, reason: str) -> Handled:
        """Keeps back what was not delivered yet."""
        item = await self.item(caller, item_id)
        return Handled(await self._change(caller, item, ItemState.HELD, reason_of(reason)))

    async def retry(self, caller: Caller, item_id: str, reason: str) -> Handled:
        """Tries the next hop at once."""
        item = await self.item(caller, item_id)
        return Handled(await self._change(caller, item, ItemState.DELIVERING, reason_of(reason)))

    async def clean_again(self, caller: Caller, item_id: str, reason: str) -> Handled:
        """Has a held item cleaned by the rules of now."""
        item = await self.item(caller, item_id)
        return Handled(await self._change(caller, item, ItemState.RECEIVED, reason_of(reason)))

    async def _change(self, caller: Caller, item: Item, to: ItemState, reason: str) -> Item:
        with refusals():
            changed = await self._store.change(item.id, to=to, actor=caller.actor, reason=reason)
        self._gateway.wake()
        return changed

    # A second person

    async def waiting(self, caller: Caller) -> list[Approval]:
        """Requests that nobody has decided."""
        with refusals():
            return shown_approvals(caller, await self._store.approvals.waiting(caller.scope))

    async def approvals_of(self, caller: Caller, item_id: str) -> list[Approval]:
        """All that were ever asked for an item."""
        item = await self.item(caller, item_id)
        with refusals():
            return shown_approvals(caller, await self._store.approvals.of(item.id))

    async def approve(self, caller: Caller, approval_id: str, reason: str = "") -> Handled:
        """Releases what somebody else asked for; by the link in a notice, whoever reads mail at that address."""
        found = await self.approval(caller, approval_id)
        if found.asked_by.casefold() == f"recipient:{caller.person.address}".casefold():
            raise problem_of(SamePerson())
        with refusals():
            item = await self._store.approvals.approve(approval_id, actor=caller.actor, answer=short(reason))
        self._gateway.wake()
        return Handled(item)

    async def refuse(self, caller: Caller, approval_id: str, reason: str) -> Approval:
        """The item stays held."""
        await self.approval(caller, approval_id)
        with refusals():
            return await self._store.approvals.refuse(approval_id, actor=caller.actor, answer=reason_of(reason))

    async def withdraw(self, caller: Caller, approval_id: str) -> Approval:
        """By whoever asked."""
        found = await self.approval(caller, approval_id)
        if person(found.asked_by) != person(caller.actor):
            raise Problem("no_right")
        with refusals():
            return await self._store.approvals.withdraw(approval_id, actor=caller.actor)

    async def approval(self, caller: Caller, approval_id: str) -> Approval:
        """One request about an item that the caller may see, whatever became of it."""
        with refusals():
            found = await self._store.approvals.get(approval_id, caller.scope)
        if found is None:
            raise Problem("not_found")
        return found


def shown_recipients(caller: Caller, item: Item) -> Sequence[Recipient]:
    """Whoever sees an item as a recipient does not see the others: some may be blind copies."""
    recipients, own = item.envelope.recipients, caller.scope.addresses
    if own is None or item.envelope.direction is Direction.OUTBOUND:
        return recipients
    return [each for each in recipients if each.address.lower() in own]


def shown_row(caller: Caller, row: ItemRow) -> ItemRow:
    """The same for a row of a list."""
    own = caller.scope.addresses
    if own is None or row.direction is Direction.OUTBOUND:
        return row
    mine = tuple(each for each in row.recipients if each.lower() in own) or tuple(sorted(own))
    return msgspec.structs.replace(row, recipients=mine, recipient_count=len(mine))


def shown_approvals(caller: Caller, approvals: Iterable[Approval]) -> list[Approval]:
    """A recipient sees what they asked for themselves: whoever else asked may be a blind copy. Who decided is ours."""
    own = caller.scope.addresses
    if own is None:
        return list(approvals)
    mine = {f"recipient:{address}" for address in own}
    return [msgspec.structs.replace(each, decided_by="") for each in approvals if each.asked_by.casefold() in mine]


def short(text: str) -> str:
    """What somebody typed, within bounds. Raises Problem."""
    if len(text) > LONGEST_REASON:
        raise Problem("invalid", fields=(FieldProblem("reason", f"{LONGEST_REASON} characters at most"),))
    return text.strip()


def reason_of(text: str) -> str:
    """A reason that is needed. Raises Problem."""
    said = short(text)
    if not said:
        raise Problem("invalid", fields=(FieldProblem("reason", "a reason is needed"),))
    return said
