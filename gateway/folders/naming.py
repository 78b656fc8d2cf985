"""Names of files in watched folders: untrusted, often Shift_JIS; which wait, how they are kept, how they are shown."""

import re
from contextlib import suppress
from typing import Final
from urllib.parse import unquote_to_bytes

TAKEN: Final = ".kiyome-taken"  #: in an in-folder: files that are ours now, each below a ticket
WRITING: Final = ".kiyome-writing"  #: in an out-folder: results that are not complete yet

LONGEST_PATH: Final = 800  #: bytes of a path below the in-folder; in a key each may take three, and a row has room

#: Names of files that are still being written, or that no person put there.
TEMPORARY_BEGINNINGS: Final = (
    ".",  # hidden: rsync's, lftp's, macOS's and ours
    "~$",  # Microsoft Office: who has the document open
)
TEMPORARY_ENDINGS: Final = (
    ".part",  # Firefox, wget2, KDE
    ".partial",  # Internet Explorer, Edge, rsync --partial
    ".filepart",  # WinSCP
    ".crdownload",  # Chrome, Edge
    ".tmp",  # Office while it saves, many others
    ".temp",
)
_LONGEST_NAME: Final = 240  #: bytes; file systems allow 255, a number may still be added

LITTER: Final = frozenset({"thumbs.db", "desktop.ini"})  # Windows Explorer puts them into folders that it shows

_NO_SHIFT_JIS: Final = re.compile("[\uf8f0-\uf8f3]")  #: what Python's cp932 makes of bytes that mean nothing in it
_ESCAPED: Final = re.compile("[\udc80-\udcff%\x00-\x1f\x7f]")


def is_temporary(name: str) -> bool:
    """Whether a file of this name is left alone until it has another one."""
    lowered = name.lower()
    return lowered.startswith(TEMPORARY_BEGINNINGS) or lowered.endswith(TEMPORARY_ENDINGS) or lowered in LITTER


def kept(path: str) -> str:
    """A path below a folder, as text that any database keeps: bytes that are no UTF-8 become %XX."""
    return _ESCAPED.sub(lambda found: "".join(f"%{byte:02X}" for byte in _raw(found[0])), path)


def given_back(text: str) -> str:
    """The path that `kept` was given, byte for byte, as the file system wants it."""
    return unquote_to_bytes(text).decode("utf-8", "surrogateescape")


def readable(name: str) -> str:
    """A name for people and for the sanitizer: UTF-8, else Shift_JIS, else with a sign where a byte cannot be read."""
    raw = _raw(name)
    for charset in ("utf-8", "cp932"):
        with suppress(UnicodeDecodeError):
            text = raw.decode(charset)
            if not _NO_SHIFT_JIS.search(text):
                return text
    return raw.decode("utf-8", "replace")


def _raw(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def split_ending(name: str) -> tuple[str, str]:
    """ "a.tar" and ".gz"; a name that only begins with a dot has no ending."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem else (name, "")


def fitting(stem: str, ending: str) -> str:
    """A name that file systems take: the stem is cut where both together are too long."""
    while stem and len(_raw(stem + ending)) > _LONGEST_NAME:
        stem = stem[:-1]
    return stem + ending


def numbered(name: str, number: int) -> str:
    """The name as the `number`th of its kind, e.g. "a (2).txt"; the first stays as it is."""
    stem, ending = split_ending(name)
    return name if number == 1 else f"{stem} ({number}){ending}"


def result_name(raw: str, claimed: str, clean: str) -> str:
    """What a result is called: `raw` as it lay in the folder, `claimed` as the sanitizer was told, `clean` its answer.

    The name stays, byte for byte, with the ending of what became of it; only a name that deceives is replaced.
    """
    if not clean or clean == claimed:
        return raw
    stem, ending = split_ending(clean)
    if stem == split_ending(claimed)[0]:
        return fitting(split_ending(raw)[0], ending)
    return clean
