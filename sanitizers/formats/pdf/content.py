"""What a page, a form, a pattern or a glyph draws, written again with the operators of `operators` only."""

import re
from collections.abc import Callable
from typing import Final

from sanitizers.formats.pdf import inline
from sanitizers.formats.pdf.operators import (
    DEVICE_SPACES,
    NUMBERS,
    OPERATORS,
    RENDERING_INTENTS,
    Deed,
    Operator,
)
from sanitizers.formats.pdf.tokens import ELEMENT, PLAIN, SHOW, Operand, entries, next_token, written_name
from sanitizers.formats.pdf.work import Names, Work
from sanitizers.model import Action, Severity, Threat

DEEPEST_STATE = 512  #: q inside q; readers stop between 28 and some thousands
DEEPEST_MARKS = 512  #: marked content in marked content
MOST_OPERANDS = 64  #: DeviceN colours take 32; of more the last ones count
_TAG = re.compile(rb"[A-Za-z0-9_.:-]{1,64}")
_LANGUAGE = re.compile(rb"\([A-Za-z0-9-]{0,64}\)")

#: What a marked-content section may say of itself, and the type of it (14.6, 14.8.2.2, 14.9).
MARK_ENTRIES: dict[bytes, str] = {
    b"MCID": "n",  # the place in the structure tree
    b"ActualText": "s",  # what a search finds, a ligature's letters for one
    b"Alt": "s",  # what is read aloud
    b"E": "s",  # what an abbreviation stands for
    b"Lang": "s",
    b"Type": "N",  # of an artifact: page header, layout …
    b"Subtype": "N",
    b"BBox": "a",
    b"Attached": "a",
}


def rewritten(data: bytes, names: Names, work: Work) -> bytes:
    """The content, in canonical form; damage is left out and reported, what stands around it is kept."""
    return b"\n".join(operations(data, names, work)) + b"\n"


def operations(data: bytes, names: Names, work: Work) -> list[bytes]:
    """As `rewritten`: one operator with its operands each."""
    return _Writer(data, names, work).written()


class _Writer:
    """One content stream on its way."""

    def __init__(self, data: bytes, names: Names, work: Work) -> None:
        self.data: Final = data
        self.names = names
        self.work = work
        self.out: list[bytes] = []
        self.place = 0
        self.states = 0  #: q without Q
        self.too_deep = 0  #: q that were not written
        self.in_text = False
        self.marks: list[bool | None] = []  #: sections open: hidden, shown, or None for one that was not written
        self.hidden = 0  #: hidden sections open

    def written(self) -> list[bytes]:
        """The whole stream, operation by operation."""
        data, operands = self.data, list[Operand]()
        while True:
            if not operands and self._common():
                continue
            kind, token, self.place = next_token(data, self.place)
            if kind == "end":
                break
            if kind == "o":
                self._operator(token, operands)
                operands = []
            elif kind:
                operands = [*operands[1 - MOST_OPERANDS :], (kind, token)]
        self._close()
        return self.out

    def _common(self) -> bool:
        """Most operators of every stream: those of numbers only, and text that is shown as it stands."""
        plain = PLAIN.match(self.data, self.place)
        if plain is not None:
            numbers = plain[1].split()
            if NUMBERS.get(plain[2]) != len(numbers):
                return False
            self.out.append(b" ".join((*numbers, plain[2])))
            self.place = plain.end()
            return True
        shown = None if self.hidden else SHOW.match(self.data, self.place)
        if shown is None:
            return False
        text, name, items = shown.groups()
        self.out.append(text + b" " + name if name else b"[" + b" ".join(ELEMENT.findall(items)) + b"] TJ")
        self.place = shown.end()
        return True

    def _operator(self, name: bytes, operands: list[Operand]) -> None:
        operator = OPERATORS.get(name)
        if operator is None:
            self._unknown(name, operands)
            return
        count = len(operator.takes)
        used = operands[-count:] if count else operands
        if name == b"Tf" and len(used) == 1:  # readers take a font of their own where none is named
            used = [("N", b""), *used]
        if count and not _fits(operator.takes, used):
            self._leave_out("drawing operators without what they need")
            return
        _DEEDS[operator.deed](self, name, operator, used)

    def _unknown(self, name: bytes, operands: list[Operand]) -> None:
        """`truefalse` and the like are no operators; neither are two of them without a blank between them."""
        if name in {b"true", b"false", b"null"}:
            operands.append(("", b""))
            return
        self._leave_out("drawing operators that no standard knows")

    def _leave_out(self, detail: str) -> None:
        self.work.found(Threat.MALFORMED, Severity.NOTE, Action.REMOVED, "content", detail)

    def _write(self, operands: list[Operand], name: bytes) -> None:
        self.out.append(b" ".join([*(_written(operand) for operand in operands), name]))

    def _state(self, name: bytes, operator: Operator, operands: list[Operand]) -> None:
        if name == b"ri" and operands[0][1] not in RENDERING_INTENTS:
            return
        if name == b"d" and any(mark in operands[0][1] for mark in (b"(", b"<")):
            self._leave_out("drawing operators without what they need")
            return
        self._write(operands if operator.takes else [], name)

    def _paint(self, name: bytes, _operator: Operator, _operands: list[Operand]) -> None:
        self.out.append(b"n" if self.hidden else name)

    def _show(self, name: bytes, _operator: Operator, operands: list[Operand]) -> None:
        if not self.hidden:
            self._write(operands, name)
        elif name not in {b"Tj", b"TJ"}:
            self.out.append(b"T*")  # the line that ' and " begin

    def _resource(self, name: bytes, operator: Operator, operands: list[Operand]) -> None:
        wanted = operands[0][1]
        if operator.category == "ColorSpace" and wanted in DEVICE_SPACES:
            self._write(operands, name)
            return
        new = self.names.use(operator.category, wanted)
        if new is not None:
            self._write([("N", new), *operands[1:]], name)

    def _show_resource(self, name: bytes, operator: Operator, operands: list[Operand]) -> None:
        if not self.hidden:
            self._resource(name, operator, operands)

    def _colour(self, name: bytes, _operator: Operator, operands: list[Operand]) -> None:
        if not operands:
            self._leave_out("drawing operators without what they need")
            return
        kind, token = operands[-1]
        if kind == "N":
            new = self.names.use("Pattern", token) if name in {b"SCN", b"scn"} else None
            if new is None:
                return
            operands = [*operands[:-1], ("N", new)]
        if all(one == "n" for one, _ in operands[:-1]) and operands[-1][0] in {"n", "N"}:
            self._write(operands, name)

    def _nest(self, name: bytes, _operator: Operator, _operands: list[Operand]) -> None:
        if name == b"q":
            self._save()
        elif name == b"Q":
            self._restore()
        elif name == b"BT":
            if self.in_text:
                self.out.append(b"ET")
            self.out.append(b"BT")
            self.in_text = True
        elif self.in_text:
            self.out.append(b"ET")
            self.in_text = False

    def _save(self) -> None:
        if self.states >= DEEPEST_STATE:
            self.too_deep += 1
            self._leave_out(f"graphics states nested more than {DEEPEST_STATE} levels deep")
            return
        self.states += 1
        self.out.append(b"q")

    def _restore(self) -> None:
        if self.too_deep:
            self.too_deep -= 1
        elif self.states:
            self.states -= 1
            self.out.append(b"Q")

    def _mark(self, name: bytes, _operator: Operator, operands: list[Operand]) -> None:
        if name == b"BMC":
            self._open(operands[0][1], None)
        elif self.marks:
            state = self.marks.pop()
            self.hidden -= state is True
            if state is False:
                self.out.append(b"EMC")

    def _properties(self, name: bytes, operator: Operator, operands: list[Operand]) -> None:
        tag, rest = operands[0][1], operands[1] if operator.takes == "Np" else None
        if name == b"BDC":
            self._open(tag, rest)
        elif not self.hidden:
            properties = self._written_properties(rest)
            self.out.append(b" ".join([_tag(tag), *properties, b"DP" if properties else b"MP"]))

    def _open(self, tag: bytes, properties: Operand | None) -> None:
        """A section begins; of optional content only what it encloses goes on, since no layers do."""
        if len(self.marks) >= DEEPEST_MARKS:
            self.marks.append(None)
            return
        if tag == b"OC" and properties is not None and properties[0] == "N":
            hidden = self.names.hidden(properties[1])
            self.marks.append(True if hidden else None)
            self.hidden += bool(hidden)
            return
        if self.hidden:
            self.marks.append(None)
            return
        written = self._written_properties(properties)
        self.marks.append(False)
        self.out.append(b" ".join([_tag(tag), *written, b"BDC" if written else b"BMC"]))

    def _written_properties(self, properties: Operand | None) -> list[bytes]:
        if properties is None:
            return []
        kind, token = properties
        if kind == "N":
            new = self.names.use("Properties", token)
            return [] if new is None else [written_name(new)]
        kept = [
            written_name(key) + b" " + _written(value)
            for key, value in entries(token).items()
            if value[0] == MARK_ENTRIES.get(key) and _acceptable(key, value[1])
        ]
        return [b"<<" + b" ".join(kept) + b">>"] if kept else []

    def _image(self, _name: bytes, _operator: Operator, _operands: list[Operand]) -> None:
        image = inline.image(self.data, self.place, self.names, self.work)
        self.place = image.end
        if image.written and not self.hidden:
            self.out.append(image.written)

    def _skip(self, _name: bytes, _operator: Operator, _operands: list[Operand]) -> None:
        """BX and EX: everything between them is judged like the rest."""

    def _close(self) -> None:
        if self.in_text:
            self.out.append(b"ET")
        self.out.extend(b"EMC" for state in self.marks if state is False)
        self.out.extend([b"Q"] * self.states)


_Write = Callable[[_Writer, bytes, Operator, list[Operand]], None]
_DEEDS: dict[Deed, _Write] = {
    Deed.STATE: _Writer._state,  # noqa: SLF001 - the class's own table
    Deed.PAINT: _Writer._paint,  # noqa: SLF001
    Deed.SHOW: _Writer._show,  # noqa: SLF001
    Deed.RESOURCE: _Writer._resource,  # noqa: SLF001
    Deed.SHOW_RESOURCE: _Writer._show_resource,  # noqa: SLF001
    Deed.PROPERTIES: _Writer._properties,  # noqa: SLF001
    Deed.MARK: _Writer._mark,  # noqa: SLF001
    Deed.COLOUR: _Writer._colour,  # noqa: SLF001
    Deed.NEST: _Writer._nest,  # noqa: SLF001
    Deed.IMAGE: _Writer._image,  # noqa: SLF001
    Deed.SKIP: _Writer._skip,  # noqa: SLF001
}


def _fits(takes: str, operands: list[Operand]) -> bool:
    if len(operands) != len(takes):
        return False
    return all(
        kind == wanted or (wanted == "p" and kind in {"N", "d"})
        for wanted, (kind, _) in zip(takes, operands, strict=True)
    )


def _written(operand: Operand) -> bytes:
    kind, token = operand
    return written_name(token) if kind == "N" else token


def _tag(tag: bytes) -> bytes:
    return b"/" + (tag if _TAG.fullmatch(tag) else b"Span")


def _acceptable(key: bytes, token: bytes) -> bool:
    if key == b"MCID":
        return token.isdigit()
    if key == b"Lang":
        return _LANGUAGE.fullmatch(token) is not None
    return key not in {b"Type", b"Subtype"} or _TAG.fullmatch(token) is not None
