"""Pictures of a file: each a child of the engine; a grey field for one that cannot be cleaned."""

import base64
import binascii
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sanitizers.detect import detect
from sanitizers.formats.odf import dropped
from sanitizers.formats.odf.namespaces import clark
from sanitizers.formats.odf.parsing import XML
from sanitizers.job import Role
from sanitizers.model import Rebuilt
from sanitizers.pictures import placeholder

if TYPE_CHECKING:
    from sanitizers.formats.odf.document import Document
    from sanitizers.formats.odf.work import Work

#: What a clean picture may be so that LibreOffice draws it → its ending.
PICTURES: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/tiff": "tif",
    "image/bmp": "bmp",
    "image/webp": "webp",
    "image/svg+xml": "svg",
}
_HREF: Final = clark("xlink:href")
_BINARY: Final = clark("office:binary-data")
_OUTSIDE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\]|\.\./")
_BLANKS: Final = re.compile(r"\s+")


class Pictures:
    """The pictures of one file; the same bytes are cleaned once for each document in it."""

    def __init__(self, document: "Document") -> None:
        self._document = document
        self._known: dict[tuple[str, bytes], str | None] = {}
        self._number = 0

    def of(self, work: "Work", element: XML, *, replacement: bool, background: bool) -> str | None:
        """The address of the clean picture of an element.

        None: there is none; told of but where it is the `replacement` of an object, which programs draw anew. A picture
        of its own is replaced by a grey field, a `background` by nothing.
        """
        data = self._data(work, element, replacement=replacement)
        if data is None:
            return None if replacement or background else self.placeholder(work.folder)
        detected = detect(data, "")
        if replacement and detected not in PICTURES:
            return None
        clean = self._clean(work.folder, data, detected)
        if clean is not None or replacement:
            return clean
        work.met(dropped.NO_PICTURE, element.get(_HREF) or "")
        return None if background else self.placeholder(work.folder)

    def _data(self, work: "Work", element: XML, *, replacement: bool) -> bytes | None:
        binary = element.find(_BINARY)
        if binary is not None:
            try:
                return base64.b64decode(_BLANKS.sub("", binary.text or ""))
            except (binascii.Error, ValueError):
                work.met(dropped.BROKEN, "office:binary-data")
                return None
        address = element.get(_HREF) or ""
        package = self._document.package
        member = package.find(work.source, address)
        if member is not None:
            return package.bytes_of(member)
        if _OUTSIDE.match(address):
            work.met(dropped.LINKED_PICTURE, address)
        elif address and not replacement:
            work.met(dropped.MISSING, address)
        return None

    def _clean(self, folder: str, data: bytes, detected: str) -> str | None:
        key = (folder, sha256(data).digest())
        if key not in self._known:
            self._known[key] = None
            if detected.startswith("image/"):
                result = self._document.job.child("", detected, data, role=Role.SHOWN)
                if isinstance(result, Rebuilt) and result.type in PICTURES:
                    self._known[key] = self._kept(folder, result.data, result.type)
        return self._known[key]

    def _kept(self, folder: str, data: bytes, type_: str) -> str:
        key = (folder, b"clean" + sha256(data).digest())
        known = self._known.get(key)
        if known is None:
            self._number += 1
            known = self._known[key] = f"Pictures/{self._number}.{PICTURES[type_]}"
            self._document.keep(f"{folder}{known}", data, type_)
        return known

    def placeholder(self, folder: str) -> str:
        """The address of a light grey square."""
        return self._kept(folder, placeholder(), "image/png")
