"""LibreOffice kept warm: loaded once, in a fork server of its own; each child forked from it opens one document.

A document meets a process that has never seen another and ends with it; what is saved is the loading alone. The server
has LibreOfficeKit load every component (`lok_preinit_2`), as Collabora Online does before it forks, and never opens a
document. The child calls the components as the program's own `--convert-to` does. LibreOfficeKit's way to open a file
is not taken: it cannot name the reader, so that the content would choose among two hundred, and it shows a window.
"""

import ctypes
import fcntl
import os
import signal
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ctypes import byref, c_char_p, c_void_p
from pathlib import Path

import msgspec

from sanitizers.confinement import converter
from sanitizers.confinement.converter import LIBREOFFICE, Conversion
from sanitizers.confinement.uno import Interface, Returned, Uno, UnoError
from sanitizers.model import AskConverter, AskDns, CannotSanitize, Cleaned, Threat
from sanitizers.rules import Task

HIGH = 128  #: descriptors that LibreOffice keeps begin here, out of the way of a child's own
MOST_KEPT = 32
SETTLING_SECONDS = 10.0  #: within which what the loading has begun in threads comes to its end
LOOKS_PER_SECOND = 50

# Functions of C++ in libmergedlo.so. Where a release lacks one, LibreOffice is started for each document instead.
_LEAVE_KIT = "_ZN10comphelper14LibreOfficeKit9setActiveEb"  # comphelper::LibreOfficeKit::setActive(bool)
_NO_SCREEN = (
    "_ZN11Application18EnableHeadlessModeEb"  # Application::EnableHeadlessMode(bool): dialogs cancel themselves
)
_APPLICATION = "_ZN14SfxApplication11GetOrCreateEv"  # SfxApplication::GetOrCreate(): what documents register with
_PICTURES = "_ZN13GraphicFilter16GetGraphicFilterEv"  # GraphicFilter::GetGraphicFilter()
_CALLED = "_ZNK13GraphicFilter17GetFilterCallbackEv"  # GraphicFilter::GetFilterCallback() const
_CALL = (  # Application::SetFilterHdl(Link<ConvertData&, bool> const&): by whom a picture is put into another format
    "_ZN11Application12SetFilterHdlERK4LinkIR11ConvertDatabE"
)
_TEMPORARY = (  # SetTempNameBaseDirectory(rtl::OUString const&): where temporary files go
    "_ZN3utl8TempFile24SetTempNameBaseDirectoryERKN3rtl8OUStringE",
    "_ZN3utl24SetTempNameBaseDirectoryERKN3rtl8OUStringE",  # from 7.5
)

# Libraries that it would load with a document, where no new code may come: tables that are as large as code.
LATER = (
    "liblocaledata_*.so",  # dates, numbers and names of each language
    "libdict_*.so",  # where a Japanese or Chinese word ends
    "libcollator_data.so",  # how it is sorted
    "libindex_data.so",
    "libtextconv_dict*.so",
)
LATER_OF_SYSTEM = ("libsoftokn3.so", "libfreeblpriv3.so")  # NSS: hashes in PDF; not everywhere of this name

# What a document is opened with: com.sun.star.document.MediaDescriptor.
OPENED = {
    "Hidden": True,  # no window
    "Silent": True,  # no question
    "ReadOnly": True,  # no lock file
    "OpenNewView": True,
    "MacroExecutionMode": 0,  # NEVER_EXECUTE
    "UpdateDocMode": 0,  # NO_UPDATE: no link is followed
}
WRITTEN = {"Overwrite": True}

# Layers of its configuration that are taken: those of its installation. No extensions, no desktop's.
LAYERS = frozenset({"xcsxcu", "res"})


class CannotBeWarm(Exception):
    """LibreOffice cannot be kept warm on this host; says why in one line."""


class _Office(msgspec.Struct, frozen=True):
    """What a child inherits."""

    uno: Uno
    desktop: Interface
    merged: ctypes.CDLL
    kept: dict[int, str]  #: descriptors that LibreOffice holds, and what each was when it was loaded


class _Link(ctypes.Structure):
    """Link<>, <tools/link.hxx>: a function, and whose."""

    _fields_ = [("function", c_void_p), ("instance", c_void_p)]


_loaded: list[_Office] = []  # one, in the fork server and in what is forked from it
_taken: list[int] = []  # while it forks: the low numbers
_fresh: set[int] = set()  # in a child: the numbers that LibreOffice itself has opened at the fork


def warm() -> None:
    """In the fork server, whose TMPDIR is a folder of its own: loads all of LibreOffice. Raises CannotBeWarm."""
    program = converter.find_program(LIBREOFFICE.name)
    if not program:
        raise CannotBeWarm("LibreOffice is not installed")
    home = os.environ["TMPDIR"]
    before = _descriptors()
    _set_environment(home, program)
    _take_low_numbers()
    with _muted():
        uno, desktop, merged = _load(str(Path(program).parent), home)
    _leave_low_numbers()
    _take_signals_back()
    _settle()
    kept = {number: _described(number) for number in _descriptors() - before}
    if any(number < HIGH for number in kept) or len(kept) > MOST_KEPT:
        raise CannotBeWarm("LibreOffice opens files where a child has its own")
    _loaded.append(_Office(uno, desktop, merged, kept))
    os.register_at_fork(before=_before_fork, after_in_parent=_leave_low_numbers, after_in_child=_after_fork)


def clean(
    task: Task,
    original: bytes,
    ask_dns: AskDns,
    mark: object,
    *,
    convert: AskConverter,
) -> Cleaned | None:
    """No child of this server is ever asked to: the gateway sends it documents to convert."""
    raise NotImplementedError


def renew() -> frozenset[int]:
    """In a child, before the walls: what LibreOffice holds open becomes this child's own. The numbers to keep."""
    if not _loaded:
        return frozenset()
    kept = {number: what for number, what in _loaded[0].kept.items() if _is_open(number)}
    pipes: dict[str, list[int]] = {}
    for number, what in kept.items():
        if _described(number) != what:
            _fresh.add(number)
        elif what.startswith("pipe:"):
            pipes.setdefault(what, []).append(number)
        else:
            _put(_opened_anew(what), number)
    for ends in pipes.values():
        _renew_pipe(ends)
    return own_descriptors()


def own_descriptors() -> frozenset[int]:
    """In a child: those that it keeps for LibreOffice."""
    return frozenset((*(_loaded[0].kept if _loaded else ()), *_fresh))


def convert(conversion: Conversion, data: bytes, scratch: str, bytes_out: int) -> bytes:
    """In a child behind the walls of WARM_CONVERTER, once: what LibreOffice makes of `data`, at most `bytes_out` bytes.

    `scratch` is this child's own empty folder. Raises CannotSanitize.
    """
    converter.check_installed(conversion)
    converter.lay_out(scratch, conversion, data)
    for name in (signal.SIGXFSZ, signal.SIGPIPE):
        signal.signal(name, signal.SIG_DFL)  # Python ignores them; the first says which limit it was
    for number in (1, 2):
        os.dup2(0, number)  # it is mute
    office = _loaded[0]
    _move_in(office, scratch)
    try:
        _converted(office, conversion, scratch)
    except UnoError as error:
        raise CannotSanitize(Threat.MALFORMED, "the converter made nothing of it") from error
    return converter.read_result(scratch, conversion, bytes_out)


def _converted(office: _Office, conversion: Conversion, scratch: str) -> None:
    filters = LIBREOFFICE.pairs[conversion.extension, conversion.target]
    uno, folder = office.uno, f"file://{scratch}"
    document = uno.ask(
        office.desktop,
        "com.sun.star.frame.XComponentLoader::loadComponentFromURL",
        uno.string(f"{folder}/in/input.{conversion.extension}"),
        uno.string("_blank"),
        ctypes.c_int32(0),
        uno.properties({"FilterName": filters.reader, **OPENED}),
    )
    if not document:
        raise UnoError("not opened")
    uno.call(
        uno.query(document, "com.sun.star.frame.XStorable"),
        "com.sun.star.frame.XStorable::storeToURL",
        uno.string(f"{folder}/out/input.{conversion.target}"),
        uno.properties({"FilterName": filters.writer, **WRITTEN}),
    )


def _move_in(office: _Office, scratch: str) -> None:
    """Its temporary files go to the scratch folder, and nothing to the server's, which is gone."""
    os.environ["HOME"] = f"{scratch}/home"
    os.environ["TMPDIR"] = f"{scratch}/tmp"  # noqa: S108 - of this child alone
    function = _first_of(office.merged, _TEMPORARY)
    function.restype = Returned  # the former folder
    folder = office.uno.string(f"file://{scratch}/tmp")  # noqa: S108
    function(byref(folder))


# ---------------------------------------------------------------- loading


def _load(programs: str, home: str) -> tuple[Uno, Interface, ctypes.CDLL]:
    try:
        merged = ctypes.CDLL(f"{programs}/libmergedlo.so", mode=ctypes.RTLD_GLOBAL | os.RTLD_NOW)
        begin, kit = merged.lok_preinit_2, c_void_p(None)
        begin.argtypes = (c_char_p, c_char_p, c_void_p)
        if begin(programs.encode(), f"file://{home}/profile".encode(), byref(kit)):
            raise CannotBeWarm("LibreOffice's library does not begin")
        getattr(merged, _LEAVE_KIT)(ctypes.c_bool(False))
        getattr(merged, _NO_SCREEN)(ctypes.c_bool(False))
        getattr(merged, _APPLICATION)()
        _convert_pictures(merged)
        _first_of(merged, _TEMPORARY)
        for library in sorted(path for name in LATER for path in Path(programs).glob(name)):
            ctypes.CDLL(str(library))
        for name in LATER_OF_SYSTEM:
            with suppress(OSError):
                ctypes.CDLL(name)
        uno = Uno(programs, merged)
        _set_locale(uno)
        return uno, uno.service("com.sun.star.frame.Desktop", "com.sun.star.frame.XComponentLoader"), merged
    except (OSError, AttributeError, UnoError) as error:
        raise CannotBeWarm(f"LibreOffice's library is another than it should be: {error}") from error


def _convert_pictures(merged: ctypes.CDLL) -> None:
    """What the program does at its start, and LibreOfficeKit only later: else some pictures come out empty."""
    pictures, called = getattr(merged, _PICTURES), getattr(merged, _CALLED)
    pictures.restype, called.restype = c_void_p, _Link
    called.argtypes = (c_void_p,)
    link = called(pictures())
    getattr(merged, _CALL)(byref(link))


def _set_locale(uno: Uno) -> None:
    """Back to that of the environment, none, which writes on A4; LibreOfficeKit begins with en-US, and Letter."""
    configuration = uno.service(
        "com.sun.star.configuration.ConfigurationProvider", "com.sun.star.lang.XMultiServiceFactory"
    )
    node = uno.ask(
        configuration,
        "com.sun.star.lang.XMultiServiceFactory::createInstanceWithArguments",
        uno.string("com.sun.star.configuration.ConfigurationUpdateAccess"),
        uno.arguments({"nodepath": "/org.openoffice.Setup/L10N"}),
    )
    if not node:
        raise UnoError("no configuration")
    uno.call(
        uno.query(node, "com.sun.star.container.XNameReplace"),
        "com.sun.star.container.XNameReplace::replaceByName",
        uno.string("ooSetupSystemLocale"),
        uno.any(""),
    )
    uno.call(uno.query(node, "com.sun.star.util.XChangesBatch"), "com.sun.star.util.XChangesBatch::commitChanges")


def _first_of(library: ctypes.CDLL, names: tuple[str, ...]) -> "ctypes._NamedFuncPointer":
    for name in names:
        with suppress(AttributeError):
            return library[name]
    raise AttributeError(names[0])


def _set_environment(home: str, program: str) -> None:
    """As `converter` gives the program, and its settings: LibreOfficeKit loads with a profile of its own."""
    for name, value in LIBREOFFICE.environment.items():
        os.environ[name] = value.format(scratch=home)
    os.environ["TMPDIR"] = home
    settings = Path(home, "settings.xcu")
    settings.write_text(converter.profile(program))
    layers = [layer for layer in _layers(program) if layer.partition(":")[0] in LAYERS]
    os.environ["CONFIGURATION_LAYERS"] = " ".join((*layers, f"user:file://{settings}"))  # never written to


def _layers(program: str) -> list[str]:
    lines = Path(program).with_name("fundamentalrc").read_text("utf-8").splitlines()
    return next((line.split("=", 1)[1].split() for line in lines if line.startswith("CONFIGURATION_LAYERS=")), [])


def _take_signals_back() -> None:
    """LibreOffice catches them all, to save documents and report crashes; how the kernel ends it says more outside."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        ignored = number in {signal.SIGPIPE, signal.SIGXFSZ}  # by Python
        signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)


def _settle() -> None:
    """A fork is sound with one thread only; those of the loading end by themselves."""
    until = time.monotonic() + SETTLING_SECONDS
    while sum(1 for _ in Path("/proc/self/task").iterdir()) > 1:
        if time.monotonic() > until:
            raise CannotBeWarm("LibreOffice's library keeps threads")
        time.sleep(1 / LOOKS_PER_SECOND)


# ---------------------------------------------------------------- descriptors


def _descriptors() -> set[int]:
    found = {int(path.name) for path in Path("/proc/self/fd").iterdir()}
    return {number for number in found if _is_open(number)}  # without that of the list itself


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _described(number: int) -> str:
    return str(Path(f"/proc/self/fd/{number}").readlink())


def _take_low_numbers() -> None:
    """So that what LibreOffice opens gets a high one."""
    _taken.append(os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC))
    while _taken[-1] < HIGH - 1:
        _taken.append(os.dup(_taken[0]))


def _leave_low_numbers() -> None:
    while _taken:
        os.close(_taken.pop())


def _before_fork() -> None:
    _fresh.clear()
    _fresh.update(_descriptors())
    _take_low_numbers()


def _after_fork() -> None:
    """LibreOffice has a handler of its own, in which it makes its pipes anew (vcl/headless/svpinst.cxx)."""
    before = _fresh | set(_taken)
    _leave_low_numbers()
    _fresh.clear()
    _fresh.update(_descriptors() - before)


@contextmanager
def _muted() -> Iterator[None]:
    """LibreOfficeKit tells the terminal what it loads."""
    ear, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(ear, 2)
        os.close(ear)
        os.close(nowhere)


def _opened_anew(what: str) -> int:
    """The same file, but at a place of its own: a descriptor that is inherited shares it with all brothers."""
    if what == "anon_inode:[eventfd]":
        return os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
    with suppress(OSError):
        descriptor = os.open(what, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
    return os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)


def _renew_pipe(ends: list[int]) -> None:
    fresh = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    reading = [number for number in ends if _is_read(number)]
    for number in ends:
        os.dup2(fresh[0 if number in reading else 1], number)
    for number in fresh:
        os.close(number)


def _is_read(number: int) -> bool:
    return fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY


def _put(descriptor: int, number: int) -> None:
    os.dup2(descriptor, number)
    os.close(descriptor)
