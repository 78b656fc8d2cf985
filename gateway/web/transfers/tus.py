"""tus 1.0.0 (https://tus.io/protocols/resumable-upload): what its headers say, read strictly. Touches no bytes."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

import msgspec

from gateway.web.api.calls import invalid_at
from gateway.web.api.problem import Problem

if TYPE_CHECKING:
    from hashlib import _Hash

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,termination,checksum,expiration"
MEDIA_TYPE: Final = "application/offset+octet-stream"
LONGEST_METADATA: Final = 8_192  #: characters of the header
#: Checksums of a piece: SHA-1 is what the protocol asks for at least; neither is about anything but a broken line.
ALGORITHMS: Final = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
#: Of an announced upload.
METADATA: Final = frozenset({"filename", "path", "type", "filetype", "name"})
_NUMBER = re.compile(r"[0-9]{1,18}")
_PAIR = re.compile(r"([A-Za-z0-9_-]{1,64})(?: ([A-Za-z0-9+/]*={0,2}))?")


class Announced(msgspec.Struct, frozen=True):
    """An upload that begins."""

    length: int  #: bytes
    name: str  #: as claimed
    path: str  #: folder, as claimed; "" for none
    type: str  #: as claimed


class Checksum(msgspec.Struct, frozen=True):
    """Of one piece."""

    algorithm: str
    digest: bytes

    def begin(self) -> "_Hash":
        """To be fed with the piece."""
        return ALGORITHMS[self.algorithm]()


def insist_on_version(headers: Mapping[str, str]) -> None:
    """Every request but OPTIONS says which protocol it speaks. Raises Problem."""
    if headers.get("tus-resumable", "") != VERSION:
        raise Problem("tus_version", headers={"Tus-Version": VERSION})


def offered(most: int) -> dict[str, str]:
    """What OPTIONS answers."""
    return {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(most),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def expires(moment: datetime) -> str:
    """Upload-Expires (RFC 9110 section 5.6.7)."""
    return format_datetime(moment, usegmt=True)


def announced(headers: Mapping[str, str]) -> Announced:
    """What a creation says. Raises Problem."""
    if "upload-defer-length" in headers or "upload-concat" in headers:
        raise invalid_at("header", "Upload-Defer-Length and Upload-Concat are not known here")
    said = metadata(headers.get("upload-metadata", ""))
    name = said.get("filename") or said.get("name") or ""
    if not name:
        raise invalid_at("Upload-Metadata", "a filename is needed")
    return Announced(
        length=number(headers, "upload-length"),
        name=name,
        path=said.get("path", ""),
        type=said.get("type") or said.get("filetype") or "",
    )


def number(headers: Mapping[str, str], name: str) -> int:
    """A header that is a number of bytes. Raises Problem."""
    text = headers.get(name, "")
    if not _NUMBER.fullmatch(text):
        raise invalid_at(name.title(), "a whole number of bytes is needed")
    return int(text)


def metadata(text: str) -> dict[str, str]:
    """Keys and values of Upload-Metadata; keys that mean nothing here are left out. Raises Problem."""
    found: dict[str, str] = {}
    if len(text) > LONGEST_METADATA:
        raise invalid_at("Upload-Metadata", f"{LONGEST_METADATA} characters at most")
    for pair in text.split(",") if text.strip() else ():
        fits = _PAIR.fullmatch(pair.strip(" "))
        if fits is None or fits[1] in found:
            raise invalid_at("Upload-Metadata", "each is a key, a blank and a value in Base64; each key once")
        try:
            found[fits[1]] = base64.b64decode(fits[2] or "", validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise invalid_at("Upload-Metadata", "values are UTF-8 in Base64") from None
    return {key: value for key, value in found.items() if key in METADATA}


def checksum(headers: Mapping[str, str]) -> Checksum | None:
    """Upload-Checksum; None when the piece has none. Raises Problem."""
    text = headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _, value = text.partition(" ")
    if algorithm not in ALGORITHMS:
        raise Problem("bad_request", f"the checksums are {', '.join(ALGORITHMS)}")
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Problem("bad_request", "the checksum is not Base64") from None
    return Checksum(algorithm, digest)
