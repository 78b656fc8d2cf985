"""Type 1 outlines as Type 2 outlines: the same lines and curves, with flex drawn as curves and without hints."""

import re

from sanitizers.formats.pdf.work import StreamFailed

DEEPEST = 10  #: subroutines in subroutines
MOST_STEPS = 2_000_000  #: operators of a whole font
END = b"\x0e"

_STEP = re.compile(rb"((?:[\x20-\xf6]|[\xf7-\xfe].|\xff....)*+)(\x0c.|[\0-\x1f])", re.DOTALL)
_NUMBER = re.compile(rb"[\x20-\xf6]|[\xf7-\xfe].|\xff....", re.DOTALL)
#: rlineto hlineto vlineto rrcurveto vhcurveto hvcurveto: the same in both languages, and how many numbers they take.
_SAME = {b"\x05": 2, b"\x06": 1, b"\x07": 1, b"\x08": 6, b"\x1e": 4, b"\x1f": 4}
_MOVES = {b"\x04": "v", b"\x15": "r", b"\x16": "h"}
#: hstem vstem dotsection vstem3 hstem3 closepath setcurrentpoint: hints, and what goes without saying.
_NOTHING = frozenset({b"\x01", b"\x03", b"\x0c\0", b"\x0c\x01", b"\x0c\x02", b"\x09", b"\x0c\x21"})


class Converter:
    """The outlines of one font."""

    def __init__(self, routines: dict[int, bytes]) -> None:
        self._routines = routines
        self._steps = MOST_STEPS

    def outline(self, data: bytes) -> bytes:
        """A Type 2 outline; an empty one for what cannot be read."""
        glyph = _Glyph(self._routines, self._steps)
        try:
            glyph.run(data, 0)
        except (StreamFailed, IndexError, ZeroDivisionError):
            return END
        finally:
            self._steps = glyph.steps
        return glyph.written()


class _Glyph:
    """One outline on its way."""

    def __init__(self, routines: dict[int, bytes], steps: int) -> None:
        self.steps = steps
        self._routines = routines
        self._stack: list[float] = []
        self._handed: list[float] = []  #: what a procedure of PostScript left for pop
        self._out: list[bytes] = []
        self._width = 0.0
        self._side = (0.0, 0.0)  #: the left side bearing, from which the first move counts
        self._moved = False
        self._flex: list[tuple[float, float]] | None = None
        self._accent: list[float] = []

    def written(self) -> bytes:
        """The outline as far as it was read."""
        width = b"" if self._moved else number(self._width)
        return b"".join(self._out) + width + b"".join(map(number, self._accent)) + END

    def run(self, data: bytes, depth: int) -> bool:
        """Whether the outline ended in it."""
        if depth > DEEPEST:
            raise StreamFailed("subroutines in disorder")
        for found in _STEP.finditer(data):
            self.steps -= 1
            if self.steps < 0:
                raise StreamFailed("outlines that take too long")
            operands, operator = found.groups()
            count = _SAME.get(operator)
            if count is not None and not self._stack and b"\xff" not in operands:
                self._out += [operands, operator]
                continue
            self._stack += [value(one) for one in _NUMBER.findall(operands)]
            if operator == b"\x0b":
                return False
            if operator == END or self._step(operator, depth):
                return True
        return False

    def _step(self, operator: bytes, depth: int) -> bool:
        stack = self._stack
        if operator == b"\x0a":
            return self._call(depth)
        if operator == b"\x0c\x0c":
            below = stack.pop()
            stack.append(stack.pop() / below)
            return False
        if operator == b"\x0c\x10":
            self._other()
            return False
        if operator == b"\x0c\x11":
            stack.append(self._handed.pop() if self._handed else 0)
            return False
        self._draw(operator, stack)
        stack.clear()
        return operator == b"\x0c\x06"

    def _draw(self, operator: bytes, stack: list[float]) -> None:
        count = _SAME.get(operator)
        if count is not None:
            self._out += [*map(number, stack[-count:]), operator]
        elif operator in _MOVES:
            kind = _MOVES[operator]
            self._move(0 if kind == "v" else stack[-2 if kind == "r" else -1], 0 if kind == "h" else stack[-1])
        elif operator == b"\x0d":
            self._side, self._width = (stack[0], 0.0), stack[1]
        elif operator == b"\x0c\x07":
            self._side, self._width = (stack[0], stack[1]), stack[2]
        elif operator == b"\x0c\x06":
            self._accent = [stack[1] + self._side[0] - stack[0], *stack[2:5]]
        elif operator not in _NOTHING:
            raise StreamFailed("an outline with unknown operators")

    def _move(self, across: float, up: float) -> None:
        if self._flex is not None:
            self._flex.append((across, up))
            return
        if not self._moved:
            across, up = across + self._side[0], up + self._side[1]
            self._out.append(number(self._width))
            self._moved = True
        self._out += [number(across), number(up), b"\x15"]

    def _call(self, depth: int) -> bool:
        routine = self._routines.get(int(self._stack.pop()))
        if routine is None:
            raise StreamFailed("a subroutine that is missing")
        return self.run(routine, depth + 1)

    def _other(self) -> None:
        """The procedures that every interpreter knows (Type 1, chapter 8): flex, and a change of hints."""
        stack = self._stack
        which, count = int(stack.pop()), int(stack.pop())
        operands = [stack.pop() for _ in range(count)]
        if which == 1:
            self._flex = []
        elif which == 0:
            self._bend()
            self._handed = operands[:2]
        elif which == 3:
            self._handed = [3]
        elif which != 2:
            self._handed = operands[::-1]

    def _bend(self) -> None:
        moves, self._flex = self._flex or [], None
        if len(moves) != 7:
            raise StreamFailed("flex in disorder")
        (x0, y0), (x1, y1), *rest = moves
        curve = [(x0 + x1, y0 + y1), *rest]
        for some in (curve[:3], curve[3:]):
            self._out += [number(one) for point in some for one in point]
            self._out.append(b"\x08")


def value(token: bytes) -> float:
    """What a number of a charstring stands for."""
    first = token[0]
    if first == 255:
        return int.from_bytes(token[1:], signed=True)
    if first <= 246:
        return first - 139
    return (first - 247) * 256 + token[1] + 108 if first <= 250 else -(first - 251) * 256 - token[1] - 108


def number(given: float) -> bytes:
    """A number of a Type 2 charstring."""
    if not -32_768 <= given <= 32_767:
        raise StreamFailed("an outline beyond all measure")
    if given != int(given):
        return b"\xff" + round(given * 65_536).to_bytes(4, signed=True)
    whole = int(given)
    if -107 <= whole <= 107:
        return bytes((whole + 139,))
    return b"\x1c" + whole.to_bytes(2, signed=True)
