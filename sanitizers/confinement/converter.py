"""Inside a converter's child: writes a document into the scratch folder, runs the program on it, reads what it made.

Where LibreOffice can be kept warm this is not needed, see `office`. The program is LibreOffice's own binary, not the
shell script around it. How it does without its pipe for a single instance: see `calls.PROGRAM_CALLS`.
"""

import functools
import os
import signal
import stat
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import msgspec

from sanitizers.confinement import seccomp
from sanitizers.confinement.calls import PROGRAM_CALLS
from sanitizers.confinement.enclosures import OFFICE, NotRaised
from sanitizers.confinement.kernel import die_with
from sanitizers.model import CannotSanitize, Threat

RESTART = 81  #: LibreOffice made its profile anew and asks to be started once more (EXITHELPER_NORMAL_RESTART)
STARTS = 2
DID_NOT_START = 127
FOLDERS = ("in", "out", "tmp", "home")


class Filters(msgspec.Struct, frozen=True):
    """The only reader that may open the input, and the writer. One is named, so that no content chooses among many."""

    reader: str
    writer: str


class Converter(msgspec.Struct, frozen=True):
    """A program that converts. Its texts are filled in with {scratch}, {input}, {target}, {reader} and {writer}."""

    name: str
    shown: str  #: the name that people know
    programs: tuple[str, ...]  #: the first that is there is taken
    arguments: tuple[str, ...]
    environment: dict[str, str]  #: all of it
    pairs: dict[tuple[str, str], Filters]  #: (extension of the input, target) → by what it is opened and written


class Conversion(msgspec.Struct, frozen=True):
    """What is asked for. All of it chosen by us, from the detected type; nothing of it from the mail."""

    converter: str  #: a name of CONVERTERS
    extension: str  #: of the input, e.g. "doc"
    target: str  #: extension of the output, e.g. "docx"


# Names of filters in LibreOffice's filter/source/config/fragments/filters.
_WORD, _EXCEL, _POWERPOINT = "MS Word 97", "MS Excel 97", "MS PowerPoint 97"
_DOCX, _XLSX, _PPTX = "MS Word 2007 XML", "Calc MS Excel 2007 XML", "Impress MS PowerPoint 2007 XML"
_RTF, _WORD_6, _XLSB = "Rich Text Format", "MS WinWord 6.0", "Calc MS Excel 2007 Binary"
_TEXT_PDF, _SHEET_PDF, _SLIDES_PDF = "writer_pdf_Export", "calc_pdf_Export", "impress_pdf_Export"

LIBREOFFICE = Converter(
    name="libreoffice",
    shown="LibreOffice",
    programs=tuple(f"{folder}/program/soffice.bin" for folder in OFFICE),
    arguments=(
        "--headless",  # no screen
        "--norestore",  # no recovery of what a crash left
        "--nolockcheck",  # no asking for another instance's lock
        "--nodefault",  # no empty document
        "--nofirststartwizard",
        "-env:UserInstallation=file://{scratch}/profile",
        "--infilter={reader}",
        "--convert-to",
        "{target}:{writer}",
        "--outdir",
        "{scratch}/out",
        "{scratch}/in/{input}",
    ),
    environment={
        "HOME": "{scratch}/home",
        "TMPDIR": "{scratch}/tmp",
        "XDG_CACHE_HOME": "{scratch}/home",  # the font cache, where the system has none
        "PATH": "/nonexistent",  # it would look for paperconf
        "LANG": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp",  # draw into memory
        "SAL_DISABLE_OPENCL": "1",  # no driver of a graphics card
        "MALLOC_ARENA_MAX": "2",  # each arena takes 64 MiB of address space
    },
    pairs={
        # Binary formats of Office 97–2003 become today's, which a sanitizer of ours can rebuild, or paper.
        ("doc", "docx"): Filters(_WORD, _DOCX),
        ("doc", "pdf"): Filters(_WORD, _TEXT_PDF),
        ("xls", "xlsx"): Filters(_EXCEL, _XLSX),
        ("xls", "pdf"): Filters(_EXCEL, _SHEET_PDF),
        ("ppt", "pptx"): Filters(_POWERPOINT, _PPTX),
        ("ppt", "pdf"): Filters(_POWERPOINT, _SLIDES_PDF),
        ("rtf", "docx"): Filters(_RTF, _DOCX),
        ("rtf", "pdf"): Filters(_RTF, _TEXT_PDF),
        ("doc6", "docx"): Filters(_WORD_6, _DOCX),  # an extension of ours: Word 6 and 95, which the one of 97 refuses
        ("doc6", "pdf"): Filters(_WORD_6, _TEXT_PDF),
        ("xlsb", "xlsx"): Filters(_XLSB, _XLSX),
        ("xlsb", "pdf"): Filters(_XLSB, _SHEET_PDF),
        # And back, by rule, from the clean file.
        ("docx", "doc"): Filters(_DOCX, _WORD),
        ("xlsx", "xls"): Filters(_XLSX, _EXCEL),
        ("pptx", "ppt"): Filters(_PPTX, _POWERPOINT),
        # A page of ours around a metafile (EMF, WMF): alone, it would be drawn onto a sheet of A4.
        ("fodg", "png"): Filters("OpenDocument Drawing Flat XML", "draw_png_Export"),
        # For people who want to look, not to edit.
        ("odt", "pdf"): Filters("writer8", _TEXT_PDF),
        ("ods", "pdf"): Filters("calc8", _SHEET_PDF),
        ("odp", "pdf"): Filters("impress8", _SLIDES_PDF),
        ("odg", "pdf"): Filters("draw8", "draw_pdf_Export"),
        ("docx", "pdf"): Filters(_DOCX, _TEXT_PDF),
        ("xlsx", "pdf"): Filters(_XLSX, _SHEET_PDF),
        ("pptx", "pdf"): Filters(_PPTX, _SLIDES_PDF),
    },
)
CONVERTERS = {LIBREOFFICE.name: LIBREOFFICE}

# LibreOffice's settings (officecfg's schema): path, name, value, and why. The walls hold without them.
SETTINGS = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),  # no macro, whatever its signature
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),  # and none from a trusted place
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),  # pictures and sections from elsewhere
    ("Office.Writer/Content/Update", "Link", "2"),  # never
    ("Office.Calc/Content/Update", "Link", "2"),  # never
    ("Office.Java/VirtualMachine", "Enable", "false"),  # a second machine to attack
    ("Setup/Product", "ooSetupLastVersion", "{version}"),  # else it tries every drawing operation first, for a second
)
_ITEM = '<item oor:path="/org.openoffice.{}"><prop oor:name="{}" oor:op="fuse"><value>{}</value></prop></item>'
_PROFILE = (
    '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
    + "".join(_ITEM.format(*setting) for setting in SETTINGS)
    + "</oor:items>"
)

# What a signal says about the document. Any other is a crash.
ENDED_BY: dict[int, tuple[Threat, str]] = {
    signal.SIGXFSZ: (Threat.LIMIT_EXCEEDED, "converting it would write a larger file than is allowed"),
    signal.SIGXCPU: (Threat.LIMIT_EXCEEDED, "converting it takes more computing time than is allowed"),
    signal.SIGALRM: (Threat.LIMIT_EXCEEDED, "converting it takes more time than is allowed"),
    signal.SIGKILL: (Threat.LIMIT_EXCEEDED, "converting it takes more than is allowed"),
    signal.SIGSYS: (Threat.ACTIVE_CONTENT, "it made the converter try a forbidden system call"),
}


def said_by_signal(number: int) -> tuple[Threat, str]:
    """What a converter's end by that signal says of its document."""
    return ENDED_BY.get(number, (Threat.MALFORMED, "the converter crashed at it"))


def find_program(name: str) -> str:
    """Where the program of that converter is installed; "" when it is not."""
    return next((program for program in CONVERTERS[name].programs if os.access(program, os.X_OK)), "")


def check_installed(conversion: Conversion) -> None:
    """Raises CannotSanitize where there is nothing to do it with; asked before a child is made for it."""
    converter = CONVERTERS.get(conversion.converter)
    if converter is None or (conversion.extension, conversion.target) not in converter.pairs:
        raise CannotSanitize(Threat.UNSUPPORTED, "no converter for this type")
    if not find_program(converter.name):
        raise CannotSanitize(Threat.UNSUPPORTED, f"{converter.shown} is not installed on the gateway")


@functools.cache
def prepare() -> bytes:
    """In the fork server, which still can: the filter of system calls for the program; b"" where there can be none."""
    try:
        return seccomp.compile_filter(PROGRAM_CALLS)
    except NotRaised:
        return b""  # the walls of the child say the same, and it does not come up unless that was accepted


def convert(conversion: Conversion, data: bytes, scratch: str, bytes_out: int) -> bytes:
    """In a child behind the walls of CONVERTER, once: what the program made of `data`, at most `bytes_out` bytes.

    `scratch` is this child's own empty folder. Raises CannotSanitize.
    """
    check_installed(conversion)
    converter = CONVERTERS[conversion.converter]
    filters = converter.pairs[conversion.extension, conversion.target]
    program = find_program(converter.name)
    lay_out(scratch, conversion, data)
    _lay_out_profile(scratch, program)
    words = {
        "scratch": scratch,
        "input": f"input.{conversion.extension}",
        "target": conversion.target,
        "reader": filters.reader,
        "writer": filters.writer,
    }
    arguments = [program, *(argument.format(**words) for argument in converter.arguments)]
    environment = {name: value.format(**words) for name, value in converter.environment.items()}
    _run(arguments, environment)
    return read_result(scratch, conversion, bytes_out)


def lay_out(scratch: str, conversion: Conversion, data: bytes) -> None:
    """The document, and the folders that it is converted with. Raises CannotSanitize."""
    try:
        for folder in FOLDERS:
            Path(scratch, folder).mkdir()
        Path(scratch, "in", f"input.{conversion.extension}").write_bytes(data)
    except OSError as error:
        raise _no_room(error) from error


def _lay_out_profile(scratch: str, program: str) -> None:
    try:
        Path(scratch, "profile/user/extensions").mkdir(parents=True)
        Path(scratch, "profile/user/registrymodifications.xcu").write_text(profile(program))
        Path(scratch, "profile/user/extensions/buildid").write_text(_said_in(program, "versionrc", "buildid="))
    except OSError as error:
        raise _no_room(error) from error


def _no_room(error: OSError) -> CannotSanitize:
    return CannotSanitize(Threat.LIMIT_EXCEEDED, f"no room for converting it: {error.strerror}")


def profile(program: str) -> str:
    """LibreOffice's settings, as the file registrymodifications.xcu of a profile holds them."""
    return _PROFILE.replace("{version}", _said_in(program, "bootstraprc", "ProductKey=LibreOffice "))


def _said_in(program: str, name: str, beginning: str) -> str:
    """What LibreOffice says of its version. With its own in the profile it need not start twice."""
    lines = Path(program).with_name(name).read_text("utf-8").splitlines()
    return next((line.removeprefix(beginning) for line in lines if line.startswith(beginning)), "")


def _run(arguments: list[str], environment: dict[str, str]) -> None:
    for _ in range(STARTS):
        code = _started(arguments, environment)
        if code != RESTART:
            break
    if code < 0:
        raise CannotSanitize(*said_by_signal(-code))
    if code == DID_NOT_START:
        raise CannotSanitize(Threat.UNSUPPORTED, "the converter does not start")
    if code:
        raise CannotSanitize(Threat.MALFORMED, "the converter gave up")


def _started(arguments: list[str], environment: dict[str, str]) -> int:
    """Exit status; a signal as its negative number."""
    filter_of_program = prepare()
    child = os.getpid()
    pid = os.fork()
    if pid == 0:
        _become(arguments, environment, filter_of_program, child)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _become(arguments: list[str], environment: dict[str, str], forbidding: bytes, child: int) -> NoReturn:
    """In the forked process: without the pipe, deaf and mute, and no way to start another."""
    try:
        die_with(child)
        for name in (signal.SIGXFSZ, signal.SIGPIPE):
            signal.signal(name, signal.SIG_DFL)  # Python ignores them, and a program would inherit that
        for number in (1, 2):
            os.dup2(0, number)  # which leads nowhere in a child; /dev/null could not be opened for writing here
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        if forbidding:
            with suppress(NotRaised):  # as in `prepare`
                seccomp.load(forbidding)
        os.execve(arguments[0], arguments, environment)  # noqa: S606 - no shell is wanted
    finally:
        os._exit(DID_NOT_START)


def read_result(scratch: str, conversion: Conversion, most: int) -> bytes:
    """What was made, at most so many bytes. Raises CannotSanitize."""
    path = f"{scratch}/out/input.{conversion.target}"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise CannotSanitize(Threat.MALFORMED, "the converter made nothing of it") from error
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise CannotSanitize(Threat.MALFORMED, "the converter made nothing of it")
        data = file.read(min(most, about.st_size) + 1)  # room for `most` itself may be more than there is
    if len(data) > most:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"converting it makes more than {most} bytes")
    if not data:
        raise CannotSanitize(Threat.MALFORMED, "the converter made nothing of it")
    return data
