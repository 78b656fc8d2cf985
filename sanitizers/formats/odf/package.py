"""The file as it came: a package of parts (ODF 1.3 part 2), none of which is read before it is asked for."""

from typing import Final
from urllib.parse import unquote

from sanitizers.budget import BudgetMeter
from sanitizers.formats.odf import dropped
from sanitizers.formats.odf.parsing import XML, NotReadable, parsed
from sanitizers.markup.census import Census, Kind
from sanitizers.model import CannotSanitize, Severity, Threat
from sanitizers.zipped import Anomaly, Member, opened

MANIFEST: Final = "META-INF/manifest.xml"

_HIDDEN: Final = frozenset({Anomaly.BEFORE, Anomaly.BETWEEN, Anomaly.HIDDEN, Anomaly.BEHIND})
# Beginning of a part's name, lower case → what is said when nothing of the document refers to it; None: nothing is.
_LEFT: Final[tuple[tuple[str, Kind | None], ...]] = (
    ("basic/", dropped.MACRO),
    ("dialogs/", dropped.MACRO),
    ("scripts/", dropped.MACRO),
    ("meta-inf/documentsignatures", dropped.SIGNATURE),
    ("meta-inf/macrosignatures", dropped.SIGNATURE),
    ("meta-inf/packagesignatures", dropped.SIGNATURE),
    ("meta-inf/manifest.xml", None),
    ("configurations2/", dropped.TOOLBARS),
    ("configurations/", dropped.TOOLBARS),
    ("thumbnails/", dropped.THUMBNAIL),
    ("manifest.rdf", dropped.RDF),
    ("media/", dropped.SOUND),
    ("fonts/", dropped.FONT),
    ("versions/", dropped.UNREFERENCED),
    ("versionlist.xml", dropped.UNREFERENCED),
    ("pictures/", dropped.UNREFERENCED),
    ("object", dropped.UNREFERENCED),
    ("objectreplacements/", None),  # LibreOffice draws them again
    ("layout-cache", None),
    ("mimetype", None),
)
_BOOKKEEPING: Final = ("meta.xml", "settings.xml", "styles.xml", "content.xml", "mimetype")


class Package:
    """One source file. CannotSanitize: no ZIP file that is believed, or an encrypted document."""

    def __init__(self, data: bytes, meter: BudgetMeter, census: Census) -> None:
        self._zipped = opened(data)
        self._meter = meter
        self._census = census
        self._used: set[str] = set()
        for anomaly in sorted(self._zipped.anomalies):
            threat, severity = Threat.MALFORMED, Severity.NOTE
            if anomaly in _HIDDEN:
                threat, severity = Threat.HIDDEN_CONTENT, Severity.WARNING
            census.met(Kind(threat, severity, anomaly.value))
        self._refuse_encrypted()

    def _refuse_encrypted(self) -> None:
        """ODF 1.3 part 2, 3.4: the manifest says how the parts are encrypted, even a package as a whole."""
        member = self._zipped.by_name.get(MANIFEST)
        content = self._zipped.read(member, self._meter) if member else b""
        encrypted = any(name.lower() == "encrypted-package" for name in self._zipped.by_name)
        if content:
            self._meter.take_in(len(content))
            try:
                root = parsed(content)
            except NotReadable:
                self._census.met(dropped.BROKEN, MANIFEST)
            else:
                encrypted |= any(each.tag.endswith("}encryption-data") for each in root.iter("{*}encryption-data"))
        if encrypted:
            raise CannotSanitize(Threat.ENCRYPTED, "a document that is encrypted with a password")

    def find(self, folder: str, address: str) -> Member | None:
        """The part that an address in a document of this folder names; None: there is none in the package."""
        for written in (address, unquote(address)):
            name = f"{folder}{written.removeprefix('./')}"
            member = self._zipped.by_name.get(name)
            if member is not None and not member.is_folder:
                return member
        return None

    def use(self, folder: str, address: str) -> None:
        """This part is told of elsewhere."""
        member = self.find(folder, address)
        if member is not None:
            self._used.add(member.name)

    def bytes_of(self, member: Member) -> bytes:
        """The bytes of a part; who reads them counts them."""
        self._used.add(member.name)
        return self._zipped.read(member, self._meter)

    def tree(self, name: str) -> XML | None:
        """A part as XML; None: there is none. NotReadable."""
        member = self._zipped.by_name.get(name)
        if member is None or member.is_folder:
            return None
        content = self.bytes_of(member)
        self._meter.take_in(len(content))
        return parsed(content)

    def tell_of_the_rest(self) -> None:
        """What the document did not ask for."""
        for member in self._zipped.members:
            if member.is_folder or member.name in self._used or not member.size:
                continue
            name = member.name.lower()
            row = next((row for row in _LEFT if name.startswith(row[0])), None)
            in_object = name.startswith("object") and name.rpartition("/")[2] in _BOOKKEEPING and "/" in name
            kind = row[1] if row else dropped.UNKNOWN_PART
            if kind is not None and not in_object:
                self._census.met(kind, member.name)
