"""What acts or is carried along in objects that no page and no table leads to: orphans, leftovers of earlier revisions.

None of it goes on, since only what is reached by the tables does; here it only gets its name in the report.
"""

from typing import Final

import pikepdf

from sanitizers.formats.pdf.checked import name
from sanitizers.formats.pdf.interactive.actions import trace_of
from sanitizers.formats.pdf.traces import EMBEDDED_FILE, met
from sanitizers.formats.pdf.work import Work

MOST_OBJECTS: Final = 20_000  #: that are looked at


def report_unread(work: Work) -> None:
    """Name kinds of constructs that have not been named yet."""
    for count, thing in enumerate(work.source.objects):
        if count >= MOST_OBJECTS:
            break
        if not isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
            continue
        if isinstance(thing, pikepdf.Stream):
            trace = EMBEDDED_FILE if name(thing.get("/Type")) == "EmbeddedFile" else None
        else:
            trace = trace_of(thing)
        if trace is not None and not work.named(trace.detail):
            met(trace, work, "an object that nothing leads to")
