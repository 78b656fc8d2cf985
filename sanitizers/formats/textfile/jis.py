"""Text in EUC-JP and ISO-2022-JP again, with the characters of NEC and IBM that Python's codecs leave out."""

import codecs
import re
from typing import Final

# A JIS character reads as what CP932 makes of it (sanitizers.charsets.japanese); these are the way back.
_JIS_TWINS: Final = str.maketrans(
    {"\uff5e": "\u301c", "\u2225": "\u2016", "\uff0d": "\u2212", "\uffe0": "\u00a2", "\uffe1": "\u00a3",
     "\uffe2": "\u00ac", "\u2015": "\u2014"}
)  # fmt: skip
_NEC_ROWS: Final = (13, 89, 90, 91, 92)  # ①㈱ …, and the IBM extensions as NEC placed them in JIS rows


def _nec_cells() -> dict[str, bytes]:
    cells: dict[str, bytes] = {}
    for row in _NEC_ROWS:
        for cell in range(1, 95):
            lead = (row - 1) // 2 + 0x81
            trail = cell + 0x9E if row % 2 == 0 else cell + 0x3F + (cell > 63)
            pair = bytes((lead + 0x40 if lead > 0x9F else lead, trail))
            character = pair.decode("cp932", "ignore")
            if len(character) == 1:
                cells.setdefault(character, bytes((row + 0xA0, cell + 0xA0)))
    return cells


_NEC_CELLS: Final = _nec_cells()


def _nec_cell(error: UnicodeError) -> tuple[bytes, int]:
    if isinstance(error, UnicodeEncodeError):
        place = _NEC_CELLS.get(error.object[error.start])
        if place is not None:
            return place, error.start + 1
    raise error


_OR_NEC: Final = "kiyome-nec-cell"
codecs.register_error(_OR_NEC, _nec_cell)
_PIECES: Final = re.compile(rb"[\x00-\x7f]+|(?:\x8e[\xa1-\xdf])+|(?:\x8f[\xa1-\xfe]{2})+|(?:[\xa1-\xfe]{2})+")
_TO_SEVEN_BIT: Final = bytes(byte & 0x7F for byte in range(256))


def in_euc_jp(text: str) -> bytes:
    """EUC-JP as CP51932 has it; raises UnicodeEncodeError."""
    return text.translate(_JIS_TWINS).encode("euc_jp", _OR_NEC)


def in_iso_2022_jp(text: str) -> bytes:
    """ISO-2022-JP as CP50221 has it, every line begun and ended in ASCII; raises UnicodeEncodeError."""
    return b"".join(map(_seven_bit, _PIECES.findall(in_euc_jp(text))))


def _seven_bit(piece: bytes) -> bytes:
    if piece[0] < 0x80:
        return piece
    if piece[0] == 0x8E:
        return b"\x1b(I" + piece.replace(b"\x8e", b"").translate(_TO_SEVEN_BIT) + b"\x1b(B"
    if piece[0] == 0x8F:
        return b"\x1b$(D" + piece.replace(b"\x8f", b"").translate(_TO_SEVEN_BIT) + b"\x1b(B"
    return b"\x1b$B" + piece.translate(_TO_SEVEN_BIT) + b"\x1b(B"
