"""An Office file as PDF or pictures, where the rules say so: LibreOffice prints it, a child cleans the print."""

from typing import Final

import msgspec

from sanitizers.job import Job, Role
from sanitizers.model import CannotSanitize, File, Finding, Rebuilt, Withheld
from sanitizers.rules import Office, Pdf, Profile

_PDF: Final = "application/pdf"


def as_pdf(file: File, clean: bytes, ending: str, job: Job, findings: tuple[Finding, ...]) -> Rebuilt:
    """Printed from the clean file, which has this ending; what LibreOffice wrote is a child like any other PDF."""
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
