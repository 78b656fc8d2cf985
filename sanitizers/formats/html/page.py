"""The lines of text that an HTML page becomes: white space, line breaks, margins, quote marks and indents."""

import re

MAX_CHARACTERS = 20_000_000  #: of text written, marks and indents included
MAX_PREFIX = 60  #: columns of quote marks and indents; what is nested deeper gets no further ones

# Characters between which a line end in the source is no space (CSS Text 3, section 4.1.2): East Asian wide, full and
# half width, but not Hangul, which is written with spaces.
_EAST_ASIAN = (
    "\u2e80-\u3130\u3190-\u31ff\u3200-\u4dbf\u4e00-\ua4cf\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff9f\uffe0-\uffe6"
    "\U00016fe0-\U0001b2ff\U0001f200-\U0001f2ff\U00020000-\U0003fffd"
)
_BROKEN_LINE = re.compile(f"(?<=[{_EAST_ASIAN}])[ \t\r\f]*\n[ \t\r\f\n]*(?=[{_EAST_ASIAN}])")
_IS_EAST_ASIAN = re.compile(f"[{_EAST_ASIAN}]")
SPACE = " \t\n\r\f"  #: white space as HTML and CSS understand it: neither U+00A0 nor U+3000
_SPACES = re.compile("[ \t\n\r\f]+")
_UNEVEN = re.compile("[\t\n\r\f]|  ")
_OUR_MARKS = frozenset("■●・")
_MARKS = frozenset("■□◆◇●○◎★☆▼▲▶▷・※【")  #: a line that begins with one of these needs none of ours
_LINE_ENDS = re.compile("\r\n?|\n")


class TooLong(Exception):
    """The text would be longer than any page that a person reads."""


class Tape:
    """Everything written, in order, while someone wants to read it back (the words of a link)."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.readers = 0
        self.characters = 0  #: written in all

    def count(self, characters: int) -> None:
        """So many more are written, or are about to be."""
        self.characters += characters
        if self.characters > MAX_CHARACTERS:
            raise TooLong

    def record(self, piece: str) -> None:
        """Keep a piece when there is a reader; count it always."""
        self.count(len(piece))
        if self.readers:
            self.pieces.append(piece)

    def start(self) -> int:
        """Begin to read; the mark is for `stop`."""
        self.readers += 1
        return len(self.pieces)

    def stop(self, mark: int) -> str:
        """What was written since the mark."""
        self.readers -= 1
        text = "".join(self.pieces[mark:])
        if not self.readers:
            self.pieces.clear()
        return text


class Page:
    """Lines being written. A table cell gets a page of its own, which is put into the one around it later."""

    def __init__(self, tape: Tape) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self._tape = tape
        self._prefix = ""
        self._first: str | None = None  #: prefix of the next line only: with a list mark
        self._gap: str | None = None  #: a blank line is due before the next one; its prefix
        self._space = ""  #: collapsed white space not yet written: " ", or "\n" when a line end was in it

    def text(self, raw: str) -> None:
        """Text with white space to be collapsed."""
        body = raw.strip(SPACE)
        if not body:
            self._owe_space(raw)
            return
        if len(body) != len(raw):
            at = raw.index(body)
            self._owe_space(raw[:at])
            self.write(collapsed(body))
            self._owe_space(raw[at + len(body) :])
        else:
            self.write(collapsed(body))

    def lines_of(self, raw: str) -> None:
        """Text whose line ends and spaces stand as written (pre)."""
        first, *others = _LINE_ENDS.split(raw)
        if first:
            self.write(first)
        for line in others:
            self.end_line()
            if line:
                self.write(line)

    def write(self, piece: str) -> None:
        """Something to be seen on the present line."""
        if self._space:
            self._pay_space(piece)
        self.line.append(piece)
        self._tape.record(piece)

    def write_closing(self, piece: str) -> None:
        """A closing mark: on the line that it closes, even when that line has already ended."""
        owed, self._space = self._space, ""
        if self.line or not self.lines:
            self.write(piece)
        else:
            self.lines[-1] += piece
            self._tape.record(piece)
        self._space = owed

    def replace(self, place: int, words: str, text: str) -> None:
        """Put `text` where `words` stand on the present line, in the pieces from `place` on."""
        written = "".join(self.line[place:])
        self.line[place:] = [written.replace(words, text, 1)]
        self._tape.count(max(0, len(text) - len(words)))

    def write_after(self, piece: str, *, same_line: bool) -> None:
        """Something that belongs to the lines just ended: on the last of them, or on one of its own."""
        if same_line and not self.line:
            self.lines[-1] += f" {piece}"
            self._tape.record(f" {piece}")
        else:
            self.write(piece)

    def _owe_space(self, raw: str) -> None:
        if raw and self._space != "\n":
            self._space = "\n" if "\n" in raw else " "

    def space(self) -> None:
        """Keep what follows apart from what stands before it."""
        self._space = self._space or " "

    def _pay_space(self, piece: str) -> None:
        owed, self._space = self._space, ""
        if not self.line or self.line[-1].endswith((" ", "\n")):
            return
        if owed == "\n" and _IS_EAST_ASIAN.match(self.line[-1][-1:]) and _IS_EAST_ASIAN.match(piece):
            return
        self.line.append(" ")
        self._tape.record(" ")

    def end_line(self) -> None:
        """A line break: ends the present line even when it is empty."""
        self._put("".join(self.line))

    def end_block(self) -> None:
        """The edge of a block: ends the present line if anything is on it."""
        self._space = ""
        if self.line:
            self._put("".join(self.line))

    def margin(self) -> None:
        """The edge of a block with room around it: one blank line before what follows."""
        self.end_block()
        if self.lines and (self._gap is None or len(self._prefix) < len(self._gap)):
            self._gap = self._prefix

    def _put(self, line: str) -> None:
        self.line.clear()
        self._space = ""
        if "\xa0" in line:
            line = line.replace("\xa0", " ")
        line = line.rstrip()
        if self._tape.readers:
            self._tape.record(" ")
        if not line and self._first is None:
            self._blank()
            return
        if self._gap is not None:
            self._blank()
        first, self._first = self._first, None
        if first is None:
            first = self._prefix
        elif line[:1] in _MARKS and first.rstrip(" ")[-1:] in _OUR_MARKS:
            first = first.rstrip(" ")[:-1]
        self.lines.append((first + line).rstrip())

    @property
    def ends_with_room(self) -> bool:
        """Whether a blank line is due after the last line."""
        return self._gap is not None

    def _blank(self) -> None:
        """A blank line; one that a margin wanted is the same one."""
        prefix = self._prefix if self._gap is None else self._gap
        blank = prefix.rstrip()
        if self._gap is None or not self.lines or self.lines[-1] != blank:
            self._tape.count(len(blank) + 1)
            self.lines.append(blank)
        self._gap = None

    def block(self, lines: list[str]) -> None:
        """Whole lines made elsewhere, e.g. those of a table."""
        self.end_block()
        lines = trimmed(lines)
        if not lines:
            return
        self._put(lines[0])
        prefix, bare = self._prefix, self._prefix.rstrip()
        self._tape.count(sum(map(len, lines)) + len(lines) * (len(prefix) + 1))
        if prefix:
            lines = [prefix + line if line else bare for line in lines]
        self.lines += lines[1:]

    def indent(self, mark: str, first: str | None = None) -> tuple[str, str | None]:
        """Begin every line with `mark`, the next one with `first`. Give what it returns to `outdent`."""
        before = (self._prefix, self._first)
        if len(self._prefix) + len(mark) > MAX_PREFIX:
            return before
        if self._first is not None or first is not None:
            self._first = (self._prefix if self._first is None else self._first) + (mark if first is None else first)
        self._prefix += mark
        return before

    def outdent(self, before: tuple[str, str | None]) -> None:
        """Back to what was before `indent`."""
        self.end_block()
        self._prefix, first = before
        self._first = first if self._first is not None else None

    def result(self) -> list[str]:
        """All lines, without blank ones at the beginning and the end."""
        self.end_block()
        return trimmed(self.lines)


def collapsed(body: str) -> str:
    """Collapse the white space inside; a line end between two East Asian characters is none at all."""
    if _UNEVEN.search(body) is None:
        return body
    if "\n" in body:
        body = _BROKEN_LINE.sub("", body)
    return _SPACES.sub(" ", body)


def trimmed(lines: list[str]) -> list[str]:
    """Without blank lines at the beginning and the end."""
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return lines[start:end]
