"""Where files lie within a transfer: folders as claimed, made safe; names that are each there once."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from gateway.web.api.calls import invalid_at
from gateway.web.downloads import safe_name

DEEPEST: Final = 32  #: folders in each other
LONGEST: Final = 1_000  #: characters of a folder's path
_SEPARATORS = re.compile(r"[/\\]")


def safe_folder(claimed: str) -> str:
    """A path of plain names within the transfer, "" for none. Raises Problem for one that leads out of it."""
    if len(claimed) > LONGEST:
        raise invalid_at("Upload-Metadata.path", f"{LONGEST} characters at most")
    names = [name for name in _SEPARATORS.split(claimed) if name not in {"", "."}]
    if ".." in names:
        raise invalid_at("Upload-Metadata.path", "leads out of the transfer")
    if len(names) > DEEPEST:
        raise invalid_at("Upload-Metadata.path", f"{DEEPEST} folders in each other at most")
    return "/".join(safe_name(name, "_") for name in names)


def unique(paths: Iterable[str]) -> list[str]:
    """Each once, also where capitals and forms of the same letter are not told apart (Windows, macOS)."""
    taken: set[str] = set()
    numbers: dict[str, int] = {}  # how far each name was counted: a thousand of one name are not tried pairwise
    found = []
    for path in paths:
        folder, slash, name = path.rpartition("/")
        stem, dot, extension = name.rpartition(".")
        stem, extension = (stem, dot + extension) if stem else (name, "")
        whole = _folded(path)
        number, candidate = numbers.get(whole, 1), path
        while _folded(candidate) in taken:
            number += 1
            candidate = f"{folder}{slash}{stem} ({number}){extension}"
        numbers[whole] = number
        taken.add(_folded(candidate))
        found.append(candidate)
    return found


def _folded(path: str) -> str:
    return unicodedata.normalize("NFKC", path).casefold()
