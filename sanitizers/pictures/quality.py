"""How strongly a JPEG picture was compressed: the quality, 1 to 100, whose tables are the nearest to those in it."""

from typing import Final

# ITU-T T.81 table K.1, which libjpeg scales; sums are compared, so the order of the numbers does not matter.
_LUMINANCE: Final = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
LEAST: Final = 30  #: what was saved worse than this hardly grows, and loses nothing more
MOST: Final = 98  #: beyond it files grow and nobody sees why
_UNKNOWN: Final = 92


def _scaled(quality: int) -> tuple[int, ...]:
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality  # libjpeg, jpeg_quality_scaling
    return tuple(min(255, max(1, (number * scale + 50) // 100)) for number in _LUMINANCE)


_TABLES: Final = {quality: sorted(_scaled(quality)) for quality in range(1, 101)}
_SUMS: Final = {quality: sum(table) for quality, table in _TABLES.items()}


def estimated_quality(table: tuple[int, ...]) -> int:
    """The quality to write with. A table of libjpeg's gives its own quality back, so that nothing is lost twice.

    Any other table (Photoshop, phones) gives some points more, since its rounding falls on other values than ours.
    """
    if not table:
        return _UNKNOWN
    ordered = sorted(table)
    total = sum(ordered)
    nearest = min(_SUMS, key=lambda quality: (abs(_SUMS[quality] - total), -quality))
    quality = nearest if _TABLES[nearest] == ordered else nearest + (100 - nearest) // 4
    return max(LEAST, min(quality, MOST))
