"""A stand-in that lets attachments through: without one, no mail that is searched would ever be written with parts.

The real sanitizers of files have searches of their own; here only what stands around a file is under test.
"""

from contextlib import suppress

from sanitizers.formats.mail import Mail
from sanitizers.job import Job, Role
from sanitizers.model import CannotSanitize, File, Rebuilt
from sanitizers.registry import BODY_SANITIZERS, VERIFIERS, Registry

PLAIN = b"\0\1\2\3"  #: begins a file of no known type
BUNDLE = b"PK\x03\x04"
ENDING = ".dat"  #: promises no type, so that no name says something else than the content
STEP = 7  #: bytes that each bundle in a bundle is shorter


class StandIn:
    """Writes a file of its own for each that it meets; a bundle it opens, and loses whatever that raises."""

    name = "stand-in"
    types = frozenset({"application/octet-stream", "application/zip", "application/pdf", "image/gif"})
    limitations = ()

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """As large as what came in; swallows what a careful sanitizer would pass on, as the engine must expect."""
        if file.data.startswith(BUNDLE) and len(file.data) > len(BUNDLE) + STEP:
            with suppress(CannotSanitize):
                job.child("", "", BUNDLE + file.data[len(BUNDLE) + STEP :], role=Role.ATTACHMENT)
        data = (PLAIN * (len(file.data) // len(PLAIN) + 1))[: max(len(file.data), len(PLAIN))]
        unnamed = not file.claimed_name or file.claimed_name.endswith(ENDING)
        name = file.claimed_name if unnamed else file.claimed_name + ENDING
        return Rebuilt(data, name, "application/octet-stream")


CARRYING = Registry(BODY_SANITIZERS, (Mail(), StandIn()), VERIFIERS)
