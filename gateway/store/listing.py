"""Pages of items, in bounded time however many there are.

Whatever is rarer leads: the matches of the index while there are few of them, the items in the wanted states while
those are few, and when both are many the list itself is gone through in order, since then what is sought turns up soon.
A page that would still need too many steps ends short, and says where to go on.
"""

import base64
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, bindparam, collate, func, or_, select

from gateway.store import asking, light, sought
from gateway.store.asking import FIRST, LAST
from gateway.store.errors import BadCursor
from gateway.store.queries import Counted, Page, Query, Sort
from gateway.store.schema import items

#: Matches that are counted one by one, and those that are sorted by what the index does not know.
COUNTED_TO, SORTED_TO = 2_000, 20_000
#: Numbers that are looked at in one step while a list is gone through, and the steps that a page may take.
_STEP, _STEPS = 1_000, 20
_MOST_ON_A_PAGE = 500

#: What a list is ordered by: (value, number).
Key = tuple[int | str, int]


class _Order(msgspec.Struct, frozen=True):
    """How a list runs: by which column besides the number, and whether that, and the number, fall or rise."""

    column: ColumnElement[Any] | None
    column_falls: bool
    number_falls: bool


_ORDERS = {
    Sort.NEWEST: _Order(None, column_falls=True, number_falls=True),
    Sort.OLDEST: _Order(None, column_falls=False, number_falls=False),
    Sort.SIZE: _Order(items.c.original_size, column_falls=True, number_falls=True),
    Sort.SENDER: _Order(items.c.mail_from, column_falls=False, number_falls=True),
}


class _Found(msgspec.Struct, frozen=True):
    """Keys in order, and whether the search went as far as there is anything."""

    keys: list[Key]
    complete: bool
    reached: Key | None = None  #: how far, when it is not complete


def search(connection: Connection, query: Query) -> Page:
    """A page, the next one's cursor and the total. Raises BadCursor."""
    scope = query.scope
    if frozenset() in {scope.domains, scope.addresses} and not (scope.domains or scope.addresses):
        return Page((), "", 0, Counted.EXACT)
    limit = min(query.limit, _MOST_ON_A_PAGE)
    looking = _Search(connection, msgspec.structs.replace(query, limit=limit))
    found = looking.page()
    keys = found.keys[:limit]
    if len(found.keys) > limit:
        last: Key | None = keys[-1]
    else:
        last = None if found.complete else found.reached
    rows = light.rows(connection, [number for _, number in keys])
    total, counted = looking.total
    return Page(rows, "" if last is None else cursor(query.sort, last), total, counted)


def numbers(connection: Connection, query: Query) -> list[int]:
    """The numbers of one page, however large."""
    return [number for _, number in _Search(connection, query).page().keys[: query.limit]]


def cursor(sort: Sort, key: Key) -> str:
    """The mark of a page that begins behind an item."""
    return base64.urlsafe_b64encode(msgspec.json.encode(_Cursor(sort, *key))).decode().rstrip("=")


class _Search:
    """One search within one transaction."""

    def __init__(self, connection: Connection, query: Query) -> None:
        self._connection = connection
        self._query = query
        self._sought = sought.sought(query)
        self._low, self._high = sought.bounds(query)
        self._order = _ORDERS[query.sort]
        self._after = _key_after(query)
        self._wanted = query.limit + 1
        self.total = (0, Counted.EXACT)

    def page(self) -> _Found:
        if self._sought.everything:
            self.total = self._count_items()
            return _Found(self._listed(), complete=True)
        found = self._indexed()
        if not sought.may_be_uncleaned(self._query):
            return found
        uncleaned = sought.uncleaned(self._query)
        waiting = self._ordered(uncleaned)
        self.total = _at_most(self.total[0] + self._count(uncleaned))
        keys = self._sorted([*found.keys, *waiting])
        if not found.complete and found.reached is not None:
            reached = found.reached
            keys = [key for key in keys if key in found.keys or self._sorted([key, reached])[0] == key]
        return msgspec.structs.replace(found, keys=keys)

    # Without the index

    def _listed(self) -> list[Key]:
        states = self._query.states
        if self._order.column is None:
            if not states:
                return self._ordered([])
            # One after the other: each is a stretch of an index that is in order.
            found = [key for state in states for key in self._ordered([items.c.state == state.value])]
            return self._sorted(found)[: self._wanted]
        few = self._few_items()
        return self._ordered(self._in_wanted_state() if few is None else [_these(few)])

    def _few_items(self) -> list[int] | None:
        """The numbers of the items in the wanted states and times, when they are few."""
        if not self._query.states and self._low == FIRST and self._high == LAST:
            return None
        found: list[int] = []
        for condition in self._one_by_one():
            chosen = select(items.c.number).where(*condition, *self._between())
            found += self._connection.execute(chosen.order_by(items.c.number.desc()).limit(COUNTED_TO + 1)).scalars()
            if len(found) > COUNTED_TO:
                return None
        return found

    def _one_by_one(self) -> list[list[ColumnElement[bool]]]:
        return [[items.c.state == state.value] for state in self._query.states] or [[]]

    def _count_items(self) -> tuple[int, Counted]:
        return _at_most(sum(self._count(condition) for condition in self._one_by_one()))

    def _count(self, conditions: Sequence[ColumnElement[bool]]) -> int:
        few = select(items.c.number).where(*conditions, *self._between()).limit(COUNTED_TO).subquery()
        return self._connection.execute(select(func.count()).select_from(few)).scalar_one()

    # With the index

    def _indexed(self) -> _Found:
        most = COUNTED_TO if self._order.column is None else SORTED_TO
        few = asking.numbers(self._connection, self._sought, self._low, self._high, most + 1)
        if len(few) <= most:
            return self._among(few)
        rare = self._few_items() if self._query.states else None
        if rare is not None:
            return self._among(sorted(asking.those_of(self._connection, self._sought, rare), reverse=True))
        self.total = (COUNTED_TO, Counted.AT_LEAST)
        if self._order.column is None:
            return self._walk(self._next_matches, self._in_states)
        return self._walk(self._next_items, self._matching)

    def _among(self, few: Sequence[int]) -> _Found:
        """The page of these; the total is exact."""
        states = [items.c.state.in_([state.value for state in self._query.states])] if self._query.states else []
        if not states:
            self.total = _at_most(len(few))
        else:
            counted = select(func.count()).select_from(items).where(_these(few), *states)
            self.total = _at_most(self._connection.execute(counted).scalar_one())
        if not states and self._order.column is None:
            keys = self._sorted([(0, number) for number in few])
            return _Found([key for key in keys if self._is_after(key)][: self._wanted], complete=True)
        return _Found(self._ordered([_these(few), *states]), complete=True)

    def _walk(self, next_keys: Callable[[Key | None], list[Key]], keep: Callable[[Sequence[Key]], list[Key]]) -> _Found:
        """Step by step through a list that is in order, keeping what fits, until the page is full."""
        found: list[Key] = []
        at = self._after
        for _ in range(_STEPS):
            keys = next_keys(at)
            found += keep(keys)
            if len(found) >= self._wanted:
                return _Found(found[: self._wanted], complete=True)
            if len(keys) < _STEP:
                return _Found(found, complete=True)
            at = keys[-1]
        return _Found(found, complete=False, reached=at)

    def _next_matches(self, at: Key | None) -> list[Key]:
        low, high = self._low, self._high
        if at is not None:
            low, high = (low, min(high, at[1])) if self._order.number_falls else (max(low, at[1]), high)
        oldest = not self._order.number_falls
        step = _STEP if self._query.states else max(self._wanted, 1)
        found = asking.numbers(self._connection, self._sought, low, high, step, oldest=oldest)
        return [(0, number) for number in found]

    def _in_states(self, keys: Sequence[Key]) -> list[Key]:
        if not self._query.states:
            return list(keys)
        states = [state.value for state in self._query.states]
        chosen = select(items.c.number).where(_these([number for _, number in keys]), items.c.state.in_(states))
        fitting = set(self._connection.execute(chosen).scalars())
        return [key for key in keys if key[1] in fitting]

    def _next_items(self, at: Key | None) -> list[Key]:
        return self._ordered(self._in_wanted_state(), after=at, limit=_STEP)

    def _in_wanted_state(self) -> list[ColumnElement[bool]]:
        """As a condition that no index answers: the list's own order leads."""
        states = [state.value for state in self._query.states]
        return [items.c.state.concat("").in_(states)] if states else []

    def _matching(self, keys: Sequence[Key]) -> list[Key]:
        fitting = asking.those_of(self._connection, self._sought, [number for _, number in keys])
        return [key for key in keys if key[1] in fitting]

    # Order

    def _between(self) -> list[ColumnElement[bool]]:
        conditions = [items.c.number > self._low] if self._low > FIRST else []
        return [*conditions, items.c.number < self._high] if self._high < LAST else conditions

    def _ordered(
        self, conditions: Sequence[ColumnElement[bool]], after: Key | None = None, limit: int | None = None
    ) -> list[Key]:
        """Keys of items under these conditions, in order, behind a key (the query's cursor if none is given)."""
        return [
            (0, row[0]) if self._order.column is None else (row[1], row[0])
            for row in self._connection.execute(
                self._statement(conditions, after or self._after, limit or self._wanted)
            )
        ]

    def _statement(
        self, conditions: Sequence[ColumnElement[bool]], after: Key | None, limit: int
    ) -> Select[*tuple[Any, ...]]:
        order, number = self._order, items.c.number
        by_number = number.desc() if order.number_falls else number.asc()
        if order.column is None:
            behind = [] if after is None else [_behind(number, after[1], falls=order.number_falls)]
            return select(number).where(*conditions, *self._between(), *behind).order_by(by_number).limit(limit)
        column = self._comparable(order.column)
        by_column = column.desc() if order.column_falls else column.asc()
        between = [] if self._low == FIRST and self._high == LAST else [(number + 0).between(self._low, self._high)]
        chosen = select(number, order.column).where(*conditions, *between)
        if after is not None:
            at = column <= after[0] if order.column_falls else column >= after[0]
            further = _behind(column, after[0], falls=order.column_falls)
            chosen = chosen.where(at, or_(further, _behind(number, after[1], falls=order.number_falls)))
        return chosen.order_by(by_column, by_number).limit(limit)

    def _comparable(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        # By code points, as here and in SQLite; PostgreSQL would compare by the customs of its locale.
        is_text = column is items.c.mail_from and self._connection.dialect.name == "postgresql"
        return collate(column, "C") if is_text else column

    def _sorted(self, keys: Iterable[Key]) -> list[Key]:
        order = self._order
        by_number = sorted(keys, key=lambda key: key[1], reverse=order.number_falls)
        return sorted(by_number, key=lambda key: key[0], reverse=order.column_falls)

    def _is_after(self, key: Key) -> bool:
        return self._after is None or (key != self._after and self._sorted([self._after, key])[0] == self._after)


def _behind(column: ColumnElement[Any], value: int | str, *, falls: bool) -> ColumnElement[bool]:
    return column < value if falls else column > value


def _these(numbers: Sequence[int]) -> ColumnElement[bool]:
    # Written out: they are numbers, and thousands of parameters cost more than the search.
    return items.c.number.in_(bindparam(None, list(numbers), expanding=True, literal_execute=True))


def _at_most(total: int) -> tuple[int, Counted]:
    return (COUNTED_TO, Counted.AT_LEAST) if total >= COUNTED_TO else (total, Counted.EXACT)


class _Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    sort: Sort
    value: int | str
    number: int


def _key_after(query: Query) -> Key | None:
    if not query.after:
        return None
    try:
        data = base64.b64decode(query.after + "=" * (-len(query.after) % 4), altchars=b"-_", validate=True)
        at = msgspec.json.decode(data, type=_Cursor)
    except ValueError as error:
        raise BadCursor from error
    is_text = query.sort is Sort.SENDER
    value = len(at.value) if isinstance(at.value, str) else at.value
    if at.sort is not query.sort or isinstance(at.value, str) is not is_text:
        raise BadCursor
    if not (FIRST < at.number < LAST and FIRST < value < LAST):
        raise BadCursor
    return at.value, at.number
