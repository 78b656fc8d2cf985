"""What a child may see and do: one table for readers, two for converters."""

import os
import sysconfig
from enum import StrEnum
from pathlib import Path

import msgspec

from sanitizers.confinement.calls import CONVERTER_CALLS, READER_CALLS, WARM_CALLS, Calls


class Wall(StrEnum):
    """What may be missing on a host; the words of the settings, of `kiyome doctor` and of the docs."""

    USER = "user"  # not root, no capability
    NO_NEW_PRIVILEGES = "no_new_privileges"
    FILES = "files"  # Landlock
    SYSTEM_CALLS = "system_calls"  # seccomp
    LIMITS = "limits"  # resource limits


class Missing(msgspec.Struct, frozen=True):
    """A wall that could not be raised."""

    wall: Wall
    reason: str  #: one plain line for an administrator


class NotRaised(Exception):
    """A wall cannot be raised on this host, or did not take; the text is the reason of a `Missing`."""


class Enclosure(msgspec.Struct, frozen=True):
    """One kind of child."""

    name: str
    readable: tuple[str, ...]  #: folders and files below which may be read; those that exist are used
    runnable: tuple[str, ...]  #: folders and files that may be executed; (): no program, no process, no thread
    scratch: bool  #: one private folder may be written
    processes: int  #: beyond those that its user has already; 0: none
    files: int  #: open at a time
    calls: Calls
    looked_into: bool = False  #: by the gateway, for files without a name: its memory is not hidden from its user


def _interpreter() -> tuple[str, ...]:
    """Standard library and packages, of the virtual environment and of the Python that it was made from."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    of_base = {
        "base": sysconfig.get_config_var("installed_base"),
        "platbase": sysconfig.get_config_var("installed_platbase"),
    }
    paths = [sysconfig.get_path(name, vars=variables) for name in names for variables in (None, of_base)]
    return tuple(dict.fromkeys(os.path.realpath(path) for path in paths))


# Read in both: nothing of /proc, /sys, /etc/passwd, /tmp, /var or a home folder, never the folder with the settings.
PYTHON = (
    *_interpreter(),  # lazy imports and the data of packages, such as the public suffixes
    str(Path(__file__).resolve().parents[1]),  # the package `sanitizers` alone: settings and keys lie beside it
)
SYSTEM = (
    "/usr/lib",  # libraries and their data: libmagic's database, gconv tables, CMaps
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",  # where the libraries are
    "/etc/magic",  # libmagic reads these besides its own
    "/etc/magic.mgc",
    "/usr/share/misc",
    "/usr/share/file",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/etc/fonts",  # which font stands for which
    "/usr/share/fontconfig",
    "/usr/share/zoneinfo",
    "/etc/localtime",  # a copy of one of these on some systems
    "/dev/null",
    "/dev/urandom",
)

READER = Enclosure(
    name="reader",
    readable=(*PYTHON, *SYSTEM),
    runnable=(),
    scratch=False,
    processes=0,
    files=32,
    calls=READER_CALLS,
)

OFFICE = (
    "/usr/lib/libreoffice",  # Debian's
    *(str(folder) for folder in sorted(Path("/opt").glob("libreoffice*"))),  # the Document Foundation's
)
OFFICE_DATA = (
    *OFFICE,
    "/usr/local/lib",  # libraries that an administrator built
    "/etc/libreoffice",
    "/usr/share/libreoffice",
    "/var/spool/libreoffice",  # Debian's list of shared extensions: it does not start without
    "/usr/share/liblangtag",  # languages of a text
    "/usr/share/hyphen",
    "/var/cache/fontconfig",  # without it every start looks into every font
    "/etc/alternatives",  # which of several libraries is meant
)
# RLIMIT_NPROC counts every thread of the user, and LibreOffice does not survive being refused one: with room for 256,
# some hundred threads that other programs of the same user began meanwhile brought it down. The watch from outside
# counts nearer (conversions.MOST_THREADS); this bounds what can be begun between two of its looks.
NEIGHBOURS = 4_096

# Starts LibreOffice for its one document.
CONVERTER = Enclosure(
    name="converter",
    readable=(*PYTHON, *SYSTEM, *OFFICE_DATA),
    runnable=(
        *(f"{folder}/program/soffice.bin" for folder in OFFICE),
        "/lib64/ld-linux-x86-64.so.2",  # the loader of every program
        "/lib/ld-linux-aarch64.so.1",
    ),
    scratch=True,
    processes=NEIGHBOURS,
    files=1_024,
    calls=CONVERTER_CALLS,
)

# Forked from a process that has LibreOffice loaded: it needs to start nothing.
WARM_CONVERTER = Enclosure(
    name="warm_converter",
    readable=(*PYTHON, *SYSTEM, *OFFICE_DATA),
    runnable=(),
    scratch=True,
    processes=NEIGHBOURS,
    files=1_024,
    calls=WARM_CALLS,
    looked_into=True,  # as a started LibreOffice can be: it is what holds files open
)

ENCLOSURES = {enclosure.name: enclosure for enclosure in (READER, CONVERTER, WARM_CONVERTER)}
