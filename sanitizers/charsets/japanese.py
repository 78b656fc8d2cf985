"""ISO-2022-JP, EUC-JP and Shift_JIS as Japanese mail really writes them, read as one family on the base of CP932.

One decision for all three: a JIS character becomes what CP932 makes of it. So the wave dash (JIS 0x2141) is always
U+FF5E FULLWIDTH TILDE, never U+301C, and "‖ − ¢ £ ¬ —" their full-width twins, whichever charset carried the text:
the same words compare equal; and NEC row 13 (①㈱) and the IBM extensions, which JIS lacks, are read everywhere.
Half-width kana stay half-width. 0x5C and 0x7E are backslash and tilde, in JIS X 0201 too, as mail readers show them.
"""

import codecs
import re
import struct
from typing import Final

import msgspec

REPLACEMENT: Final = "\ufffd"
GETA: Final = "〓"  # U+3013 stands for a character that cannot be had (下駄)

# Where Python's JIS codecs (iso2022_jp, euc_jp) and CP932 disagree about the same JIS X 0208 cell.
_CP932_TWINS: Final = (
    ("\u301c", "\uff5e"), ("\u2016", "\u2225"), ("\u2212", "\uff0d"), ("\u00a2", "\uffe0"),
    ("\u00a3", "\uffe1"), ("\u00ac", "\uffe2"), ("\u2014", "\u2015"),
)  # fmt: skip

# User-defined cells (外字), and the code points that CP932 gives to the bytes FD, FE and FF.
_USER_DEFINED: Final = re.compile("[\ue000-\ue757]")
_STRAY_CP932: Final = re.compile("[\uf8f0-\uf8f3]")
_PRIVATE: Final = re.compile("[\ue000-\uf8ff]")

# eucJP-ms: IBM extensions outside JIS X 0212 at 8F F3F3 to 8F F4FE, in this order.
_EUC_IBM_EXTENSIONS: Final = (
    "ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ＇＂㈱№℡炻仼僴凬匇匤﨎咊坙﨏塚增寬峵嵓﨑德悅愠敎昻晥晴朗栁﨓﨔橫櫢淸淲瀨凞猪甁皂皞益礰礼神"
    "祥福竧靖精綠緖羽荢﨟薰蘒﨡蠇諸譿賴赶﨣﨤逸郞都鄕﨧﨨閒隆﨩霻靍靑飯飼館馞髙魲鶴黑"
)


class Reading(msgspec.Struct, frozen=True):
    """Text read from bytes, and what went wrong on the way."""

    text: str
    charset: str
    unreadable: int = 0  #: places that became U+FFFD
    user_defined: int = 0  #: characters that became GETA
    bogus_escapes: int = 0  #: escape sequences that were left out
    eight_bit: bool = False  #: 8-bit bytes inside a 7-bit charset


def _cp932_pair(row: int, cell: int) -> bytes:
    """The CP932 byte pair of a JIS cell, rows 1 to 120: JIS X 0208 Annex 1, continued above row 94."""
    lead = (row - 1) // 2 + 0x81
    trail = cell + 0x9E if row % 2 == 0 else cell + 0x3F + (cell > 63)
    return bytes((lead + 0x40 if lead > 0x9F else lead, trail))


def _jis_cells() -> dict[int, str]:
    """Every 7-bit pair, as one number, with its character; leads 7F to 97 are the user and IBM rows of CP50221."""
    cells: dict[int, str] = {}
    for row in range(1, 120):
        for cell in range(1, 95):
            character = _cp932_pair(row, cell).decode("cp932", "ignore")
            if len(character) == 1:
                cells[(row + 0x20) << 8 | (cell + 0x20)] = character
    return cells


_JIS_CELLS: Final = _jis_cells()
_TO_SEVEN_BIT: Final = bytes(byte & 0x7F for byte in range(256))
_TO_EIGHT_BIT: Final = bytes(byte | 0x80 for byte in range(256))
# A pair where Python's codec fails: iso2022_jp reports it whole, euc_jp only by its first byte.
_PAIRS: Final = {"iso2022_jp": re.compile(rb"[\x21-\x7e]{2}"), "euc_jp": re.compile(rb"[\xa1-\xfe]{2}")}


def _extension_cell(error: UnicodeError) -> tuple[str, int]:
    """Lets Python's strict JIS codecs go on over NEC row 13 and the IBM extensions, in the state they are in."""
    if isinstance(error, UnicodeDecodeError):
        whole = error.encoding == "euc_jp" or error.end - error.start == 2
        pair = _PAIRS[error.encoding].match(error.object, error.start) if whole else None
        seven_bit = pair[0].translate(_TO_SEVEN_BIT) if pair else b"\0\0"
        character = _JIS_CELLS.get(seven_bit[0] << 8 | seven_bit[1], "")
        if character and not _USER_DEFINED.match(character):
            return character, error.start + 2
    raise error


_OR_EXTENSION: Final = "kiyome-jis-extension"
codecs.register_error(_OR_EXTENSION, _extension_cell)


def _as_cp932(text: str) -> str:
    if text.isascii():
        return text
    for standard, twin in _CP932_TWINS:
        text = text.replace(standard, twin)
    return text


def _finished(text: str, charset: str, *, bogus_escapes: int = 0, eight_bit: bool = False) -> Reading:
    """Replace what has no meaning outside the sender's machine, and count it."""
    user_defined = 0
    if not text.isascii() and _PRIVATE.search(text):
        text, user_defined = _USER_DEFINED.subn(GETA, text)
        text = _STRAY_CP932.sub(REPLACEMENT, text)
    return Reading(text, charset, text.count(REPLACEMENT), user_defined, bogus_escapes, eight_bit)


# --- ISO-2022-JP -------------------------------------------------------------------------------------------------

# Every designation met in mail → how the bytes after it are read. RFC 1468, 1554, 2237; CP5022x; ISO-2022-JP-3/2004.
_DESIGNATIONS: Final = {
    b"\x1b(B": "ascii",
    b"\x1b(J": "ascii",  # JIS X 0201 Roman: see the module's first lines
    b"\x1b(H": "ascii",  # an old mistake for ESC ( J
    b"\x1b(I": "kana",
    b"\x1b$@": "jis",
    b"\x1b$B": "jis",
    b"\x1b$(@": "jis",
    b"\x1b$(B": "jis",
    b"\x1b$(D": "jis_x_0212",
    b"\x1b$(O": "jis_x_0213",
    b"\x1b$(Q": "jis_x_0213",
    b"\x1b$(P": "jis_x_0213_plane_2",
    b"\x1b$(?": "user_defined",  # ISO-2022-JP-MS
    b"\x1b$A": "gb2312",
    b"\x1b$(A": "gb2312",
    b"\x1b$(C": "ks_x_1001",
}
# Sets whose 7-bit pairs are an 8-bit codec's pairs without the high bits: codec and the prefix of each pair.
_PAIR_CODECS: Final = {
    "jis_x_0212": ("euc_jp", b"\x8f"),
    "jis_x_0213": ("euc_jis_2004", b""),
    "jis_x_0213_plane_2": ("euc_jis_2004", b"\x8f"),
    "gb2312": ("gb2312", b""),
    "ks_x_1001": ("cp949", b""),
}
_TWO_BYTE_SETS: Final = frozenset({"jis", "user_defined", *_PAIR_CODECS})

# A designation or announcer; a terminal control sequence; a lone ESC; SO and SI; the end of a line.
_STEPS: Final = re.compile(rb"(\x1b(?:[$(][(]?[0-~]|&@|\[[0-?]*[ -/]*[@-~]|)|[\x0e\x0f]|[\r\n]+)")
_BELOW_PAIRS: Final = re.compile(rb"[\x00-\x20\x7f]")
_PIECES: Final = re.compile(rb"[\x21-\x97][\x21-\x7e]|[\x00-\xff]")
_ISO_2022_JP_2_ONLY: Final = re.compile(rb"\x1b\.[AF]|\x1bN")

ESCAPE_TO_JAPANESE: Final = re.compile(rb"\x1b(?:\$[@B]|\$\([@BDOPQ?]|\([IJ])")


def read_iso_2022_jp(data: bytes) -> Reading:
    """ISO-2022-JP and its Microsoft relatives; never fails."""
    if b"\x0e" not in data and b"\x1b(J" not in data:
        try:
            text = data.decode("iso2022_jp", _OR_EXTENSION)
        except UnicodeDecodeError:
            text = "\x1b"  # defects: step by step
        if "\x1b" not in text:  # Python passes sequences on that it does not know
            return Reading(_as_cp932(text), "iso-2022-jp")
    if _ISO_2022_JP_2_ONLY.search(data):
        try:
            text = data.decode("iso2022_jp_2")
        except UnicodeDecodeError:
            text = "\x1b"
        if "\x1b" not in text:
            return Reading(_as_cp932(text), "iso-2022-jp")
    return _read_step_by_step(data)


def _read_step_by_step(data: bytes) -> Reading:
    charset, before_shift, bogus = "ascii", "ascii", 0
    text: list[str] = []
    for position, piece in enumerate(_STEPS.split(data)):
        if not piece:
            continue
        if position % 2 == 0:
            text.append(_read_run(piece, charset))
        elif piece in _DESIGNATIONS:
            charset = _DESIGNATIONS[piece]
        elif piece[0] in b"\r\n":
            text.append(piece.decode("ascii"))
            charset = "ascii"  # RFC 1468: a line ends in ASCII; text that forgot to say so is read from there
        elif piece == b"\x0e":  # SO and SI of CP50222 and JIS7: half-width kana
            before_shift, charset = charset, "kana"
        elif piece == b"\x0f":
            charset = before_shift
        elif piece != b"\x1b&@":  # announces JIS X 0208-1990
            bogus += 1
            charset = "ascii" if piece.startswith(b"\x1b(") else charset
    return _finished("".join(text), "iso-2022-jp", bogus_escapes=bogus, eight_bit=not data.isascii())


def _read_run(run: bytes, charset: str) -> str:
    if charset == "ascii":
        return run.decode("ascii") if run.isascii() else _read_eight_bit(run)
    if charset == "kana":
        # The 7-bit columns 2 to 5 are the half-width kana; 8-bit bytes are the same kana written twice over.
        return bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in run).decode("cp932", "replace")
    if charset == "jis":
        return _read_jis_pairs(run)
    return "".join(_read_other_pair(piece, charset) for piece in _PIECES.findall(run))


def _read_eight_bit(run: bytes) -> str:
    """UTF-8 (a footer that a mailing list added), else half-width kana or Shift_JIS."""
    if max(run) >= 0xE0:  # two-byte UTF-8 alone may as well be two half-width kana
        try:
            return run.decode("utf_8")
        except UnicodeDecodeError:
            pass
    return run.decode("cp932", "replace")


def _read_jis_pairs(run: bytes) -> str:
    if len(run) % 2 == 0 and run.isascii() and not _BELOW_PAIRS.search(run):
        cells = struct.unpack(f">{len(run) // 2}H", run)
        return "".join([_JIS_CELLS.get(cell, REPLACEMENT) for cell in cells])
    return "".join(
        _JIS_CELLS.get(piece[0] << 8 | piece[1], REPLACEMENT) if len(piece) == 2 else _read_stray(piece)
        for piece in _PIECES.findall(run)
    )


def _read_stray(byte: bytes) -> str:
    """One byte between two-byte characters: blanks and controls stay, half-width kana are read, others are lost."""
    if byte[0] <= 0x20:
        return byte.decode("ascii")
    return byte.decode("cp932", "replace") if 0xA1 <= byte[0] <= 0xDF else REPLACEMENT


def _read_other_pair(piece: bytes, charset: str) -> str:
    if len(piece) == 1:
        return _read_stray(piece)
    if charset == "user_defined":
        return "\ue000"
    codec, prefix = _PAIR_CODECS[charset]
    return (prefix + piece.translate(_TO_EIGHT_BIT)).decode(codec, "replace")[:2]


# --- EUC-JP and Shift_JIS ----------------------------------------------------------------------------------------

_EUC_PIECES: Final = re.compile(
    rb"[\x00-\x7f]+|(?:[\xa1-\xfe]{2})+|(?:\x8e[\xa1-\xdf])+|\x8f[\xa1-\xfe]{2}|[\x80-\xff]"
)


def read_euc_jp(data: bytes) -> Reading:
    """EUC-JP, CP51932 and eucJP-ms; never fails."""
    try:
        return Reading(_as_cp932(data.decode("euc_jp", _OR_EXTENSION)), "euc-jp")
    except UnicodeDecodeError:
        return _finished("".join(map(_read_euc_piece, _EUC_PIECES.findall(data))), "euc-jp")


def is_valid_euc_jp(data: bytes) -> bool:
    """Whether EUC-JP, with the extensions that are common in mail, reads all of it."""
    try:
        data.decode("euc_jp", _OR_EXTENSION)
    except UnicodeDecodeError:
        return False
    return True


def _read_euc_piece(piece: bytes) -> str:
    lead = piece[0]
    if lead < 0x80:
        return piece.decode("ascii")
    if lead == 0x8E and len(piece) > 1:
        return piece.replace(b"\x8e", b"").decode("cp932")
    if lead == 0x8F and len(piece) == 3:
        return _read_euc_triple(piece)
    return _read_jis_pairs(piece.translate(_TO_SEVEN_BIT)) if len(piece) > 1 else REPLACEMENT


def _read_euc_triple(triple: bytes) -> str:
    extension = (triple[1] - 0xF3) * 94 + triple[2] - 0xF3
    if 0 <= extension < len(_EUC_IBM_EXTENSIONS):
        return _EUC_IBM_EXTENSIONS[extension]
    try:
        return triple.decode("euc_jp")
    except UnicodeDecodeError:
        return triple.decode("euc_jis_2004", "replace")[:2]


def read_shift_jis(data: bytes) -> Reading:
    """CP932 (Windows-31J), or Shift_JIS-2004 where only that reads it; never fails."""
    try:
        return _finished(data.decode("cp932"), "shift_jis")
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("shift_jis_2004").replace("\u00a5", "\\").replace("\u203e", "~")
    except UnicodeDecodeError:
        return _finished(data.decode("cp932", "replace"), "shift_jis")
    return Reading(_as_cp932(text), "shift_jis")
