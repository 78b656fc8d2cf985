"""Flat XML (ODF 1.3 part 3, 3.1.2): a whole document in one element. What it would be a package for, it has none of."""

from sanitizers.formats.odf.namespaces import clark
from sanitizers.formats.odf.parsing import XML, NotReadable, parsed
from sanitizers.model import CannotSanitize, Threat
from sanitizers.zipped import Member


class NoPackage:
    """Stands where a package would: everything is in the XML file itself."""

    def find(self, _folder: str, _address: str) -> Member | None:
        """There is no part."""
        return None

    def use(self, _folder: str, _address: str) -> None:
        """There is none."""

    def bytes_of(self, member: Member) -> bytes:
        """There is none."""
        raise KeyError(member.name)

    def tree(self, _name: str) -> XML | None:
        """There is none."""
        return None

    def tell_of_the_rest(self) -> None:
        """Nothing is left."""


def document_of(data: bytes) -> XML:
    """The root of a flat file. CannotSanitize: none of OpenDocument."""
    try:
        root = parsed(data)
    except NotReadable as failed:
        raise CannotSanitize(Threat.MALFORMED, "not well-formed XML") from failed
    if root.tag != clark("office:document"):
        raise CannotSanitize(Threat.UNSUPPORTED, "an XML file of OpenOffice.org 1, which is not read")
    return root
