"""The names that the CMS SHIRASAGI gives to files for a sanitizer, and expects back.

What SHIRASAGI does, as its own code shows (app/models/concerns/ss/upload_policy.rb, app/models/uploader/job_file.rb,
lib/tasks/ss/sanitizer.rake of shirasagi/shirasagi):

in   {PREFIX}_{TYPE}_{ID}_{TIMESTAMP}.ext         TYPE file or uploader; TIMESTAMP in seconds since 1970. Copied into
                                                  the folder in place, and again under the same name for a new version
out  {PREFIX}_{TYPE}_{ID}_{TIMESTAMP}_{PID}_{SUFFIX}.ext    fetched every few minutes in the order of names, then
                                                  removed; PREFIX, TYPE and ID say whose it is; hidden files stay
     {PREFIX}_{TYPE}_{ID}_{TIMESTAMP}_{PID}_{KIND}Report.txt    the file is in error; its first line is what people read

In a ZIP file each member carries _{PID}_{SUFFIX}, which SHIRASAGI takes off, and drops what ends in _{KIND}Report.txt:
that is done where archives are written (`zip_members` in rules.toml).
"""

import re
from datetime import datetime
from typing import Final

from gateway.folders.naming import fitting, split_ending
from gateway.model import Item, ItemState
from sanitizers.model import Action, Finding, Outcome, PartReport, Threat

_OURS: Final = re.compile(r"(?P<prefix>[^/]+)_(?P<type>file|uploader)_(?P<id>\d+)_(?P<timestamp>\d+)(?:\.[^./]+)?")

#: What stands behind {PID}: by the type of the result; what SHIRASAGI's own list allows.
MARKED: Final = "marked"  # any file
SANITIZED: Final = "sanitized"  # a ZIP file
MARKED_OFFICE: Final = "marked.MSOfficeWithPassword"  # an Office file that was opened with a password
WITH_PASSWORD: Final = "withPassword"  # a ZIP file that was opened with a password  # noqa: S105 - a word of the contract
WITH_ENCRYPT: Final = "withEncrypt"  # a PDF that was opened with a password
SUFFIXES: Final = (MARKED, MARKED_OFFICE, WITH_PASSWORD, WITH_ENCRYPT, SANITIZED)

_ZIP: Final = "application/zip"
_PDF: Final = "application/pdf"
_OPENED: Final = {_ZIP: WITH_PASSWORD, _PDF: WITH_ENCRYPT}

#: The word before Report.txt; letters alone, or SHIRASAGI does not know it in a ZIP file.
PDF_LOCKED: Final = "pdfEncrypt"
HELD: Final = "hold"
BLOCKED: Final = "block"
ENDED: Final = {ItemState.DISCARDED: "discard", ItemState.EXPIRED: "expire"}
REFUSED: Final = "refuse"


def follows_the_contract(name: str) -> bool:
    """Whether SHIRASAGI would know what comes back under this name."""
    return _OURS.fullmatch(name) is not None


def process_number(moment: datetime) -> str:
    """{PID}: milliseconds since 1970 of when the file was taken. Of two versions the newer one is fetched later."""
    return str(int(moment.timestamp() * 1000))


def result_name(name: str, item: Item) -> str:
    """What the result of a file of this name is called."""
    stem, ending = split_ending(name)
    clean_ending = split_ending(item.clean_name)[1] or ending
    return fitting(f"{stem}_{process_number(item.envelope.received_at)}_{suffix(item)}", clean_ending)


def report_name(name: str, moment: datetime, kind: str) -> str:
    """What stands in place of a file that could not be cleaned."""
    return fitting(split_ending(name)[0], f"_{process_number(moment)}_{kind}Report.txt")


def suffix(item: Item) -> str:
    """{SUFFIX} of a result."""
    first = _first(item)
    if first is not None and any(map(_opened_with_a_password, first.findings)):
        return _OPENED.get(item.clean_type, MARKED_OFFICE)
    return SANITIZED if item.clean_type == _ZIP else MARKED


def report_kind(item: Item) -> str:
    """{KIND} of a report."""
    if item.state in ENDED:
        return ENDED[item.state]
    first = _first(item)
    if first is not None and first.outcome is Outcome.BLOCKED:
        return BLOCKED
    if first is not None and first.outcome is Outcome.LOCKED and first.detected_type == _PDF:
        return PDF_LOCKED
    return HELD


def _opened_with_a_password(found: Finding) -> bool:
    return found.threat is Threat.ENCRYPTED and found.action is Action.REWRITTEN


def _first(item: Item) -> PartReport | None:
    """The report of the file itself."""
    return item.report.parts[0] if item.report and item.report.parts else None
