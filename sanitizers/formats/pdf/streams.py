"""The bytes of a stream with every filter undone: counted, bounded, and as far as damage allows (ISO 32000-2, 7.4)."""

import base64
import binascii
import zlib
from collections.abc import Callable
from itertools import zip_longest

import msgspec
import pikepdf

from sanitizers.budget import MEBIBYTE
from sanitizers.formats.pdf.work import StreamFailed, Work
from sanitizers.model import Action, Severity, Threat

MOST_FILTERS = 6  #: one after the other; real documents use one or two
CHUNK = 1 << 18  #: bytes asked of a decoder at a time
LARGEST_LZW = 32 * MEBIBYTE  #: decoded here, one code at a time

#: Long and short names (tables 6 and 92), and what a reader of pictures has to undo.
SHORT_NAMES = {
    "A85": "ASCII85Decode",
    "AHx": "ASCIIHexDecode",
    "CCF": "CCITTFaxDecode",
    "DCT": "DCTDecode",
    "Fl": "FlateDecode",
    "LZW": "LZWDecode",
    "RL": "RunLengthDecode",
}
PREDICTED = frozenset({"FlateDecode", "LZWDecode"})
PICTURE_FILTERS = frozenset({"CCITTFaxDecode", "DCTDecode", "JBIG2Decode", "JPXDecode"})

_NOT_HEX = bytes(set(range(256)) - set(b"0123456789abcdefABCDEF"))
_NOT_85 = bytes(set(range(256)) - set(range(0x21, 0x76)) - set(b"z"))

Parameters = dict[str, pikepdf.Object]


class Undone(msgspec.Struct, frozen=True):
    """A stream as far as it can be undone without decoding a picture."""

    data: bytes
    picture: str  #: the picture filter that is left, "" when there is none
    parameters: Parameters  #: of that filter


def decoded(stream: pikepdf.Object, work: Work) -> bytes:
    """All filters undone. Raises StreamFailed for what cannot be read, OverBudget for what grows too much."""
    undone = without_filters(stream, work)
    if undone.picture:
        raise StreamFailed(f"{undone.picture} where no picture belongs")
    work.meter.take_in(len(undone.data))
    return undone.data


def without_filters(stream: pikepdf.Object, work: Work, expected: int | None = None) -> Undone:
    """All filters undone up to one of pictures; of a picture `expected` bytes are read at most.

    Pixels are counted by who knows `expected`; without it the ratio of the budget holds.
    """
    if "/F" in stream or "/FFilter" in stream:
        work.found(
            Threat.EXTERNAL_REFERENCE, Severity.DANGER, Action.REMOVED, "stream", "a stream kept in a file elsewhere"
        )
        raise StreamFailed("kept in a file elsewhere")
    try:
        raw = stream.read_raw_bytes()
    except pikepdf.PdfError as error:
        raise StreamFailed("cannot be read") from error
    steps = filters(stream.get("/Filter"), stream.get("/DecodeParms"))
    return undo(raw, steps, work, expected)


def filters(names: pikepdf.Object | None, parameters: pikepdf.Object | None) -> list[tuple[str, Parameters]]:
    """Filter names, long form, each with its parameters."""
    listed = _listed(names)
    if len(listed) > MOST_FILTERS:
        raise StreamFailed("too many filters")
    if any(not isinstance(name, pikepdf.Name) for name in listed):
        raise StreamFailed("a filter without a name")
    given = [dict(one.items()) if isinstance(one, pikepdf.Dictionary) else {} for one in _listed(parameters)]
    short = [bytes(name)[1:].decode("latin-1") for name in listed]
    pairs = zip_longest((SHORT_NAMES.get(name, name) for name in short), given[: len(short)], fillvalue=None)
    return [(name or "", parms or {}) for name, parms in pairs]


def undo(raw: bytes, steps: list[tuple[str, Parameters]], work: Work, expected: int | None = None) -> Undone:
    """As `without_filters`, for bytes that are at hand."""
    data = raw
    for place, (name, parameters) in enumerate(steps):
        if name in PICTURE_FILTERS:
            if place != len(steps) - 1:
                raise StreamFailed("a picture filter before another filter")
            return Undone(data, name, parameters)
        last = expected if place == len(steps) - 1 else None
        data = _undo_one(name, data, parameters, work, last)
    return Undone(data, "", {})


def number(parameters: Parameters, key: str, default: int, most: int) -> int:
    """An integer of the parameters, within 0 … most."""
    value = parameters.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise StreamFailed(f"{key} out of range")
    return value


def _listed(value: pikepdf.Object | None) -> list[pikepdf.Object]:
    if value is None:
        return []
    return list(value) if isinstance(value, pikepdf.Array) else [value]


def _undo_one(name: str, data: bytes, parameters: Parameters, work: Work, expected: int | None) -> bytes:
    if name == "Crypt":  # the library has decrypted already; Identity means there was nothing to decrypt
        if bytes(parameters.get("/Name", pikepdf.Name.Identity)) != b"/Identity":
            raise StreamFailed("encrypted in a way of its own")
        return data
    decode = DECODERS.get(name)
    if decode is None:
        raise StreamFailed("an unknown filter")
    if name == "LZWDecode" and number(parameters, "/EarlyChange", 1, 1) == 0:
        decode = _lzw_late
    if name in PREDICTED and number(parameters, "/Predictor", 1, 15) > 1:
        return _predicted(decode, data, parameters, work, expected)
    return _read(decode, data, work, expected)


def _read(
    decode: Callable[[bytes, int], bytes], data: bytes, work: Work, expected: int | None, extra: int = 0
) -> bytes:
    """What the decoder gives, but no more than expected, or than the budget allows."""
    if expected is not None:
        return decode(data, expected + extra)
    allowed = max(MEBIBYTE, len(data) * work.meter.limits.expansion_ratio)
    room = min(allowed, max(0, work.meter.limits.bytes_in - work.meter.bytes_in)) + 1
    out = decode(data, room + extra)
    if len(out) >= room:
        work.meter.check_expansion(len(data), len(out))
        work.meter.check_room(size=len(out))
    return out


def _predicted(
    decode: Callable[[bytes, int], bytes], data: bytes, parameters: Parameters, work: Work, expected: int | None
) -> bytes:
    """Decoded, and a predictor undone (table 8): PNG's need a byte more for each row."""
    row = _row_bytes(parameters)
    extra = (expected or 0) // row + 2
    return _unpredicted(_read(decode, data, work, expected, extra), parameters, work)[:expected]


def _row_bytes(parameters: Parameters) -> int:
    colours = number(parameters, "/Colors", 1, 32)
    bits = number(parameters, "/BitsPerComponent", 8, 16)
    columns = number(parameters, "/Columns", 1, 1 << 24)
    if not colours * bits * columns:
        raise StreamFailed("rows without bytes")
    return (colours * bits * columns + 7) // 8


def _unpredicted(rows: bytes, parameters: Parameters, work: Work) -> bytes:
    """By the library, which cannot make more of the rows than they are: they go in stored in a Flate frame."""
    kept = {
        key: parameters[key] for key in ("/Predictor", "/Colors", "/BitsPerComponent", "/Columns") if key in parameters
    }
    carrier = pikepdf.Stream(work.target, b"")
    carrier.write(zlib.compress(rows, 0), filter=pikepdf.Name.FlateDecode, decode_parms=pikepdf.Dictionary(kept))
    try:
        return carrier.read_bytes()
    except pikepdf.PdfError as error:
        raise StreamFailed("rows that no predictor made") from error
    finally:
        carrier.write(b"")


def _flate(data: bytes, room: int) -> bytes:
    """RFC 1950; what stands before damage is kept, a wrong frame does not matter, and what is plain stays plain."""
    out = _inflate(zlib.decompressobj(), data, room) or _inflate(zlib.decompressobj(-zlib.MAX_WBITS), data[2:], room)
    return out or (data[:room] if data[:1] != b"\x78" else b"")


def _inflate(machine: "zlib._Decompress", data: bytes, room: int) -> bytes:
    pieces: list[bytes] = []
    step = CHUNK
    while room > 0 and not machine.eof:
        before = machine.copy()
        try:
            piece = machine.decompress(data, min(step, room))
        except zlib.error:
            if step == 1:
                break
            machine, step = before, max(1, step // 64)  # what came out in this step is lost: ask for less
            continue
        data = machine.unconsumed_tail
        pieces.append(piece)
        room -= len(piece)
        if not piece and not data:
            break
    return b"".join(pieces)


def _hex(data: bytes, room: int) -> bytes:
    digits = data.partition(b">")[0].translate(None, _NOT_HEX)[: 2 * room]
    return binascii.unhexlify(digits + b"0" * (len(digits) % 2))


def _base_85(data: bytes, room: int) -> bytes:
    digits = data.partition(b"~")[0].translate(None, _NOT_85)[: 5 * room]
    if b"z" in digits and len(digits) > room:
        digits = digits[:room]  # each z is four bytes
    digits = digits[: len(digits) - 1] if len(digits.replace(b"z", b"")) % 5 == 1 else digits
    try:
        return base64.a85decode(digits)
    except (ValueError, OverflowError) as error:
        raise StreamFailed("no ASCII85") from error


def _run_length(data: bytes, room: int) -> bytes:
    pieces: list[bytes] = []
    place = size = 0
    while place < len(data) and size < room:
        length = data[place]
        if length == 128:
            break
        piece = data[place + 1 : place + 2 + length] if length < 128 else data[place + 1 : place + 2] * (257 - length)
        place += length + 2 if length < 128 else 2
        size += len(piece)
        pieces.append(piece)
    return b"".join(pieces)


def _lzw(data: bytes, room: int, early: int = 1) -> bytes:
    """Codes of 9 to 12 bits, 256 clears, 257 ends (7.4.4.2)."""
    table: list[bytes] = []
    fresh = [bytes((code,)) for code in range(256)] + [b"", b""]
    pieces: list[bytes] = []
    width, size, bits, held = 9, 0, 0, 0
    room = min(room, LARGEST_LZW)
    before = b""
    for byte in data:
        held = held << 8 | byte
        bits += 8
        if bits < width:
            continue
        bits -= width
        code = held >> bits
        held &= (1 << bits) - 1
        if code == 256 or not table:
            table, width, before = fresh.copy(), 9, b""
            if code == 256:
                continue
        if code == 257 or code > len(table) or size >= room:
            break
        piece = table[code] if code < len(table) else before + before[:1]
        if before and len(table) < 4096:
            table.append(before + piece[:1])
            width = min(12, (len(table) + early).bit_length())
        before = piece
        size += len(piece)
        pieces.append(piece)
    return b"".join(pieces)


def _lzw_late(data: bytes, room: int) -> bytes:
    return _lzw(data, room, 0)


#: Filters that are undone here (table 6), each told how many bytes may come out.
DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "ASCII85Decode": _base_85,
    "ASCIIHexDecode": _hex,
    "FlateDecode": _flate,
    "LZWDecode": _lzw,
    "RunLengthDecode": _run_length,
}
