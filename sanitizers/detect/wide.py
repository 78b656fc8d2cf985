"""Whether text is written in UTF-16 or UTF-32, with or without a byte order mark."""

import codecs
import re
from typing import Final

# The longest first: the mark of UTF-32 in little-endian order begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_EXAMINED: Final = 8_192  # bytes; a multiple of four
_FEWEST: Final = 8  # bytes that say anything
# What text here is made of: ASCII, Latin, punctuation, kana, kanji, full-width and half-width forms, surrogates.
_COMMON: Final = re.compile(
    "[\t\n\r -~\u00a0-\u024f\u2010-\u266f\u3000-\u33ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U0001f300-\U0001faff]"
)
_SHARE: Final = 0.97


def wide_charset(data: bytes) -> str:
    """The Python codec that reads the text: "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"; "" for any other."""
    for mark, codec in _MARKS:
        if data.startswith(mark) and _could_be(data, codec):
            return codec
    sample = data[:_EXAMINED]
    if b"\0" not in sample or len(sample) < _FEWEST or len(data) % 2:
        return ""
    return next((codec for codec in _unmarked(sample) if _reads_as_text(sample, codec)), "")


def without_mark(data: bytes, codec: str) -> bytes:
    """The bytes behind the mark, if there is one."""
    mark = next(mark for mark, name in _MARKS if name == codec)
    return data.removeprefix(mark)


def _could_be(data: bytes, codec: str) -> bool:
    if codec.startswith("utf-32"):
        return len(data) % 4 == 0 and _reads_as_text(data[:_EXAMINED], codec)
    return True


def _unmarked(sample: bytes) -> tuple[str, ...]:
    """The likely ones first: zero bytes are the upper halves of ASCII characters, at odd places in little-endian order.

    A blank or the end of a line, at least, is in every text; and an ideographic space has a zero at the other place.
    """
    little = sample[1::2].count(0) >= sample[0::2].count(0)
    return ("utf-32-le", "utf-32-be", *(("utf-16-le", "utf-16-be") if little else ("utf-16-be", "utf-16-le")))


def _reads_as_text(sample: bytes, codec: str) -> bool:
    try:
        text = codecs.getincrementaldecoder(codec)("strict").decode(sample)  # may end inside a character
    except UnicodeDecodeError:
        return False
    text = text.removeprefix("\ufeff")
    return not text or len(_COMMON.findall(text)) >= _SHARE * len(text)
