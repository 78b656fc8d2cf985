"""JSON: every token matched against RFC 8259 and written again; numbers keep their spelling, members their order."""

import json
import re
from collections.abc import Iterator
from typing import Final

from sanitizers.links import strip_deceptive_controls
from sanitizers.model import Action, CannotSanitize, Finding, Severity, Threat

MOST_LEVELS: Final = 512  #: of lists and objects inside each other; readers give up not much later

_PIECE: Final = re.compile(
    r"(?P<blank>[ \t\n\r]++)"
    r"|(?P<mark>[{}\[\],:])"
    r"|(?P<string>\"[^\"\\\x00-\x1f]*+(?:\\(?:[\"\\/bfnrt]|u[0-9A-Fa-f]{4})[^\"\\\x00-\x1f]*+)*+\")"
    r"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+)(?![\w.])"
    r"|(?P<word>(?:true|false|null))(?!\w)"
    r"|(?P<nothing>-?(?:NaN|Infinity))(?!\w)"  # what some programs write although JSON has no word for it
)


class NotJson(Exception):
    """The text is not JSON, nor one JSON value a line."""


class _Level:
    """A list or an object that is open."""

    __slots__ = ("is_object", "members", "starts")

    def __init__(self, *, is_object: bool) -> None:
        self.is_object = is_object
        self.members: dict[str, int] = {}  # name → which member
        self.starts: list[int] = []  # where each member begins in what is written


class _Writer:
    """Takes tokens in order; knows what may come next."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.levels: list[_Level] = []
        self.expected = "value"  # value, first (or an end), key, first-key (or an end), colon, comma (or an end), done
        self.values = 0
        self.inner_lines = False  # a value goes on over several lines
        self.new_line = True  # since the last value
        self.hidden: dict[str, Finding] = {}
        self.repeated = 0
        self.no_numbers = 0

    def blank(self, piece: str) -> None:
        self.written.append(piece)
        if "\n" in piece:
            self.new_line = True
            self.inner_lines = self.inner_lines or bool(self.levels)

    def string(self, piece: str) -> None:
        if self.expected in {"key", "first-key"}:
            self._key(piece)
        else:
            self._value()
            self.written.append(self._shown(piece))

    def number(self, piece: str) -> None:
        self._value()
        self.written.append(piece)

    word = number

    def nothing(self, _token: str) -> None:
        self._value()
        self.no_numbers += 1
        self.written.append("null")

    def mark(self, piece: str) -> None:
        if piece in "{[":
            self._value()
            self._open(piece)
        elif piece in "}]":
            self._close(piece)
        elif piece == ":":
            self._step("colon", "value")
        elif self.levels:
            self._step("comma", "key" if self.levels[-1].is_object else "value")
        else:
            raise NotJson
        self.written.append(piece)

    def _step(self, needed: str, following: str) -> None:
        if self.expected != needed:
            raise NotJson
        self.expected = following

    def _value(self) -> None:
        if self.expected == "done" and self.new_line:
            self.expected = "value"  # JSON Lines: the next value, on a line of its own
        if self.expected not in {"value", "first"}:
            raise NotJson
        if not self.levels:
            self.values += 1
            self.new_line = False
        self.expected = "comma" if self.levels else "done"

    def _open(self, piece: str) -> None:
        if len(self.levels) >= MOST_LEVELS:
            detail = f"more than {MOST_LEVELS} lists and objects inside each other"
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, detail)
        self.levels.append(_Level(is_object=piece == "{"))
        self.expected = "first-key" if piece == "{" else "first"

    def _close(self, piece: str) -> None:
        may_end = {"}": {"first-key", "comma"}, "]": {"first", "comma"}}[piece]
        if not self.levels or self.levels[-1].is_object != (piece == "}") or self.expected not in may_end:
            raise NotJson
        self.levels.pop()
        self.expected = "comma" if self.levels else "done"

    def _key(self, piece: str) -> None:
        level = self.levels[-1]
        shown = self._shown(piece)
        name = json.loads(shown) if "\\" in shown else shown[1:-1]
        earlier = level.members.get(name)
        level.starts.append(len(self.written))
        if earlier is not None:  # most readers take the last
            self.repeated += 1
            first, after = level.starts[earlier], level.starts[earlier + 1]
            self.written[first:after] = [""] * (after - first)
        level.members[name] = len(level.starts) - 1
        self.written.append(shown)
        self.expected = "colon"

    def _shown(self, piece: str) -> str:
        """The string as it was, or without what an escape hid in it."""
        if "\\u" not in piece:
            return piece
        value = json.loads(piece)
        shown, findings = strip_deceptive_controls(value)
        for found in findings:
            self.hidden.setdefault(found.detail.partition(" ")[2], found)
        return json.dumps(shown, ensure_ascii=False) if findings else piece


def rebuilt_json(text: str) -> tuple[str, tuple[Finding, ...]]:
    """The same values, written anew; raises NotJson, CannotSanitize."""
    writer = _Writer()
    place = 0
    while piece := _PIECE.match(text, place):
        place = piece.end()
        getattr(writer, piece.lastgroup or "")(piece[0])
    if place < len(text) or writer.levels or writer.expected != "done" or (writer.values > 1 and writer.inner_lines):
        raise NotJson
    return "".join(writer.written), tuple(_findings(writer))


def _findings(writer: _Writer) -> Iterator[Finding]:
    for kind, found in writer.hidden.items():
        yield Finding(found.threat, found.severity, found.action, "strings", f"{kind} behind escapes")
    if writer.repeated:
        detail = f"{writer.repeated} members whose name comes again: the last of each stays"
        yield Finding(Threat.DECEPTION, Severity.WARNING, Action.REMOVED, "objects", detail)
    if writer.no_numbers:
        detail = f"{writer.no_numbers} values that JSON does not have (NaN, Infinity), written as null"
        yield Finding(Threat.MALFORMED, Severity.NOTE, Action.REWRITTEN, "values", detail)
