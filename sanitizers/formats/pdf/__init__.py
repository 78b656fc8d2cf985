"""PDF: a new document into which only what an allow-list names is carried; what cannot be carried goes as pictures."""

import logging
from contextlib import suppress
from io import BytesIO
from typing import Final

import msgspec
import pikepdf

from sanitizers.formats.pdf import document, drawn, outside
from sanitizers.formats.pdf.traces import Trace, met
from sanitizers.formats.pdf.work import StreamFailed, Work
from sanitizers.job import Job
from sanitizers.model import Action, CannotSanitize, File, Locked, Rebuilt, Severity, Threat
from sanitizers.passwords import OPENED
from sanitizers.rules import Pdf as PdfRule

__all__ = ["Pdf"]

logging.getLogger("pikepdf").propagate = False  # its warnings quote the document; no content goes into a log
logging.getLogger("pikepdf").addHandler(logging.NullHandler())

_PROTECTED: Final = Trace(Threat.METADATA, Severity.NOTE, "encryption that asks for no password, with its restrictions")
_AS_PICTURES: Final = "could not be rebuilt; every page goes on as a picture"

#: What pikepdf and reading untrusted values raise on a document that is damaged beyond what the rooms expect.
_DAMAGE: Final = (pikepdf.PdfError, StreamFailed, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)

#: Refusals that a picture of the same pages would not answer.
_FINAL: Final = frozenset({Threat.ENCRYPTED, Threat.LIMIT_EXCEEDED})


class _Closed(Exception):
    """It asks for a password."""


class Pdf:
    """Rebuilds PDF files."""

    name = "pdf"
    types = frozenset({"application/pdf"})
    limitations = (
        "Form fields become part of the page and cannot be filled in any more; comments and notes do not go on.",
        "A digital signature keeps its picture and loses its validity: the file is a new one.",
        "Layers that are hidden when the document opens do not go on, and shown ones can no longer be hidden.",
        "The structure for screen readers (tags) goes on in standard types; tags inside form XObjects do not.",
        "A PDF that asks for a password is opened with one that is known or given, and goes on without it.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """A new PDF, the same bytes for the same input.

        Pictures are drawn from the document that was rebuilt, where that is possible: the report names what was in the
        original, and the renderer meets no loop and nothing else that was made to hurt it.
        """
        try:
            return self._rebuilt_or_drawn(file, job)
        except _Closed:
            rebuilt = self._rebuilt_or_drawn(_unlocked(file, job), job)
            return msgspec.structs.replace(rebuilt, findings=(*rebuilt.findings, OPENED))

    def _rebuilt_or_drawn(self, file: File, job: Job) -> Rebuilt:
        work = _empty(job)
        pages = job.budget.pages
        try:
            work = _opened(file, job)
            rebuilt = self._rebuilt(file, work)
            if job.rules.pdf is not PdfRule.PICTURES:
                return rebuilt
            file, reason = msgspec.structs.replace(file, data=rebuilt.data), ""
        except CannotSanitize as refusal:
            if refusal.threat in _FINAL:
                raise
            reason = refusal.detail
        except _DAMAGE as damage:
            reason = type(damage).__name__
        job.budget.pages = pages  # the same pages are counted again as they are drawn
        return self._pictures(file, work, reason)

    @staticmethod
    def _rebuilt(file: File, work: Work) -> Rebuilt:
        outside.report(file.data, work)
        if work.source.is_encrypted:
            met(_PROTECTED, work, "file")
        document.build(work)
        return Rebuilt(_saved(work.target), file.claimed_name, "application/pdf", work.findings())

    @staticmethod
    def _pictures(file: File, work: Work, reason: str) -> Rebuilt:
        data = drawn.as_pictures(file, work)
        if reason:
            detail = f"{_AS_PICTURES} ({reason})"
            work.found(Threat.MALFORMED, Severity.WARNING, Action.REPLACED, "document", detail)
        else:
            detail = "every page goes on as a picture, as the rule says"
            work.found(Threat.METADATA, Severity.NOTE, Action.NOTED, "document", detail)
        return Rebuilt(data, file.claimed_name, "application/pdf", work.findings())


def _empty(job: Job) -> Work:
    return Work(job.budget, job.rules, pikepdf.Pdf.new(), pikepdf.Pdf.new())


def _opened(file: File, job: Job) -> Work:
    """The document, repaired where its cross-references are broken; raises _Closed when it asks for a password."""
    try:
        source = pikepdf.Pdf.open(BytesIO(file.data), inherit_page_attributes=False)
    except pikepdf.PasswordError as closed:
        raise _Closed from closed
    except pikepdf.PdfError as broken:
        if "encrypt" in str(broken).lower():  # public keys, unknown handlers
            raise CannotSanitize(Threat.ENCRYPTED, "a PDF encrypted in a way that cannot be opened") from broken
        raise
    return Work(job.budget, job.rules, source, pikepdf.Pdf.new())


def _unlocked(file: File, job: Job) -> File:
    """The file without its encryption (ISO 32000-2, 7.6); raises Locked when no password fits."""
    for password in job.passwords:
        with suppress(pikepdf.PasswordError), _with_password(file, password) as source:
            job.passwords.fits(password)
            plain = BytesIO()
            source.save(plain, encryption=False)
            return msgspec.structs.replace(file, data=plain.getvalue())
    raise Locked("a PDF that asks for a password")


def _with_password(file: File, password: str) -> pikepdf.Pdf:
    return pikepdf.Pdf.open(BytesIO(file.data), password=password, inherit_page_attributes=False)


def _saved(target: pikepdf.Pdf) -> bytes:
    """No date, no random identifier: the identifier is made of the content."""
    written = BytesIO()
    target.save(
        written,
        fix_metadata_version=False,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        deterministic_id=True,
        force_version="1.7",
    )
    return written.getvalue()
