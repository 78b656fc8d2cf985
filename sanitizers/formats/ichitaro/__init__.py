"""Ichitaro (一太郎) documents, of versions 4 to 6 and of 7 and later: their words, as a Word file or as text."""

from typing import Final

from sanitizers.formats.ichitaro import old
from sanitizers.formats.ichitaro.document import read_compound
from sanitizers.job import Job
from sanitizers.manuscript import Draft, written
from sanitizers.model import File, Rebuilt

TYPE: Final = "application/x-js-taro"


class Ichitaro:
    """Reads the words and what structure is known of them; nothing else of the file goes on."""

    name = "ichitaro"
    types = frozenset({TYPE})
    limitations = (
        "Words go on with paragraphs, page breaks, tabs and readings, as 漢字(かんじ); fonts and layout do not.",
        "Each line of a ruled table becomes a line with tabs between its cells.",
        "Headers, footers, text in frames and notes follow behind the body, in the order of the file.",
        "Pictures, drawings, embedded objects, macros and dates do not go on; what was there is reported.",
        "The format is not published: it was learned from files; control codes that nobody knows are left out.",
        "A document behind a password is blocked.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """A Word file or text, by rule; raises CannotSanitize."""
        draft = Draft(job.budget)
        if file.data.startswith(old.MAGIC):
            old.read(file.data, draft)
        else:
            read_compound(file.data, draft, job)
        data, media_type = written(draft.manuscript(), job.rules.ichitaro)
        job.budget.check_expansion(len(file.data), len(data))
        return Rebuilt(data, file.claimed_name, media_type, draft.findings())
