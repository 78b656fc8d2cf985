"""The package as it came: its parts by name, their content types and relationships, read when asked for."""

from typing import Final

from sanitizers.budget import BudgetMeter
from sanitizers.formats.ooxml import contenttypes, relationships
from sanitizers.formats.ooxml.allowed import PartFailed
from sanitizers.formats.ooxml.contenttypes import ContentTypes
from sanitizers.formats.ooxml.parsing import parsed
from sanitizers.formats.ooxml.relationships import Relationship
from sanitizers.model import CannotSanitize, Threat
from sanitizers.zipped import Member, opened

PACKAGE: Final = "/"  #: the package itself, where relationships begin

_FIRST: Final = f"/{contenttypes.FILE}".lower()


class Package:
    """One source package. CannotSanitize: no ZIP file that is believed, or no package."""

    def __init__(self, data: bytes, meter: BudgetMeter) -> None:
        self._zipped = opened(data)
        self._meter = meter
        self.anomalies = self._zipped.anomalies
        # ECMA-376 part 2, 6.2.2.3: names that differ only in case are the same name.
        self._members: dict[str, Member] = {
            f"/{member.name}".lower(): member for member in self._zipped.members if not member.is_folder
        }
        if _FIRST not in self._members:
            raise CannotSanitize(Threat.MALFORMED, "a package without content types")
        try:
            self.types = ContentTypes(parsed(self.own(_FIRST)))
        except PartFailed as failed:
            raise CannotSanitize(Threat.MALFORMED, f"content types that cannot be read: {failed}") from failed
        self._relationships: dict[str, dict[str, Relationship]] = {}

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._members

    def parts(self) -> list[str]:
        """The names of all parts, lower case; relationships and content types are none."""
        return [name for name in self._members if name != _FIRST and "/_rels/" not in name]

    def size(self, part: str) -> int:
        """Bytes of the part, unpacked."""
        return self._members[part.lower()].size

    def own(self, part: str) -> bytes:
        """The bytes of a part that is read here; they count."""
        content = self.bytes_of(part)
        self._meter.take_in(len(content))
        return content

    def bytes_of(self, part: str) -> bytes:
        """The bytes of a part that a child of the engine reads, which counts them. KeyError: there is no such part."""
        return self._zipped.read(self._members[part.lower()], self._meter)

    def relationships(self, part: str) -> dict[str, Relationship]:
        """Of a part, or of the PACKAGE: by id. PartFailed: they cannot be read."""
        key = part.lower()
        if key not in self._relationships:
            file = relationships.file_of(part)
            known = relationships.read(parsed(self.own(file)), part) if file in self else {}
            self._relationships[key] = known
        return self._relationships[key]

    def every_relationship(self) -> list[Relationship]:
        """All that have been read so far and those of every other part; such as cannot be read lead nowhere."""
        for name in list(self._members):
            if name.endswith(".rels") and "/_rels/" in name:
                folder, _, file = name.rpartition("/_rels/")
                try:
                    self.relationships(f"{folder}/{file.removesuffix('.rels')}")
                except PartFailed:
                    continue
        return [each for known in self._relationships.values() for each in known.values() if not each.outside]
