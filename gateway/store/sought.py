"""From a query to what the index, and the table of items, is asked."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, exists, false, func, or_

from gateway.access.model import Scope
from gateway.model import Direction, ItemState
from gateway.store import indexing, reach
from gateway.store.asking import FIRST, LAST, Sought, Words
from gateway.store.grams import Phrase, phrases
from gateway.store.queries import Query
from gateway.store.rows import NUMBERS, to_microseconds
from gateway.store.schema import items, recipients

_EVERY_TEXT = tuple(range(len(indexing.TEXTS)))
_RECIPIENTS = indexing.TEXTS.index("recipients")
#: Fields of a query and the columns of the index that they are sought in.
_FIELDS = (
    ("text", _EVERY_TEXT),
    ("sender", (1, 2)),
    ("mail_from", (2,)),
    ("header_from", (1,)),
    ("recipient", (3,)),
    ("subject", (0,)),
)
#: Fields that only cleaning fills: an item that is not cleaned cannot match them.
_AFTER_CLEANING = ("subject", "header_from", "verdict", "finding", "outcome", "type")


def sought(query: Query) -> Sought:
    """What a query asks of the index."""
    words = [
        Words(phrase, _seen_in(columns, query))
        for field, columns in _FIELDS
        for phrase in phrases(getattr(query, field))
        if not _narrows_nothing(phrase)
    ]
    return Sought(tuple(words), tuple(_marks(query)))


def left_out(query: Query) -> tuple[str, ...]:
    """Words of a query that it does not look for, as they are compared."""
    texts = (getattr(query, field) for field, _columns in _FIELDS)
    return tuple(phrase.grams[0] for text in texts for phrase in phrases(text) if _narrows_nothing(phrase))


def _seen_in(columns: tuple[int, ...], query: Query) -> tuple[int, ...]:
    """A text finds a recipient by the others of their mail no more than its page shows these: some are blind copies."""
    return columns if query.scope.addresses is None else tuple(set(columns) - {_RECIPIENTS}) or columns


def _narrows_nothing(phrase: Phrase) -> bool:
    """A single letter or digit is in nearly every address and number; to look for it would only be slow."""
    return phrase.beginning and len(phrase.grams[0]) == 1 and phrase.grams[0].isascii() and phrase.grams[0].isalnum()


def _marks(query: Query) -> Iterable[tuple[str, ...]]:
    facts: tuple[tuple[Callable[[Any], str], str | None], ...] = (
        (indexing.direction_mark, query.direction),
        (indexing.verdict_mark, query.verdict),
        (indexing.threat_mark, query.finding),
        (indexing.outcome_mark, query.outcome),
        (indexing.type_mark, query.type),
        (indexing.digest_mark, _hexadecimal(query.sha256)),
        (indexing.follows_mark, query.follows.upper()),
    )
    for marked, value in facts:
        if value:
            yield (marked(value),)
    if query.channels:
        yield tuple(indexing.channel_mark(channel.value) for channel in sorted(query.channels))
    if query.recipient and query.scope.addresses is not None:
        yield (indexing.direction_mark(Direction.OUTBOUND),)  # of what they sent they know the recipients
    if not reach.unlimited(query.scope):
        yield tuple(scope_marks(query.scope))


def _hexadecimal(text: str) -> str:
    """The digest that somebody typed; nothing that is none is ever found."""
    plain = text.strip().lower()
    return plain if not plain or re.fullmatch("[0-9a-f]{32,64}", plain) else "none"


def scope_marks(scope: Scope) -> list[str]:
    """Any of these says that an item is within a scope."""
    domains = [indexing.domain_mark(domain) for domain in sorted(scope.domains or ())]
    return domains + [indexing.address_mark(address) for address in sorted(scope.addresses or ())]


def bounds(query: Query) -> tuple[int, int]:
    """The numbers between which (neither included) a query's times lie."""
    since = FIRST if query.since is None else to_microseconds(query.since) * NUMBERS - 1
    until = LAST if query.until is None else to_microseconds(query.until) * NUMBERS
    return min(max(since, FIRST), LAST), min(max(until, FIRST), LAST)


# Items that are not cleaned yet are not in the index.


def may_be_uncleaned(query: Query) -> bool:
    """Whether an item that is RECEIVED could be what is sought."""
    return (not query.states or ItemState.RECEIVED in query.states) and not any(
        getattr(query, field) for field in _AFTER_CLEANING
    )


def uncleaned(query: Query) -> list[ColumnElement[bool]]:
    """Conditions on the row of an item that is RECEIVED."""
    conditions: list[ColumnElement[bool]] = [items.c.state == ItemState.RECEIVED.value]
    sender = (items.c.mail_from, items.c.header_from)
    a_recipient_asks = query.scope.addresses is not None
    for field, columns in (
        ("text", (items.c.id, items.c.subject, *sender)),
        ("sender", sender),
        ("mail_from", sender[:1]),
    ):
        for word in getattr(query, field).split():
            anywhere = [_holds(column, word) for column in columns]
            everyone = field == "text" and not a_recipient_asks
            conditions.append(or_(*anywhere, _sent_to(word)) if everyone else or_(*anywhere))
    conditions += [_sent_to(word) for word in query.recipient.split()]
    if query.recipient and a_recipient_asks:
        conditions.append(items.c.direction == Direction.OUTBOUND.value)
    exact = (
        (items.c.direction, query.direction),
        (items.c.original_sha256, _hexadecimal(query.sha256)),
        (items.c.follows, query.follows.upper()),
    )
    conditions += [column == str(value) for column, value in exact if value]
    if query.channels:
        conditions.append(items.c.channel.in_([channel.value for channel in sorted(query.channels)]))
    if not reach.unlimited(query.scope):
        conditions.append(within(query.scope))
    return conditions


def _holds(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return column.icontains(word.replace("\0", ""), autoescape=True)


def _sent_to(word: str) -> ColumnElement[bool]:
    return exists().where(recipients.c.item_id == items.c.id, _holds(recipients.c.address, word))


def within(scope: Scope) -> ColumnElement[bool]:
    """Whether the row of an item is within a scope, by its addresses; for a few rows only."""
    inward = items.c.direction == Direction.INBOUND.value
    recipient = exists().where(recipients.c.item_id == items.c.id, _is_of(recipients.c.address, scope))
    return or_(inward & recipient, ~inward & _is_of(items.c.mail_from, scope))


def _is_of(column: ColumnElement[str], scope: Scope) -> ColumnElement[bool]:
    address = func.lower(column)
    ends = [address.endswith(f"@{domain}", autoescape=True) for domain in sorted(scope.domains or ())]
    exact = [address.in_(sorted(scope.addresses))] if scope.addresses else []
    return or_(false(), *ends, *exact)
