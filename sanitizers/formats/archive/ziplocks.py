"""Members of ZIP files behind a password: ZipCrypto (APPNOTE 6.1) and AES (winzip.com/win/en/aes_info.html).

The password is looked at here, by the bytes that are meant for that; libarchive undoes the encryption.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final, NamedTuple

from sanitizers.formats.archive.packings import alone
from sanitizers.model import CannotSanitize
from sanitizers.zipped.records import Central, extra_field, malformed

_AES: Final = 99
_AES_FIELD: Final = 0x9901
_SALTS: Final = {1: 8, 2: 12, 3: 16}  # strength → bytes of salt; the key is twice as long
_ROUNDS: Final = 1_000
_CODE: Final = 10  # bytes of authentication behind the data
_HEADER: Final = 12  # bytes of ZipCrypto in front of the data
_STREAMED: Final = 0x0008


class Unlocked(NamedTuple):
    """A member without its encryption, still compressed."""

    packed: bytes
    method: int
    secret: str
    checked: bool  #: an authentication code was right, and there may be no CRC


def encodings(secret: str) -> list[bytes]:
    """The bytes that a program may have made of a password: nothing says in which charset."""
    found = [secret.encode("utf-8")]
    with suppress(UnicodeEncodeError):
        found.append(secret.encode("cp932"))
    return list(dict.fromkeys(found))


def unlocked(entry: Central, packed: bytes, secrets: Iterable[str]) -> Iterator[Unlocked]:
    """What each password that seems to fit makes of a member; of ZipCrypto one wrong password in 256 seems to fit."""
    attempt = _opened_aes if entry.method == _AES else _opened_old
    for secret in secrets:
        for raw in encodings(secret):
            if raw and b"\0" not in raw and (opened := attempt(entry, packed, raw, secret)) is not None:
                yield opened


def _opened_aes(entry: Central, packed: bytes, raw: bytes, secret: str) -> Unlocked | None:
    field = extra_field(entry.extra, _AES_FIELD)
    if len(field) < 7 or field[4] not in _SALTS:
        raise malformed("with a member that is damaged")
    strength, method = field[4], int.from_bytes(field[5:7], "little")
    salt, key = _SALTS[strength], 2 * _SALTS[strength]
    size = len(packed) - salt - 2 - _CODE
    if size < 0:
        raise malformed("with a member that is cut off")
    derived = hashlib.pbkdf2_hmac("sha1", raw, packed[:salt], _ROUNDS, 2 * key + 2)
    if derived[-2:] != packed[salt : salt + 2]:
        return None
    stored = struct.pack("<HH", _AES_FIELD, 7) + field[:5] + b"\0\0"  # so that it comes out as it was compressed
    plain = _plain(packed, size, _AES, 0, stored, raw)
    return None if plain is None else Unlocked(plain, method, secret, checked=entry.crc == 0)


def _opened_old(entry: Central, packed: bytes, raw: bytes, secret: str) -> Unlocked | None:
    if len(packed) < _HEADER:
        raise malformed("with a member that is cut off")
    check = entry.time >> 8 if entry.flags & _STREAMED else entry.crc >> 24
    if _last_of_header(packed[:_HEADER], raw) != check:
        return None
    plain = _plain(packed, len(packed) - _HEADER, 0, check << 24, b"", raw)
    return None if plain is None else Unlocked(plain, entry.method, secret, checked=False)


def _plain(packed: bytes, size: int, method: int, crc: int, extra: bytes, secret: bytes) -> bytes | None:
    """None: the password is another one."""
    if not size:
        return b""
    try:
        return b"".join(alone(packed, size, method, crc, extra, secret))
    except CannotSanitize:
        return None


def _last_of_header(header: bytes, secret: bytes) -> int:
    """APPNOTE 6.1.5 and 6.1.6: what the last of the twelve bytes is in the clear."""
    keys = (0x1234_5678, 0x2345_6789, 0x3456_7890)
    for byte in secret:
        keys = _mixed(keys, byte)
    plain = 0
    for byte in header:
        key = keys[2] & 0xFFFF | 2
        plain = byte ^ (key * (key ^ 1) >> 8 & 0xFF)
        keys = _mixed(keys, plain)
    return plain


def _mixed(keys: tuple[int, int, int], byte: int) -> tuple[int, int, int]:
    first = _crc_step(keys[0], byte)
    second = ((keys[1] + (first & 0xFF)) * 134_775_813 + 1) & 0xFFFF_FFFF
    return first, second, _crc_step(keys[2], second >> 24)


def _crc_step(crc: int, byte: int) -> int:
    return zlib.crc32(bytes((byte,)), crc ^ 0xFFFF_FFFF) ^ 0xFFFF_FFFF
