"""OLE2 compound files ([MS-CFB]), looked at by the names and classes in their directory. Nothing of them is copied.

This is a look, not a wall: whatever it overlooks is left behind by the conversion and by the sanitizer of what that
makes. So a directory that cannot be read is itself only reported.
"""

import io
import struct
from collections.abc import Callable
from typing import Final

import olefile

from sanitizers.formats.legacy import excel, slides, word
from sanitizers.formats.legacy.sightings import Sight, Sightings
from sanitizers.model import Severity, Threat

UNREADABLE: Final = (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error)

MACROS: Final = Sight(Threat.ACTIVE_CONTENT, Severity.DANGER, "macros", "VBA macros")
OBJECT: Final = Sight(Threat.EMBEDDED_OBJECT, Severity.WARNING, "objects", "an embedded object (OLE)")
FILE: Final = Sight(Threat.EMBEDDED_OBJECT, Severity.DANGER, "objects", "an embedded file (Ole10Native)")
PACKAGE: Final = Sight(Threat.EMBEDDED_OBJECT, Severity.WARNING, "objects", "an embedded Office file")
EQUATION: Final = Sight(
    Threat.EMBEDDED_OBJECT,
    Severity.DANGER,
    "objects",
    "an object for the old equation editor, which runs code when it opens",
)
CONTROL: Final = Sight(Threat.ACTIVE_CONTENT, Severity.DANGER, "objects", "an ActiveX control")
LINK: Final = Sight(Threat.EXTERNAL_REFERENCE, Severity.DANGER, "objects", "an object that is fetched from elsewhere")
UNREADABLE_PARTS: Final = Sight(
    Threat.MALFORMED, Severity.WARNING, "file", "a directory that cannot be read, so that it is not known what is in it"
)

# Last name in the path of a stream or storage, lower case → what it is there for.
NAMES: Final = {
    "_vba_project": MACROS,  # [MS-OVBA] 2.2.1: in each storage VBA
    "\x01ole10native": FILE,  # [MS-OLEDS] 2.3.6: a file that was dropped in, of any type
    "package": PACKAGE,  # an OOXML file that was embedded as an object
    "equation native": EQUATION,
    "\x03ocxname": CONTROL,  # [MS-OFORMS]; in Word's ObjectPool
    "\x03ocxdata": CONTROL,
}
# Class of a storage → what would open it.
CLASSES: Final = {
    "0002CE02-0000-0000-C000-000000000046": EQUATION,  # Equation.3
    "0002CE03-0000-0000-C000-000000000046": EQUATION,  # Equation.2
    "00021700-0000-0000-C000-000000000046": EQUATION,
    "00000300-0000-0000-C000-000000000046": LINK,  # StdOleLink
    "79EAC9E0-BAF9-11CE-8C82-00AA004BA90B": LINK,  # URL moniker
    "EAB22AC3-30C1-11CF-A7EB-0000C05BAE0B": CONTROL,  # a web browser
    "D27CDB6E-AE6D-11CF-96B8-444553540000": CONTROL,  # Flash
}
OBJECT_POOL: Final = "objectpool"  # [MS-DOC] 2.1.4: one storage below it for each object
EXCEL_OBJECT: Final = ("mbd", "lnk")  # [MS-XLS] 2.1.7.9 and .10: beginnings of names of storages with objects, links

Look = Callable[["Compound", Sightings], None]


class Compound:
    """One file, opened; raises one of UNREADABLE when it is none."""

    def __init__(self, data: bytes) -> None:
        self._ole = olefile.OleFileIO(io.BytesIO(data))
        self.paths: list[tuple[str, ...]] = [tuple(path) for path in self._ole.listdir(streams=True, storages=True)]
        self._roots = {path[0].lower(): path[0] for path in self.paths if len(path) == 1}

    @property
    def extension(self) -> str:
        """What the file is by the streams at its root; "" for nothing that we convert."""
        if "worddocument" in self._roots:
            return "doc" if word.is_of_97(self.stream("WordDocument")) else "doc6"
        if "workbook" in self._roots or "book" in self._roots:
            return "xls"
        return "ppt" if "powerpoint document" in self._roots else ""

    @property
    def is_encrypted_package(self) -> bool:
        """An OOXML file behind a password ([MS-OFFCRYPTO] 2.3)."""
        return "encryptedpackage" in self._roots

    def stream(self, *names: str) -> bytes:
        """The first of these at the root, whole; empty when there is none or it cannot be read."""
        for name in names:
            path = self._roots.get(name.lower())
            if path is not None:
                try:
                    return bytes(self._ole.openstream([path]).read())
                except UNREADABLE:
                    return b""
        return b""

    def class_of(self, path: tuple[str, ...]) -> str:
        """Class identifier of a storage, upper case; "" for a stream or none."""
        try:
            return str(self._ole.getclsid(list(path))).upper()
        except UNREADABLE:
            return ""

    @property
    def is_encrypted(self) -> bool:
        """Whether the document in it needs a password."""
        if self.is_encrypted_package:
            return True
        if self.extension in {"doc", "doc6"}:
            return word.is_encrypted(self.stream("WordDocument"))
        if self.extension == "xls":
            return excel.is_encrypted(self.stream("Workbook", "Book"))
        return self.extension == "ppt" and slides.is_encrypted(self.stream("Current User"))


def look(compound: Compound, seen: Sightings) -> None:
    """Everything that is reported of one file."""
    for path in compound.paths:
        last = path[-1].lower()
        sight = NAMES.get(last) or CLASSES.get(compound.class_of(path))
        if sight is None and (
            _is_in_pool(path) or (len(path) == 1 and last.startswith(EXCEL_OBJECT) and last[3:].isalnum())
        ):
            sight = OBJECT
        if sight is not None:
            seen.saw(sight)
    if compound.extension == "doc":
        document = compound.stream("WordDocument")
        word.look(document, compound.stream(word.table_name(document)), seen)
    elif compound.extension == "xls":
        excel.look(compound.stream("Workbook", "Book"), seen)
    elif compound.extension == "ppt":
        slides.look(compound.stream("PowerPoint Document"), seen)


def without_macro_sheets(data: bytes) -> bytes:
    """A workbook as it is given to the converter; raises one of UNREADABLE."""
    file = io.BytesIO(data)
    with olefile.OleFileIO(file, write_mode=True) as workbook:
        for path in workbook.listdir():
            if len(path) == 1 and path[0].lower() in {"workbook", "book"}:
                before = workbook.openstream(path).read()
                after = excel.without_macro_sheets(before)
                if after != before:
                    workbook.write_stream(path, after)
        return file.getvalue()


def _is_in_pool(path: tuple[str, ...]) -> bool:
    return len(path) > 1 and path[-2].lower() == OBJECT_POOL
