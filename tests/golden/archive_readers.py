"""What the standard library shows of an archive: the path of each member, and the text in it, however deep."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping

from backports import zstd

ARCHIVES = frozenset(
    {
        "application/zip",
        "application/x-tar",
        "application/gzip",
        "application/x-bzip2",
        "application/x-xz",
        "application/zstd",
    }
)
_UNPACKERS: Mapping[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": gzip.decompress,
    b"BZh": bz2.decompress,
    b"\xfd7zXZ": lzma.decompress,
    b"\x28\xb5\x2f\xfd": zstd.decompress,
}


def text_of_archive(content: bytes) -> str:
    """A line for each path, then what is in it."""
    return "\n".join(_lines(content, ""))


def members(content: bytes) -> dict[str, bytes]:
    """Path → content of the archive itself."""
    for sign, unpacked in _UNPACKERS.items():
        if content.startswith(sign):
            content = unpacked(content)
    if content.startswith((b"PK\3\4", b"PK\5\6")):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            file = archive.extractfile(member)
            found[member.name] = file.read() if file else b""
    return found


def _lines(content: bytes, place: str) -> Iterator[str]:
    try:
        inside = members(content)
    except (tarfile.ReadError, zipfile.BadZipFile):
        for sign, unpacked in _UNPACKERS.items():
            if content.startswith(sign):
                content = unpacked(content)
        yield content.decode("utf-8", "replace")
        return
    for path, data in inside.items():
        yield place + path
        yield from _lines(data, f"{place}{path}/")
