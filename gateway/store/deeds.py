"""Changes that are rare and small: each is one function on the writer's transaction, done one after the other."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from gateway.store.errors import StoreError
from gateway.store.writer import Transaction

Answer = TypeVar("Answer")
Deed = Callable[[Transaction], Any]


class Doing(Protocol):
    """How a room of the store gets its changes into the writer's transactions."""

    def __call__(self, deed: Callable[[Transaction], Answer]) -> Awaitable[Answer]:
        """What the deed gave, once it is on disk; raises what it raised, and then nothing has changed."""


class Reading(Protocol):
    """How a room of the store reads."""

    def __call__(self, work: Callable[[Connection], Answer]) -> Awaitable[Answer]:
        """What the work gave, in a transaction that sees one moment."""


def one_by_one(transaction: Transaction, deeds: Sequence[Deed]) -> list[Any | StoreError]:
    """A deed raises StoreError only before it has written anything: its neighbours' writing stands."""
    return [_outcome(transaction, deed) for deed in deeds]


def _outcome(transaction: Transaction, deed: Deed) -> Any | StoreError:
    try:
        return deed(transaction)
    except StoreError as refusal:
        return refusal
