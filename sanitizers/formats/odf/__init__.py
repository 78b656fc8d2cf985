"""OpenDocument: a new package into which only allow-listed parts, elements and attributes go; still editable."""

from sanitizers.formats.odf.document import Document
from sanitizers.formats.odf.flat import NoPackage, document_of
from sanitizers.formats.odf.package import Package
from sanitizers.job import Job
from sanitizers.markup.census import Census
from sanitizers.model import CannotSanitize, File, Rebuilt, Threat
from sanitizers.printing import as_pdf
from sanitizers.rules import Office

__all__ = ["Odf"]

_PREFIX = "application/vnd.oasis.opendocument"
_FLAT = f"{_PREFIX}.flat-xml"
#: Media type → what LibreOffice is told that it gets, where the rules want a PDF.
PRINTED = {
    f"{_PREFIX}.text": "odt",
    f"{_PREFIX}.spreadsheet": "ods",
    f"{_PREFIX}.presentation": "odp",
    f"{_PREFIX}.graphics": "odg",
}  #: a chart or a formula is opened by no LibreOffice alone, without the document around it


class Odf:
    """Rebuilds texts, spreadsheets, presentations, drawings, charts and formulas, in a package or as flat XML."""

    name = "odf"
    types = frozenset(
        {
            _FLAT,
            f"{_PREFIX}.chart",
            f"{_PREFIX}.chart-template",
            f"{_PREFIX}.formula",
            f"{_PREFIX}.formula-template",
            f"{_PREFIX}.graphics",
            f"{_PREFIX}.graphics-template",
            f"{_PREFIX}.presentation",
            f"{_PREFIX}.presentation-template",
            f"{_PREFIX}.spreadsheet",
            f"{_PREFIX}.spreadsheet-template",
            f"{_PREFIX}.text",
            f"{_PREFIX}.text-master",
            f"{_PREFIX}.text-template",
            f"{_PREFIX}.text-web",
        }
    )
    limitations = (
        "Macros, scripts, dialogs, plug-ins, applets, sound, video and embedded fonts do not go on.",
        "A template, a master document and flat XML go on as a plain document in a package.",
        "OLE objects go on as the picture that shows them; charts, formulas and other documents stay objects, cleaned.",
        "What is linked from other files goes on as it was last seen, or as a grey field.",
        "A formula with DDE, WEBSERVICE, other files or unknown functions goes on as its last result.",
        "Controls of forms stay; what they would send or fetch does not, nor do XForms.",
        "Of the document properties only the title goes on, and the author's name where the rules keep it.",
        "A digital signature is lost: the file is a new one. Databases (odb) are not read.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """A new package, the same bytes for the same input."""
        census = Census("ODF")
        flat = document_of(file.data) if file.detected_type == _FLAT else None
        package = NoPackage() if flat is not None else Package(file.data, job.budget, census)
        document = Document(package, job, census)
        data, media_type = document.build(flat)
        findings = (*census.findings(), *document.hrefs.findings())
        if job.rules.office is Office.REBUILT:
            return Rebuilt(data, file.claimed_name, media_type, findings)
        ending = PRINTED.get(media_type)
        if ending is None:
            raise CannotSanitize(Threat.UNSUPPORTED, "a chart or formula alone, of which LibreOffice makes no PDF")
        return as_pdf(file, data, ending, job, findings)
