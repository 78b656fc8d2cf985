"""Office Open XML: a new package of allow-listed parts, elements and attributes; still editable."""

from sanitizers.formats.ooxml.allowed import PartFailed
from sanitizers.formats.ooxml.media import PACKAGES as ENDINGS
from sanitizers.formats.ooxml.package import Document
from sanitizers.formats.ooxml.source import Package
from sanitizers.job import Job
from sanitizers.model import CannotSanitize, File, Rebuilt, Threat
from sanitizers.printing import as_pdf
from sanitizers.rules import Office

__all__ = ["Ooxml"]

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
        "Where the rules remove what is hidden, a pivot table goes on as its values: it keeps a copy of all its data.",
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
        return as_pdf(file, data, ENDINGS[media_type], job, findings)


def _named(name: str, ending: str) -> str:
    stem, _, last = name.rpartition(".")
    return f"{stem}.{ending}" if stem and last.lower() in _VARIANTS else name
