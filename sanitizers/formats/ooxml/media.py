"""Pictures and embedded files of a package: each a child of the engine, or a placeholder for a picture."""

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sanitizers.formats.ooxml.kinds import ANYWHERE, Carry, PartKind, Trace, office
from sanitizers.formats.ooxml.relationships import Written
from sanitizers.job import Role
from sanitizers.model import Action, Rebuilt, Severity, Threat
from sanitizers.pictures import placeholder
from sanitizers.rules import Office

if TYPE_CHECKING:
    from sanitizers.formats.ooxml.package import Document

#: What a clean picture may be so that every Office program draws it → its ending.
PICTURES: Final = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/gif": "gif",
    "image/tiff": "tiff",
    "image/bmp": "bmp",
}
#: What a clean embedded file may be → its ending.
PACKAGES: Final = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
}
_MACRO_PACKAGES: Final = (
    "application/vnd.ms-excel.sheet.macroenabled.12",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.oleobject",
)

KINDS: Final = (
    PartKind("image", (office("image"),), (), frozenset({ANYWHERE}), "", carry=Carry.PICTURE),
    PartKind(
        "package",
        (office("package"),),
        (*PACKAGES, *_MACRO_PACKAGES),
        frozenset({"drawing/chart", "drawing/new-chart"}),
        "",
        carry=Carry.PACKAGE,
    ),
)

_NO_PICTURE: Final = Trace(
    Threat.UNSUPPORTED, Severity.NOTE, "a picture that cannot be cleaned; a grey field takes its place", Action.REPLACED
)
_NO_PACKAGE: Final = Trace(Threat.EMBEDDED_OBJECT, Severity.NOTE, "an embedded file that cannot be cleaned")


class Media:
    """The pictures and embedded files of one package; the same bytes are cleaned once."""

    def __init__(self, document: "Document") -> None:
        self._document = document
        self._known: dict[bytes, Written | None] = {}

    def taken(self, source: str, kind: PartKind) -> Written | None:
        """What takes the place of a part of the source; None: nothing does."""
        data = self._document.package.bytes_of(source)
        name = source.rpartition("/")[2]
        type_ = self._document.package.types.of(source)
        return self.picture(name, type_, data) if kind.carry is Carry.PICTURE else self._package(name, type_, data)

    def picture(self, name: str, claimed_type: str, data: bytes) -> Written:
        """A clean picture of these bytes, or a placeholder, with a finding."""
        digest = sha256(data).digest()
        known = self._known.get(digest)
        if known is None:
            known = self._known[digest] = self._pictured(name, claimed_type, data)
        return known

    def _pictured(self, name: str, claimed_type: str, data: bytes) -> Written:
        result = self._document.job.child(name, claimed_type, data, role=Role.SHOWN)
        if isinstance(result, Rebuilt) and result.type in PICTURES:
            return self._kept(result.data, result.type)
        self._document.tell(_NO_PICTURE, name)
        return self._kept(placeholder(), "image/png")

    def _kept(self, data: bytes, type_: str) -> Written:
        # Twice the same picture, by two names, is one part.
        digest = b"clean" + sha256(data).digest()
        known = self._known.get(digest)
        if known is None:
            document = self._document
            file = document.new_name("*/media/image{}")
            file = f"{file}.{PICTURES[type_]}"
            document.keep(file, data, type_)
            known = self._known[digest] = Written(office("image"), file)
        return known

    def _package(self, name: str, claimed_type: str, data: bytes) -> Written | None:
        if self._document.job.rules.office is not Office.REBUILT:
            return None  # nothing of it is seen on a printed page
        result = self._document.job.child(name, claimed_type, data, role=Role.SHOWN)
        if not isinstance(result, Rebuilt) or result.type not in PACKAGES:
            self._document.tell(_NO_PACKAGE, name)
            return None
        document = self._document
        file = f"{document.new_name('*/embeddings/file{}')}.{PACKAGES[result.type]}"
        document.keep(file, result.data, result.type)
        return Written(office("package"), file)
