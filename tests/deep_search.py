"""Whether a marker is anywhere in bytes: compressed, encoded, escaped or packed, one inside the other, to a depth."""

import base64
import binascii
import bz2
import html
import io
import lzma
import quopri
import re
import unicodedata
import warnings
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from urllib.parse import unquote_to_bytes

import pikepdf
from PIL import Image

DEPTH = 6  # encodings inside encodings
MOST_BYTES = 192 * 1_048_576  # looked at in one search; more is an error, never a silent "not found"
MOST_OF_ONE = 8 * 1_048_576  # out of one decompressor
RAW_DEFLATE_UP_TO = 65_536  # bare deflate has no header: every offset of what is not larger is tried
TWISTS = 2  # ways of writing that were undone over the whole content, one after the other


class TooMuchToSearch(Exception):
    """The bytes unpack to more than one search looks at."""


Unpacked = Iterator[tuple[str, bytes]]


def places(data: bytes, markers: Sequence[str]) -> dict[str, list[str]]:
    """Where each marker that is found was found, as ways of decoding ("zlib@15 > base64"); raises TooMuchToSearch.

    Upper and lower case are the same. An empty result: none of the markers is there in any way that is known here.
    """
    if not markers:
        return {}
    forms = [(marker, way, form) for marker in markers for way, form in _forms(marker)]
    least = min(map(len, markers), default=0)
    met: dict[str, list[str]] = {}
    seen: set[bytes] = set()
    looked_at = 0
    waiting = deque([("", data, 0, 0)])
    while waiting:
        path, content, depth, twists = waiting.popleft()
        mark = blake2b(content, digest_size=16).digest()
        if len(content) < least or mark in seen:
            continue
        seen.add(mark)
        looked_at += len(content)
        if looked_at > MOST_BYTES:
            raise TooMuchToSearch(f"more than {MOST_BYTES} bytes, at {path}")
        small = content.lower()
        for marker, way, form in forms:
            if form in (content if way == "base64" else small):
                met.setdefault(marker, []).append(f"{path}{way}")
        if depth < DEPTH:
            waiting.extend((f"{path}{way} > ", inner, depth + 1, twists) for way, inner in _unpacked(content, twists))
        if depth < DEPTH and twists < TWISTS:
            waiting.extend((f"{path}{way} > ", inner, depth + 1, twists + 1) for way, inner in _untwisted(content))
    return met


def _forms(marker: str) -> list[tuple[str, bytes]]:
    """The marker in small letters as it is and in wide Unicode; as it is inside base64 that runs on around it."""
    plain = marker.encode()
    small = marker.lower()
    wide = [(codec, small.encode(codec)) for codec in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")]
    runs = []
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + plain).rstrip(b"=")
        runs.append(("base64", encoded[(0, 2, 3)[shift] : len(encoded) - 1]))
    return [("as it is", small.encode()), *wide, *runs]


def _unpacked(content: bytes, twists: int) -> Unpacked:
    """What is inside a piece of the content: a stream, a member, a run of letters that are an encoding."""
    yield from _compressed(content)
    yield from _packed(content)
    yield from _pictures(content)
    yield from _runs(content)
    if twists == 0:
        yield from _deflated(content)
    if content.find(b"%PDF-", 0, 2048) >= 0:
        yield from _in_pdf(content)


# Compression


_ZLIB_HEADER = re.compile(rb"(?=[\x08\x18\x28\x38\x48\x58\x68\x78].)", re.DOTALL)


def _compressed(content: bytes) -> Unpacked:
    for match in _ZLIB_HEADER.finditer(content):
        at = match.start()
        if (content[at] << 8 | content[at + 1]) % 31 == 0:  # RFC 1950 section 2.2: FCHECK
            yield f"zlib@{at}", _inflated(content, at, zlib.MAX_WBITS)
    for match in re.finditer(rb"(?=\x1f\x8b\x08)", content):
        yield f"gzip@{match.start()}", _inflated(content, match.start(), zlib.MAX_WBITS | 16)
    for match in re.finditer(rb"(?=BZh[1-9]1AY&SY)", content):
        yield f"bzip2@{match.start()}", _decoded(bz2.BZ2Decompressor(), content[match.start() :])
    for match in re.finditer(rb"(?=\xfd7zXZ\0|\x5d\0\0)", content):
        yield f"lzma@{match.start()}", _decoded(lzma.LZMADecompressor(memlimit=1 << 28), content[match.start() :])


def _deflated(content: bytes) -> Unpacked:
    """Bare deflate (RFC 1951), which nothing announces; counts only when it ends as it should and saves something."""
    if len(content) > RAW_DEFLATE_UP_TO:
        return
    view = memoryview(content)
    for at in range(len(content) - 1):
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            inner = inflater.decompress(view[at : at + 64], MOST_OF_ONE)
            inner += inflater.decompress(view[at + 64 :], MOST_OF_ONE)
        except (zlib.error, EOFError):
            continue
        if inflater.eof and len(inner) > len(content) - at - len(inflater.unused_data):
            yield f"deflate@{at}", inner


def _inflated(content: bytes, at: int, window: int) -> bytes:
    """As far as it goes: a stream that breaks later still shows what came before."""
    inflater = zlib.decompressobj(window)
    inner = bytearray()
    step = 512
    while at < len(content) and not inflater.eof and len(inner) < MOST_OF_ONE:
        try:
            inner += inflater.decompress(content[at : at + step], MOST_OF_ONE)
        except zlib.error:
            break
        at += step
        step = min(65_536, step * 2)
    return bytes(inner)


def _decoded(decompressor: bz2.BZ2Decompressor | lzma.LZMADecompressor, content: bytes) -> bytes:
    try:
        return decompressor.decompress(content, MOST_OF_ONE)
    except (OSError, EOFError, lzma.LZMAError):
        return b""


# Containers


def _packed(content: bytes) -> Unpacked:
    """ZIP: members by the central directory, and every local header whether a directory names it or not."""
    for match in re.finditer(rb"PK\x03\x04", content):
        at = match.start()
        if len(content) < at + 30:
            continue
        data_at = at + 30 + int.from_bytes(content[at + 26 : at + 28], "little")
        data_at += int.from_bytes(content[at + 28 : at + 30], "little")
        yield f"zip member@{at}", _inflated(content, data_at, -zlib.MAX_WBITS)
    if b"PK\x05\x06" in content:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for member in archive.infolist():
                    with archive.open(member) as file:
                        yield f"zip {member.filename!r}", file.read(MOST_OF_ONE)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error, ValueError):
            return


_PICTURE = re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF....WEBP|BM", re.DOTALL)


def _pictures(content: bytes) -> Unpacked:
    """What Pillow knows of a picture besides its pixels: text chunks, comments, Exif, profiles."""
    if not _PICTURE.match(content):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content)) as picture:
                if picture.width * picture.height < 50_000_000:
                    picture.load()  # text behind the pixels is read only then
                yield from _values("picture", picture.info)
                yield from _values("exif", dict(picture.getexif()))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return


def _values(way: str, value: object) -> Unpacked:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(f"{way} {key}", inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _values(way, inner)
    elif isinstance(value, bytes):
        yield way, value
    elif isinstance(value, str):
        yield way, value.encode("utf-8", "surrogatepass")


# PDF, by pikepdf: filters other than flate, encryption, strings with escapes, text shown piece by piece


def _in_pdf(content: bytes) -> Unpacked:
    try:
        with pikepdf.open(io.BytesIO(content), suppress_warnings=True) as document:
            for number, thing in enumerate(document.objects):
                yield from _of_object(f"object {number + 1}", thing)
            yield from _of_object("trailer", document.trailer)
            for number, page in enumerate(document.pages, 1):
                yield f"page {number} strings", _shown_strings(page)
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, RuntimeError, TypeError):
        return


def _of_object(way: str, thing: pikepdf.Object) -> Unpacked:
    parts: list[bytes] = []
    pending = [thing]
    while pending:
        value = pending.pop()
        if isinstance(value, pikepdf.String):
            parts += [bytes(value), str(value).encode("utf-8", "surrogatepass")]
        elif isinstance(value, pikepdf.Name):
            parts.append(str(value).encode("utf-8", "surrogatepass"))
        elif isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
            parts += [str(key).encode("utf-8", "surrogatepass") for key in value.keys()]  # noqa: SIM118 - no mapping
            pending += [inner for _key, inner in value.items() if not getattr(inner, "is_indirect", False)]
        elif isinstance(value, pikepdf.Array):
            pending += [inner for inner in value if not getattr(inner, "is_indirect", False)]
    yield way, b"\n".join(parts)
    if isinstance(thing, pikepdf.Stream):
        yield from _of_stream(way, thing)


def _of_stream(way: str, stream: pikepdf.Stream) -> Unpacked:
    yield f"{way} undecoded", stream.read_raw_bytes()
    try:
        yield f"{way} decoded", stream.read_bytes(pikepdf.StreamDecodeLevel.specialized)[:MOST_OF_ONE]
    except (pikepdf.PdfError, pikepdf.DependencyError):  # JBIG2 asks for a program that is not here
        return
    yield f"{way} strings", _shown_strings(stream)


def _shown_strings(content: pikepdf.Page | pikepdf.Stream) -> bytes:
    """The strings of a content stream, joined as a reader would see them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            instructions = pikepdf.parse_content_stream(content)
    except (pikepdf.PdfError, TypeError, ValueError):
        return b""
    strings: list[bytes] = []
    for instruction in instructions:
        for operand in instruction.operands:
            pieces = operand if isinstance(operand, pikepdf.Array) else [operand]
            strings += [bytes(piece) for piece in pieces if isinstance(piece, pikepdf.String)]
    return b"".join(strings)


# Ways of writing bytes as text


_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_BASE64_LINES = re.compile(rb"(?:[A-Za-z0-9+/_-]{4,}={0,2}[ \t]*\r?\n[ \t]*)+[A-Za-z0-9+/_-]*")
_HEX_RUN = re.compile(rb"(?:[0-9A-Fa-f]\s*){16,}")
_ASCII85_RUN = re.compile(rb"(?:(?<![!-uz\s])|(?<=~>)|(?<=~\s>))[!-uz\s]{10,}+~\s*>")  # no second try within a run
_NUMBERS = re.compile(rb"(?:\d{2,3}\s*[,;]\s*){7,}\d{2,3}")  # String.fromCharCode(75, 73, …)
_BACKSLASH = re.compile(rb"\\(?:([0-7]{3})|x([0-9A-Fa-f]{2})|u\{?([0-9A-Fa-f]{4,6})\}?|(\r?\n)|([()\\]))")
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
_ENTITY = re.compile(rb"&(?:#[0-9Xx]|[a-zA-Z]{2,})")
_SOFT = re.compile(rb"=[0-9A-Fa-f]{2}|=\r?\n")
_FULL_WIDTH = (  # six or more letters that only look like ASCII
    ("utf-8", re.compile(rb"(?:\xef\xbc[\x81-\xbf]|\xef\xbd[\x80-\x9e]){6,}")),
    ("cp932", re.compile(rb"(?:\x82[\x4f-\x9a]){6,}")),
    ("euc-jp", re.compile(rb"(?:\xa3[\xb0-\xfa]){6,}")),
    ("utf-16-be", re.compile(rb"(?:\xff[\x01-\x5e]){6,}")),
    ("utf-16-le", re.compile(rb"(?:[\x01-\x5e]\xff){6,}")),
)
_UNSEEN = re.compile("[\\u00ad\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff]")


def _runs(content: bytes) -> Unpacked:
    for run in _BASE64_RUN.finditer(content):
        yield from _from_base64(run[0], run.start())
    for run in _BASE64_LINES.finditer(content):
        yield from _from_base64(b"".join(run[0].split()).replace(b"=", b""), run.start())
    for run in _HEX_RUN.finditer(content):
        digits = b"".join(run[0].split())
        for shift in range(2):
            whole = digits[shift : len(digits) - (len(digits) - shift) % 2]
            yield f"hex@{run.start() + shift}", binascii.unhexlify(whole)
    for run in _ASCII85_RUN.finditer(content):
        yield from _from_ascii85(run[0], run.start())
    for run in _NUMBERS.finditer(content):
        numbers = [int(number) for number in re.findall(rb"\d+", run[0])]
        yield f"numbers@{run.start()}", bytes(number for number in numbers if number < 256)


def _from_base64(run: bytes, at: int) -> Unpacked:
    run = run.translate(bytes.maketrans(b"-_", b"+/"))
    for shift in range(4):
        whole = run[shift:]
        whole = whole[: len(whole) - 1] if len(whole) % 4 == 1 else whole
        yield f"base64@{at + shift}", base64.b64decode(whole + b"=" * (-len(whole) % 4))


def _from_ascii85(run: bytes, at: int) -> Unpacked:
    """The whole run, or what follows the last blank: words may stand before it."""
    body = run[: run.rindex(b"~")].rpartition(b"<~")[2]
    for candidate in (body, *body.split()[-1:]):
        for cut in range(5):  # words before it need not end with a group of five
            try:
                yield f"ascii85@{at}", base64.a85decode(candidate[cut:])
            except ValueError:
                continue


def _untwisted(content: bytes) -> Unpacked:
    """The whole content with one way of escaping undone."""
    if _BACKSLASH.search(content):
        yield "backslashes", _BACKSLASH.sub(_escaped_bytes, content)
    if _NAME_ESCAPE.search(content):
        yield "name escapes", _NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), content)
    if _PERCENT.search(content):
        yield "percent", unquote_to_bytes(content)
    if _ENTITY.search(content):
        yield "entities", html.unescape(content.decode("latin-1")).encode("utf-8", "surrogatepass")
    if _SOFT.search(content):
        yield "quoted-printable", quopri.decodestring(content)
    if b"\0" in content:
        yield "without NULs", content.replace(b"\0", b"")
    yield from _folded(content)


def _folded(content: bytes) -> Unpacked:
    """Full-width letters as the letters they look like; nothing invisible in between."""
    for codec, run in _FULL_WIDTH:
        if run.search(content):
            text = content.decode(codec, "ignore")
            yield f"full width in {codec}", unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")
    text = content.decode("utf-8", "ignore")
    if _UNSEEN.search(text):
        yield "without what is unseen", _UNSEEN.sub("", text).encode()


def _escaped_bytes(found: "re.Match[bytes]") -> bytes:
    octal, pair, code, line, other = found.groups()
    if octal:
        return bytes([int(octal, 8) & 0xFF])
    if pair:
        return bytes([int(pair, 16)])
    if code:
        return chr(min(int(code, 16), 0x10FFFF)).encode("utf-8", "surrogatepass")
    return b"" if line else other
