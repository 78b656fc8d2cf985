"""A difference as two columns: what stood there before at the left, what goes out at the right, line beside line."""

from collections.abc import Iterable, Sequence

import msgspec

from sanitizers.views import Field, Run, Side


class Piece(msgspec.Struct, frozen=True):
    """A stretch of one side."""

    side: Side
    text: str


class Row(msgspec.Struct, frozen=True):
    """Lines that belong together."""

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]

    @property
    def changed(self) -> bool:
        """Whether the two sides differ."""
        return any(piece.side is not Side.SAME for piece in (*self.before, *self.after))


def rows(runs: Iterable[Run]) -> list[Row]:
    """A new row begins after every line end that both sides share, and where lines that one side has alone end."""
    found: list[Row] = []
    before: list[Piece] = []
    after: list[Piece] = []
    for run in runs:
        if run.side is not Side.SAME:
            (before if run.side is Side.REMOVED else after).append(Piece(run.side, run.text))
            continue
        if (before or after) and _at_line_end(before) and _at_line_end(after):
            found.append(Row(tuple(before), tuple(after)))
            before, after = [], []
        for line in run.text.splitlines(keepends=True):
            piece = Piece(Side.SAME, line)
            before.append(piece)
            after.append(piece)
            if line.endswith("\n"):
                found.append(Row(tuple(before), tuple(after)))
                before, after = [], []
    return [*found, Row(tuple(before), tuple(after))] if before or after else found


def _at_line_end(pieces: Sequence[Piece]) -> bool:
    return not pieces or pieces[-1].text.endswith("\n")


class FieldRow(msgspec.Struct, frozen=True):
    """One header field; "" where a side does not have it."""

    name: str
    before: str
    after: str
    raw: str
    cut: bool

    @property
    def kind(self) -> str:
        """same, changed, removed or added."""
        if not self.after:
            return "removed"
        if not self.before:
            return "added"
        return "same" if self.before == self.after else "changed"


def field_rows(before: Iterable[Field], after: Iterable[Field]) -> list[FieldRow]:
    """In the order in which they came; each is held beside the same that went out, else beside the next of its name."""
    came, left = list(before), list(after)
    matches: dict[int, Field] = {}
    for alike in (_same, _of_one_name):
        for number, field in enumerate(came):
            match = next((each for each in left if number not in matches and alike(field, each)), None)
            if match is not None:
                matches[number] = match
                left.remove(match)
    found = []
    for number, field in enumerate(came):
        match = matches.get(number)
        found.append(FieldRow(field.name, field.value, match.value if match else "", field.raw, field.cut))
    return [*found, *(FieldRow(each.name, "", each.value, "", each.cut) for each in left)]


def _same(one: Field, other: Field) -> bool:
    return _of_one_name(one, other) and one.value == other.value


def _of_one_name(one: Field, other: Field) -> bool:
    return one.name.casefold() == other.name.casefold()
