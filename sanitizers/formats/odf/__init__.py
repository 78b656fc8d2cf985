"""OpenDocument: a new package into which only allow-listed parts, elements and attributes go; still editable."""

import msgspec

from sanitizers.formats.odf.document import Document
from sanitizers.formats.odf.flat import NoPackage, document_of
from sanitizers.formats.odf.package import Package
from sanitizers.job import Job, Role
from sanitizers.markup.census import Census
from sanitizers.model import CannotSanitize, File, Finding, Rebuilt, Withheld
from sanitizers.rules import Office, Pdf, Profile

__all__ = ["Odf"]

_PREFIX = "application/vnd.oasis.opendocument"
_FLAT = f"{_PREFIX}.flat-xml"
_PDF = "application/pdf"
#: What LibreOffice is told that it gets, by media type, where the rules want a PDF.
_ENDINGS = {
    f"{_PREFIX}.text": "odt",
    f"{_PREFIX}.spreadsheet": "ods",
    f"{_PREFIX}.presentation": "odp",
    f"{_PREFIX}.graphics": "odg",
    f"{_PREFIX}.chart": "odc",
    f"{_PREFIX}.formula": "odf",
}


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
        return _as_pdf(file, data, _ENDINGS[media_type], job, findings)


def _as_pdf(file: File, clean: bytes, ending: str, job: Job, findings: tuple[Finding, ...]) -> Rebuilt:
    """Printed by LibreOffice from the clean file; what it wrote is a child of the engine like any other PDF."""
    rules = msgspec.structs.replace(job.rules, pdf=_for_print(job.rules))
    printed = job.child("", _PDF, job.convert(ending, "pdf", clean), role=Role.ATTACHMENT, rules=rules)
    if isinstance(printed, Withheld):
        raise CannotSanitize(printed.finding.threat, printed.finding.detail)
    return Rebuilt(printed.data, file.claimed_name, printed.type, findings)


def _for_print(rules: Profile) -> Pdf:
    """Whoever wants Office files as PDF gets a PDF, also where PDF files that come in stay behind."""
    if rules.office is Office.PICTURES:
        return Pdf.PICTURES
    return Pdf.REBUILT if rules.pdf is Pdf.REMOVED else rules.pdf
