"""Names of members in a ZIP file for the CMS SHIRASAGI, which renames them by a pattern of its own.

SHIRASAGI (sanitizer_rename_zip in app/models/concerns/ss/upload_policy.rb of shirasagi/shirasagi) takes
`_{PID}_{SUFFIX}` off the end of every name, and drops every member that ends in `_{KIND}Report.txt`. It takes off more
than was put on where a name itself ends like that (`報告_2026_final`): such a name keeps its ending before the mark.
"""

import re
from typing import Final

from sanitizers.model import Action, Finding, Outcome, Rebuilt, Threat, Withheld

_MARKED: Final = "marked"
_PDF: Final = "application/pdf"
_OPENED: Final = {"application/zip": "withPassword", _PDF: "withEncrypt"}
_OPENED_OFFICE: Final = "marked.MSOfficeWithPassword"
_KINDS: Final = {Outcome.LOCKED: "hold", Outcome.BLOCKED: "block"}
_LOCKED_PDF: Final = "pdfEncrypt"
_REMOVED: Final = "remove"

# In Ruby \w and \d are ASCII, unlike in Python.
_TAKEN_OFF: Final = re.compile(r"_[0-9]+_[A-Za-z0-9_]+\Z")
_HAS_ENDING: Final = re.compile(r"\.[A-Za-z0-9_]+\Z")


def marked(child: Rebuilt, number: int) -> str:
    """What a clean member is called; `number` stands for the process that SHIRASAGI expects to be named."""
    stem, ending = _parted(child.name)
    mark = f"_{number}_{_suffix(child)}"
    name = f"{stem}{mark}{ending}"
    return name if restored(name) == child.name else f"{child.name}{mark}{ending}"


def restored(name: str) -> str:
    """What SHIRASAGI makes of the last step of a member's path."""
    stem, ending = _parted(name)
    stem = stem.replace("_marked.MSOfficeWithPassword", "_marked", 1)
    stem = _TAKEN_OFF.sub("", stem, count=1)
    return stem if _HAS_ENDING.search(stem) else stem + ending


def report_name(withheld: Withheld, claimed: str, number: int) -> str:
    """What stands in the place of a member that stays behind."""
    locked_pdf = withheld.outcome is Outcome.LOCKED and withheld.detected_type == _PDF
    kind = _LOCKED_PDF if locked_pdf else _KINDS.get(withheld.outcome, _REMOVED)
    return f"{claimed}_{number}_{kind}Report.txt"


def report(withheld: Withheld, claimed: str, item: str) -> bytes:
    """What is in it."""
    lines = (
        f"無害化できないか規則に該当したため、含まれていません: {claimed} (受付番号: {item})",
        f"Left out, because it could not be sanitised or a rule applied: {claimed} (item {item})",
        f"理由 / reason: {withheld.finding.detail}",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


def _suffix(child: Rebuilt) -> str:
    if any(map(_opened_with_a_password, child.findings)):
        # Without an ending behind it, what follows the dot would be taken for one.
        return _OPENED.get(child.type, _OPENED_OFFICE if _parted(child.name)[1] else _MARKED)
    return _MARKED


def _opened_with_a_password(found: Finding) -> bool:
    return found.threat is Threat.ENCRYPTED and found.action is Action.REWRITTEN


def _parted(name: str) -> tuple[str, str]:
    """As File.basename(name, ".*") and File.extname(name): a name that only begins with a dot has no ending."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem and ending else (name, "")
