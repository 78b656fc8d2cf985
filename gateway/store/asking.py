"""Asking the index: which items hold these words and marks, newest or oldest first."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, bindparam, select, text

from gateway.model import Decision
from gateway.store import indexing
from gateway.store.drafts import Settlement
from gateway.store.grams import Phrase, folded
from gateway.store.schema import items, recipients
from sanitizers.model import Report
from sanitizers.rules import Verdict

#: All numbers there can be.
FIRST, LAST = -1, 2**63 - 1
# FTS5 reads what it has of every gram of a phrase, and those of "@city.example.jp" are in all items. So of a phrase
# of more than _LONG grams the rarest are sought first, as they are among _SAMPLE new items; if no more than
# _FEW items have those, the texts of these are looked at.
_LONG, _MORE, _SAMPLE, _FEW = 4, 2, 300, 1_000
_NEWEST = select(items.c.number).order_by(items.c.number.desc()).limit(1).offset(_SAMPLE)
_NEEDED = (
    "number", "id", "subject", "header_from", "mail_from", "direction", "channel", "original_sha256", "follows",
    "report",
)  # fmt: skip
_TEXTS = select(*(items.c[name] for name in _NEEDED)).where(items.c.number.in_(bindparam("numbers", expanding=True)))
_ADDRESSES = select(recipients.c.item_id, recipients.c.address).where(
    recipients.c.item_id.in_(bindparam("ids", expanding=True))
)
_NOTHING = Decision(Verdict.HOLD, "", "")  # its mark is not asked for here
_decode_report = msgspec.json.Decoder(Report).decode


class Words(msgspec.Struct, frozen=True):
    """One condition: a phrase in one of these columns."""

    phrase: Phrase
    columns: tuple[int, ...]


class Sought(msgspec.Struct, frozen=True):
    """What the index must hold of an item: all these words, and a mark of each group."""

    words: tuple[Words, ...]
    marks: tuple[tuple[str, ...], ...]

    @property
    def everything(self) -> bool:
        """There is nothing to ask the index for."""
        return not self.words and not self.marks


_MATCH = {
    # Said to the driver as it is. FTS5 goes through the numbers in order, either way, and stops when it has enough.
    "sqlite": "SELECT rowid FROM search WHERE search MATCH :match AND rowid > :low AND rowid < :high",
    "postgresql": (
        "SELECT number FROM search WHERE words @@ CAST(:match AS tsquery) AND number > :low AND number < :high"
    ),
}
_NUMBER = {"sqlite": "rowid", "postgresql": "number"}


def numbers(
    connection: Connection, what: Sought, low: int, high: int, limit: int, *, oldest: bool = False
) -> list[int]:
    """Numbers of indexed items between two others, newest (or oldest) first."""
    if connection.dialect.name == "sqlite" and any(_is_long(words) for words in what.words):
        few = _numbers(connection, _shortened(connection, what), low, high, _FEW + 1, oldest=oldest)
        if len(few) <= _FEW:
            fitting = _confirmed(connection, what, few)
            return [number for number in few if number in fitting][:limit]
    return _numbers(connection, what, low, high, limit, oldest=oldest)


def _numbers(connection: Connection, what: Sought, low: int, high: int, limit: int, *, oldest: bool) -> list[int]:
    name = connection.dialect.name
    order = "" if oldest else " DESC"
    statement = text(f"{_MATCH[name]} ORDER BY {_NUMBER[name]}{order} LIMIT :limit")
    values = {"match": _rendered(name, what), "low": low, "high": high, "limit": limit}
    return list(connection.execute(statement, values).scalars())


def _is_long(words: Words) -> bool:
    return len(words.phrase.grams) > _LONG


def _shortened(connection: Connection, what: Sought) -> Sought:
    """The same with little of each long phrase: what stands about its rarest gram, and two more grams that are rare."""
    newest = connection.execute(_NEWEST).scalar_one_or_none() or FIRST
    words: list[Words] = []
    for each in what.words:
        words += _rarest(connection, each, newest) if _is_long(each) else [each]
    return Sought(tuple(words), what.marks)


def _rarest(connection: Connection, long: Words, newest: int) -> list[Words]:
    grams = long.phrase.grams[:-1] if long.phrase.beginning else long.phrase.grams
    singles = [Words(Phrase((gram,), beginning=False), long.columns) for gram in grams]
    seen = [len(_numbers(connection, Sought((one,), ()), newest, LAST, _SAMPLE, oldest=False)) for one in singles]
    rarest, *others = sorted(range(len(grams)), key=lambda place: seen[place])
    first, end = max(rarest - 1, 0), rarest + 3
    apart = [place for place in others if not first <= place < end][:_MORE]
    about = Words(Phrase(grams[first:end], beginning=False), long.columns)
    return [about, *(singles[place] for place in apart)]


def _confirmed(connection: Connection, what: Sought, few: Sequence[int]) -> set[int]:
    """Those of a few items that hold all the long words as a whole."""
    long = [(_word(words.phrase), words.columns) for words in what.words if _is_long(words)]
    rows = connection.execute(_TEXTS, {"numbers": list(few)}).all()
    addresses: dict[str, list[str]] = {row.id: [] for row in rows}
    for item_id, address in connection.execute(_ADDRESSES, {"ids": list(addresses)}):
        addresses[item_id].append(address)
    fitting = set()
    for row in rows:
        report = None if row.report is None else _decode_report(row.report)
        settlement = None if report is None else Settlement(_NOTHING, None, report)
        entry = indexing.entry(row._asdict(), tuple(addresses[row.id]), settlement)
        parts = [folded(each) for each in indexing.texts(entry)]
        if all(any(word in part for column in columns for part in parts[column]) for word, columns in long):
            fitting.add(row.number)
    return fitting


def _word(phrase: Phrase) -> str:
    """The word whose grams these are."""
    *firsts, last = phrase.grams
    return "".join([gram[0] for gram in firsts]) + last


def those_of(connection: Connection, what: Sought, chosen: Sequence[int]) -> set[int]:
    """Which of these numbers match."""
    if not chosen:
        return set()
    name = connection.dialect.name
    own = text(f"{_MATCH[name]} AND {_NUMBER[name]} IN :chosen").bindparams(bindparam("chosen", expanding=True))
    values = {"match": _rendered(name, what), "low": FIRST, "high": LAST, "chosen": list(chosen)}
    return set(connection.execute(own, values).scalars())


def _rendered(dialect: str, what: Sought) -> str:
    return _fts5(what) if dialect == "sqlite" else _tsquery(what)


def _fts5(what: Sought) -> str:
    """https://www.sqlite.org/fts5.html#full_text_query_syntax; nothing that is sought holds a quotation mark."""
    terms = []
    for words in what.words:
        columns = " ".join([indexing.TEXTS[column] for column in words.columns])
        star = " *" if words.phrase.beginning else ""
        terms.append(f'{{{columns}}} : "{" ".join(words.phrase.grams)}"{star}')
    terms += ["{marks} : (" + " OR ".join([f'"{each}"' for each in group]) + ")" for group in what.marks]
    return " AND ".join(terms)


def _tsquery(what: Sought) -> str:
    """As in https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY ."""
    terms = [
        "(" + " | ".join([_row_of(words.phrase, column) for column in words.columns]) + ")" for words in what.words
    ]
    terms += ["(" + " | ".join([f"'{each}'" for each in group]) + ")" for group in what.marks]
    return " & ".join(terms)


def _row_of(phrase: Phrase, column: int) -> str:
    lexemes = [f"'{column}{gram}'" for gram in phrase.grams]
    if phrase.beginning:
        lexemes[-1] += ":*"
    return "(" + " <-> ".join(lexemes) + ")"
