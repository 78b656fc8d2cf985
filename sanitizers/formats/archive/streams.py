"""Boxes that libarchive reads: TAR in any filter, 7z, RAR, CAB, ISO 9660, CPIO, AR; and single files in a filter."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Final

from sanitizers.budget import BudgetMeter
from sanitizers.formats.archive.members import Member, Moment, gathered, moment_of, wall_of
from sanitizers.formats.archive.names import Written, charset_of, decoded
from sanitizers.model import Finding, Locked
from sanitizers.unpacking.libarchive import Filter, Form, Unpacking, unpacked

# Formats whose times are those of a clock on the wall; libarchive takes them for times of this process's zone.
_LOCAL_TIMES: Final = frozenset({Form.RAR, Form.CABINET})
_WINDOWS: Final = frozenset({Form.RAR, Form.CABINET, Form.SEVEN_ZIP})
# Where libarchive makes slashes of backslashes, even where one is the second half of a character of Shift_JIS (表, ソ).
_BACKSLASHES: Final = frozenset({Form.RAR, Form.CABINET})
_CHARACTER: Final = re.compile(rb"[\x81-\x9f\xe0-\xfc].|.", re.DOTALL)
_NAMES_TO_GUESS_BY: Final = 200
_RAR_5: Final = b"Rar!\x1a\x07\x01\x00"


class StreamBox:
    """An archive that is read from front to end, each member once."""

    def __init__(self, data: bytes, meter: BudgetMeter, form: Form, packed_in: Filter = Filter.NONE) -> None:
        self.findings: list[Finding] = []
        self._data = data
        self._meter = meter
        self._form = form
        self._filter = packed_in
        self._given = 0  #: bytes that came out so far
        self._names: list[bytes] = []

    def members(self) -> Iterator[Member]:
        """See `Box.members`."""
        with unpacked(self._data, self._form, self._filter) as unpacking:
            for entry in unpacking.entries():
                if entry.locked:
                    raise Locked("an archive behind a password")
                unix = entry.modified
                yield Member(self._name(entry.path), entry.kind, partial(self._read, unpacking), self._wall(unix), unix)

    def _name(self, raw: bytes) -> str:
        """By all names so far: a stream does not tell what is to come."""
        if raw.isascii():
            return raw.decode("ascii")
        if self._form in _BACKSLASHES:
            raw = raw if _is_utf_8(raw) else _CHARACTER.sub(_whole, raw)
        self._names = [*self._names[-_NAMES_TO_GUESS_BY:], raw]
        written = Written.ON_WINDOWS if self._form in _WINDOWS else Written.ELSEWHERE
        return decoded(raw, charset_of(self._names, written))

    def _wall(self, unix: int | None) -> Moment | None:
        if unix is None or self._form not in _LOCAL_TIMES or self._data.startswith(_RAR_5):
            return wall_of(unix)
        try:
            return moment_of(datetime.fromtimestamp(unix))  # noqa: DTZ006 - back to the clock that it was read from
        except (OverflowError, OSError, ValueError):
            return None

    def _read(self, unpacking: Unpacking) -> bytes:
        content = gathered(unpacking.chunks(), self._meter, len(self._data), self._given)
        self._given += len(content)
        return content


def _whole(character: re.Match[bytes]) -> bytes:
    """A slash is no second half in Shift_JIS; what stands there was a backslash."""
    both = character[0]
    return both[:1] + b"\\" if len(both) == 2 and both[1:] == b"/" else both


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def beginning(data: bytes, packed_in: Filter) -> bytes:
    """The first bytes behind a filter, 512 at least where there are as many."""
    with unpacked(data, Form.SINGLE, packed_in) as unpacking:
        for _entry in unpacking.entries():
            return next(unpacking.chunks(), b"")
    return b""


def single(data: bytes, packed_in: Filter, meter: BudgetMeter) -> bytes:
    """The one file behind a filter, counted."""
    with unpacked(data, Form.SINGLE, packed_in) as unpacking:
        for _entry in unpacking.entries():
            return gathered(unpacking.chunks(), meter, len(data))
    return b""


__all__ = ["StreamBox", "beginning", "single"]
