"""Files of Office 97 to 2003, RTF and XLSB: converted by LibreOffice to today's formats, and cleaned as those."""

from typing import Final, NamedTuple

from sanitizers.formats.legacy import compound, password, rtf
from sanitizers.formats.legacy.compound import UNREADABLE, Compound
from sanitizers.formats.legacy.sightings import Sightings
from sanitizers.formats.legacy.workbook import look as look_at_xlsb
from sanitizers.job import Job, Role
from sanitizers.model import CannotSanitize, File, Rebuilt, Threat, Withheld
from sanitizers.rules import LegacyOffice

WORD: Final = "application/msword"
EXCEL: Final = "application/vnd.ms-excel"
POWERPOINT: Final = "application/vnd.ms-powerpoint"
RTF: Final = "application/rtf"
XLSB: Final = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
ENCRYPTED: Final = "application/encrypted"
OOXML: Final = "application/vnd.openxmlformats-officedocument"
PDF: Final = "application/pdf"


class Way(NamedTuple):
    """How one format goes on."""

    type: str
    modern: str  #: extension
    modern_type: str
    back: bool  #: whether it can be written again as it was


# Extension, which LibreOffice chooses its reader by → what becomes of it.
WAYS: Final = {
    "doc": Way(WORD, "docx", f"{OOXML}.wordprocessingml.document", back=True),
    "doc6": Way(WORD, "docx", f"{OOXML}.wordprocessingml.document", back=False),
    "xls": Way(EXCEL, "xlsx", f"{OOXML}.spreadsheetml.sheet", back=True),
    "ppt": Way(POWERPOINT, "pptx", f"{OOXML}.presentationml.presentation", back=True),
    "rtf": Way(RTF, "docx", f"{OOXML}.wordprocessingml.document", back=False),
    "xlsb": Way(XLSB, "xlsx", f"{OOXML}.spreadsheetml.sheet", back=False),
}
EXTENSIONS: Final = {WORD: "doc", EXCEL: "xls", POWERPOINT: "ppt", RTF: "rtf", XLSB: "xlsb"}


class Legacy:
    """Has a file converted and what that makes cleaned; nothing of the old file goes on."""

    name = "legacy"
    types = frozenset(EXTENSIONS)
    limitations = (
        "Needs LibreOffice on the gateway; without it these files are blocked.",
        "What LibreOffice does not read does not go on: layout may shift, and some drawings and form fields are lost.",
        "Macros, embedded objects and links are reported by a look at the old file, and left behind.",
        "Of files of before 97, those of Word 6 and 95 and of Excel 5 and 95 go on; others are blocked.",
        "Written back, a Word file with charts or formulas in it is blocked: LibreOffice makes objects (OLE) of these.",
        "RTF and XLSB never go back to what they were; they stay DOCX and XLSX.",
        "XLSB with sheets of Excel 4 macros is blocked; in XLS such a sheet is emptied and stays hidden.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """A file of today's format, PDF or, by rule, of the old one again."""
        seen = Sightings()
        if file.detected_type == RTF:
            rtf.look(file.data, seen)
            return _gone_on("rtf", file, file.data, job, seen)
        if file.detected_type == XLSB:
            look_at_xlsb(file.data, job.budget, seen)
            return _gone_on("xlsb", file, file.data, job, seen)
        return _of_compound(file, job, seen)


class EncryptedOffice:
    """Opens what Office opens without asking, or a password that is known or given; anything else is locked."""

    name = "encrypted"
    types = frozenset({ENCRYPTED})
    limitations = (
        "A file behind a password is opened with one that is known or given, and goes on without it.",
        "Files protected by rights management (IRM) or a certificate are not opened.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """The file within, cleaned; raises Locked when no password fits."""
        return _of_compound(file, job, Sightings())


def _of_compound(file: File, job: Job, seen: Sightings) -> Rebuilt:
    data = file.data
    try:
        opened = Compound(data)
        if opened.is_encrypted:
            data = password.opened(data, opened, job.passwords, seen)
            if opened.is_encrypted_package:
                return _within(file, data, job, seen)
            opened = Compound(data)
        compound.look(opened, seen)
        extension = opened.extension
        if extension == "xls":
            data = compound.without_macro_sheets(data)
    except UNREADABLE:
        seen.saw(compound.UNREADABLE_PARTS)
        extension = ""
    # What a search for names took it for may be something embedded: the root decides, where it can be read.
    extension = extension or EXTENSIONS.get(file.detected_type, "")
    if not extension:
        raise CannotSanitize(Threat.UNSUPPORTED, "an OLE2 file of a kind that is not opened")
    return _gone_on(extension, file, data, job, seen)


def _within(file: File, data: bytes, job: Job, seen: Sightings) -> Rebuilt:
    """An OOXML file that was encrypted whole."""
    return _with(_kept(job.child(file.claimed_name, "", data, role=Role.ATTACHMENT)), seen)


def _gone_on(extension: str, file: File, data: bytes, job: Job, seen: Sightings) -> Rebuilt:
    way = WAYS[extension]
    stem = file.claimed_name.rpartition(".")[0] or file.claimed_name
    if job.rules.legacy_office is LegacyOffice.PDF:
        made = job.convert(extension, "pdf", data)
        return _with(_kept(job.child(f"{stem}.pdf", PDF, made, role=Role.ATTACHMENT)), seen)
    made = job.convert(extension, way.modern, data)
    clean = _kept(job.child(f"{stem}.{way.modern}", way.modern_type, made, role=Role.ATTACHMENT))
    if job.rules.legacy_office is LegacyOffice.SAME and way.back and clean.type == way.modern_type:
        old = job.convert(way.modern, extension, clean.data)  # read again by `sanitizers.verify.legacy`
        return Rebuilt(old, f"{stem}.{extension}", way.type, seen.findings())
    return _with(clean, seen)


def _kept(result: Rebuilt | Withheld) -> Rebuilt:
    if isinstance(result, Withheld):
        raise CannotSanitize(result.finding.threat, result.finding.detail)
    return result


def _with(clean: Rebuilt, seen: Sightings) -> Rebuilt:
    return Rebuilt(clean.data, clean.name, clean.type, seen.findings())
