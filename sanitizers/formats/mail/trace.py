"""The Received lines that a mail brings: kept as plain words, so that a mail that goes round can be seen to do so.

RFC 5321 section 4.4 forbids a relay to remove them, and section 6.3 counts them to find loops.
"""

import re

from sanitizers.formats.mail.fields import Block
from sanitizers.formats.mail.words import fold

_HOPS = 100  # what section 6.3 asks every server to accept at least
_CHARACTERS = 900  # of one line; a longer word would not fit in RFC 5322's 998
_NOT_PRINTABLE_ASCII = re.compile(r"[^\x21-\x7e]+")
_SAYS_WHENCE = re.compile(r"(?:from|by) \S", re.IGNORECASE)


def received_lines(block: Block) -> tuple[str, ...]:
    """Each Received field written anew, newest first as it came: printable ASCII only, nothing to decode in it."""
    values = [field.value for field in block.fields if field.name == "received"]
    lines = (_line(value) for value in values[:_HOPS])
    return tuple(line for line in lines if line is not None)


def _line(value: bytes) -> str | None:
    readable = value[: 4 * _CHARACTERS].decode("ascii", "replace")
    text = _NOT_PRINTABLE_ASCII.sub(" ", readable).strip()[:_CHARACTERS].rstrip()
    if not _SAYS_WHENCE.match(text):
        return None
    return fold("Received: " + text.replace("=?", "= ?"))  # never an encoded word (RFC 2047 section 5)
