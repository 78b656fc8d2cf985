"""Office Open XML: a new package of allow-listed parts, elements and attributes; still editable."""

import msgspec

from sanitizers.formats.ooxml.allowed import PartFailed
from sanitizers.formats.ooxml.media import PACKAGES as ENDINGS
from sanitizers.formats.ooxml.package import Document
from sanitizers.formats.ooxml.source import Package
from sanitizers.job import Job, Role
from sanitizers.model import CannotSanitize, File, Finding, Rebuilt, Threat, Withheld
from sanitizers.rules import Office, Pdf, Profile

__all__ = ["Ooxml"]

_PDF = "application/pdf"
#: Endings of templates, shows and files with macros: Office refuses a plain document under such a name.
_VARIANTS = frozenset({"dotx", "xltx", "potx", "ppsx", "docm", "dotm", "xlsm", "xltm", "pptm", "potm", "ppsm"})


class Ooxml:
    """Rebuilds Word, Excel and PowerPoint files of Office 2007 and later."""

    name = "ooxml"
    types = frozenset(
        {
            "application/vnd.ms-excel.sheet.macroenabled.12",
            "application/vnd.ms-powerpoint.presentation.macroenabled.12",
            "application/vnd.ms-word.document.macroenabled.12",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        }
    )
    limitations = (
        "Macros, ActiveX controls, add-ins, sound, video, 3D models, embedded fonts and custom XML data do not go on.",
        "A macro-enabled file or a template goes on as a plain document, workbook or presentation.",
        "Embedded objects go on as the picture that shows them; only the workbook of a chart stays a file, cleaned.",
        "A digital signature is lost: the file is a new one.",
        "Of the document properties only the title goes on, and the author's name where the rules keep it.",
        "What only the newest versions of Office know goes on as the fallback that the file itself offers.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """A new package, the same bytes for the same input."""
        document = Document(Package(file.data, job.budget), job)
        try:
            data, media_type = document.build()
        except PartFailed as failed:
            raise CannotSanitize(Threat.MALFORMED, str(failed)) from failed
        findings = (*document.census.findings(), *document.hrefs.findings())
        if job.rules.office is Office.REBUILT:
            return Rebuilt(data, _named(file.claimed_name, ENDINGS[media_type]), media_type, findings)
        return _as_pdf(file, data, ENDINGS[media_type], job, findings)


def _as_pdf(file: File, clean: bytes, ending: str, job: Job, findings: tuple[Finding, ...]) -> Rebuilt:
    """Printed by LibreOffice from the clean file; what it wrote is a child of the engine like any other PDF."""
    rules = msgspec.structs.replace(job.rules, pdf=_for_print(job.rules))
    printed = job.child("", _PDF, job.convert(ending, "pdf", clean), role=Role.ATTACHMENT, rules=rules)
    if isinstance(printed, Withheld):
        raise CannotSanitize(printed.finding.threat, printed.finding.detail)
    return Rebuilt(printed.data, file.claimed_name, printed.type, findings)


def _named(name: str, ending: str) -> str:
    stem, _, last = name.rpartition(".")
    return f"{stem}.{ending}" if stem and last.lower() in _VARIANTS else name


def _for_print(rules: Profile) -> Pdf:
    """Whoever wants Office files as PDF gets a PDF, also where PDF files that come in stay behind."""
    if rules.office is Office.PICTURES:
        return Pdf.PICTURES
    return Pdf.REBUILT if rules.pdf is Pdf.REMOVED else rules.pdf
