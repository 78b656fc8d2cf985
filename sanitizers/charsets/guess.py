"""Which charset bytes are in when nobody says, or what was said cannot be true: validity first, then plausibility."""

import re
from typing import Final

from sanitizers.charsets.japanese import REPLACEMENT, Reading, is_valid_euc_jp, read_euc_jp, read_shift_jis

# What a sample's characters say for or against a reading, in points for each character. Full-width kana and Japanese
# punctuation are in every Japanese sentence; a wrong reading shows half-width kana in runs, user-defined cells,
# C1 controls, characters no JIS text holds, or a lone kanji that swallowed a letter of a Western word.
_POINTS: Final = (
    (re.compile("[ぁ-んァ-ヶー、。「」・]"), 3.0),
    (re.compile("[一-龥]"), 2.0),
    (re.compile("[！-～]"), 1.0),
    (re.compile("[｡-ﾟ]"), 0.5),
    (re.compile("[｡-ﾟ][一-龥]|[一-龥][｡-ﾟ]"), -2.5),
    (re.compile("[A-Za-z][一-龥][A-Za-z ,.]"), -6.0),
    (re.compile("[\x80-\x9f\ue000-\uf8ff\uffa0-\uffdc]"), -5.0),
    (re.compile(REPLACEMENT), -10.0),
)
_USER_DEFINED_POINTS: Final = -6.0  # each cell that only the sender's machine could show
_SAMPLE_BYTES: Final = 8_192
_FULL_WIDTH_KANA: Final = re.compile("[ぁ-んァ-ヶ]{2}")
_HALF_WIDTH_RUN: Final = re.compile("[｡-ﾟ][｡-ﾟ一-龥]")


def japanese_points(reading: Reading) -> float:
    """How much a reading looks like Japanese in its right charset; above 0 is likely."""
    text = reading.text[:_SAMPLE_BYTES]
    return sum((points * len(pattern.findall(text)) for pattern, points in _POINTS)) + (
        _USER_DEFINED_POINTS * reading.user_defined
    )


def read_by_content(data: bytes) -> Reading:
    """The most plausible reading of bytes without JIS escapes."""
    unicode = read_unicode(data)
    if unicode is not None:
        return unicode
    japanese = _better_japanese(data)
    return japanese if japanese is not None else read_western(data)


def read_unicode(data: bytes) -> Reading | None:
    """UTF-16 by its mark, or valid UTF-8 (which text in another charset almost never is); None when neither."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and len(data) % 2 == 0:
        return Reading(data.decode("utf_16", "replace"), "utf-16")
    try:
        return Reading(data.decode("utf_8").removeprefix("\ufeff"), "utf-8")
    except UnicodeDecodeError:
        return None


def _better_japanese(data: bytes) -> Reading | None:
    """Shift_JIS or EUC-JP, whichever makes sense of the beginning of the bytes; None when neither does."""
    sample = _sample(data)
    shift_jis = read_shift_jis(sample)
    if shift_jis.unreadable == 0 and _is_a_sentence(shift_jis) and not is_valid_euc_jp(sample):
        return read_shift_jis(data)  # what most unlabelled mail is; no need to weigh it
    euc_jp = read_euc_jp(sample)
    shift_jis_points, euc_jp_points = japanese_points(shift_jis), japanese_points(euc_jp)
    if max(shift_jis_points, euc_jp_points) <= 0:
        return None
    return read_euc_jp(data) if euc_jp_points > shift_jis_points else read_shift_jis(data)


def _sample(data: bytes) -> bytes:
    """The beginning, whole lines if possible so that no character is cut in two."""
    return data[: data.rfind(b"\n", 0, _SAMPLE_BYTES) + 1 or _SAMPLE_BYTES] if len(data) > _SAMPLE_BYTES else data


def _is_a_sentence(reading: Reading) -> bool:
    return _FULL_WIDTH_KANA.search(reading.text) is not None and not _looks_garbled(reading)


def _looks_garbled(reading: Reading) -> bool:
    """Half-width kana in a row or user-defined cells: rare in what people write, common in a wrong reading."""
    return reading.user_defined > 0 or _HALF_WIDTH_RUN.search(reading.text[:_SAMPLE_BYTES]) is not None


def read_western(data: bytes) -> Reading:
    """windows-1252, or ISO-8859-1 for the five bytes it lacks; reads anything."""
    try:
        return Reading(data.decode("cp1252"), "windows-1252")
    except UnicodeDecodeError:
        return Reading(data.decode("latin_1"), "iso-8859-1")


def better_than_shift_jis(reading: Reading, data: bytes) -> Reading | None:
    """EUC-JP when bytes that CP932 can read make a sentence only there: the classic 文字化け of half-width kana."""
    if not _looks_garbled(reading):
        return None
    euc_jp = read_euc_jp(data)
    if euc_jp.unreadable or not _FULL_WIDTH_KANA.search(euc_jp.text):
        return None
    return euc_jp if japanese_points(euc_jp) > japanese_points(reading) else None


def better_than_western(data: bytes) -> Reading | None:
    """UTF-8 or Japanese when bytes declared Latin-1, which reads anything, are clearly that."""
    unicode = read_unicode(data)
    if unicode is not None:
        return unicode
    japanese = _better_japanese(data)
    clearly = japanese is not None and not japanese.unreadable and _FULL_WIDTH_KANA.search(japanese.text)
    return japanese if clearly else None
