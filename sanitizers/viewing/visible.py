"""Untrusted text for people to look at: what cannot be seen, or would move what can, is written out as [U+202E]."""

import re
from typing import Final

from sanitizers.views import FIELD_CHARACTERS

# Controls but tab and line feed, soft hyphen, zero-width and direction characters, fillers, annotations, tags,
# surrogates and noncharacters. Variation selectors stay: Japanese names are written with them (IVS).
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_LINE_END: Final = re.compile(r"\r\n?")


def visible(text: str) -> str:
    """With LF for line ends."""
    text = _LINE_END.sub("\n", text) if "\r" in text else text
    return _UNSEEN.sub(_written_out, text)


def visible_line(text: str) -> str:
    """On one line, and no longer than a header field is shown."""
    return visible(text[:FIELD_CHARACTERS].replace("\t", " ")).replace("\n", "[U+000A]")[:FIELD_CHARACTERS]


def _written_out(character: re.Match[str]) -> str:
    return f"[U+{ord(character[0]):04X}]"
