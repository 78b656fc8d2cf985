"""HWP documents (한글, Hancom): their words and tables, as a Word file or as text; HWP 5 and HWPX."""

from typing import Final

from sanitizers.formats.hwp import package
from sanitizers.formats.hwp.compound import read_compound
from sanitizers.job import Job
from sanitizers.manuscript import Draft, written
from sanitizers.model import CannotSanitize, File, Rebuilt, Threat

HWP: Final = "application/x-hwp"
HWPX: Final = "application/hwp+zip"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Hwp:
    """Reads words, tables and notes; nothing else of the file goes on."""

    name = "hwp"
    types = frozenset({HWP, HWPX})
    limitations = (
        "Words go on with paragraphs, tables, headers, footers and notes; fonts, pictures, drawings and layout do not.",
        "A table inside a table becomes lines in its cell; cells that span others stand alone.",
        "Equations go on as the script they are written in; hyperlinks as their words.",
        "Files of before version 5, distribution documents, and those behind a password are blocked.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """A Word file or text, by rule; raises CannotSanitize."""
        draft = Draft(job.budget)
        if file.detected_type == HWPX:
            package.read(file.data, draft, job)
        elif file.data.startswith(_OLE):
            read_compound(file.data, draft, job)
        else:
            raise CannotSanitize(Threat.UNSUPPORTED, "an HWP document of before version 5")
        data, media_type = written(draft.manuscript(), job.rules.hwp)
        job.budget.check_expansion(len(file.data), len(data))
        return Rebuilt(data, file.claimed_name, media_type, draft.findings())
