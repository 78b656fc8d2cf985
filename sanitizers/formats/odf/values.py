"""Checks of attribute values: each gives the value as it may be written, or None."""

import re
from collections.abc import Callable
from typing import Final

Check = Callable[[str], str | None]  #: the value as it is written; None: it does not go on

_LONGEST_NAME: Final = 32_767  #: characters; what a cell can hold
_VALUE: Final = re.compile(r"[\w .,:;+\-#%()*/$?'!=<>|&@\[\]^~°µ·×\"\n\t]{0,500}")
_LIST: Final = re.compile(r"[A-Za-z0-9 .,:;+\-#%()*/$?'\n\t\r_=<>&|]*")
# What begins an address that runs or fetches. "of:", "ooo:" and times of day are none.
_ADDRESS: Final = re.compile(
    r"(?:^|[\s'\"(;,=])(?:file|https?|ftps?|smb|nfs|data|javascript|vbscript|macro|service|slot|private|mhtml|shell|jar"
    r"|vnd\.[\w.+-]+|\.uno|ms-[\w-]+|search(?:-ms)?|ldap|package|systray|tel-exec)\s*:(?!:)",
    re.IGNORECASE,
)
#: A place in the same document: "#Sheet1.A1", "#見出し|outline".
INSIDE: Final = re.compile(r"#[^\x00-\x1f\x7f]{0,2000}")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def runs_or_fetches(value: str) -> bool:
    """Whether an address that is not for attributes of this kind stands in it."""
    return ":" in value and _ADDRESS.search(value) is not None


def value(written: str) -> str | None:
    """A number, length, colour, switch or word of a closed list."""
    if written.isalnum():
        return written if len(written) <= 500 else None
    return written if _VALUE.fullmatch(written) and not runs_or_fetches(written) else None


def name(written: str) -> str | None:
    """A name that a person gave, a cell address, words that are shown. No address: a name is not followed."""
    if written.isalnum():
        return written if len(written) <= _LONGEST_NAME else None
    if len(written) > _LONGEST_NAME or _CONTROLS.search(written) or leads_out(written):
        return None
    return written


def leads_out(written: str) -> bool:
    """Whether a cell address or the like leads to another file: 'file:///x.ods'#Sheet.A1, \\\\server\\share."""
    stripped = written.lstrip(" '\"$[=")
    return (
        stripped.startswith("\\\\")
        or "'#" in written
        or (":" in stripped[:60] and _ADDRESS.match(stripped) is not None)
    )


def numbers(written: str) -> str | None:
    """A list of numbers, a path, points, an animation's values, of any length."""
    return written if _LIST.fullmatch(written) and not runs_or_fetches(written) else None


def one_of(words: str) -> Check:
    """A closed list of words, with blanks between them."""
    known = frozenset(words.split())
    return lambda written: written if written in known else None
