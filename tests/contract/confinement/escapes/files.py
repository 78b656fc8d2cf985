"""Reading what is not its own, and writing anywhere."""

# ruff: noqa: PTH208 - system calls by their own names

import errno
import os
import stat
from pathlib import Path

from tests.contract.confinement.escapes.kernel import HIGH_BIT, call, know
from tests.contract.confinement.escapes.table import Escape, Target, any_of, new, read, refused

know("open", "openat", "openat2", "creat")

AT_FDCWD = -100
WRITE_OWN_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
DEVICES = ("/dev/ptmx", "/dev/tty", "/dev/kmsg", "/dev/mem", "/dev/kvm", "/dev/fuse", "/dev/vda", "/dev/sda")


def list_folders(at: Target) -> object:
    return any_of([lambda place=place: os.listdir(place) for place in (at.folder, "/tmp", "/etc", "/home", "/proc")])


def read_of(process: int, things: tuple[str, ...]) -> object:
    return any_of([lambda thing=thing: read(f"/proc/{process}/{thing}") for thing in things])


def read_by_dots(at: Target) -> str:
    return read(str(Path(at.library).parent) + "/.." * 20 + at.item)


def reopen_a_bare_path(at: Target) -> str:
    """O_PATH needs no right to the file; /proc/self/fd then leads to it."""
    descriptor = os.open(at.item, os.O_PATH)
    return read(f"/proc/self/fd/{descriptor}")


def read_below_a_bare_folder(at: Target) -> str:
    folder = os.open(at.folder, os.O_PATH | os.O_DIRECTORY)
    descriptor = os.open(Path(at.item).name, os.O_RDONLY, dir_fd=folder)
    return f"read {len(os.read(descriptor, 4_096))} bytes"


def read_by_openat2(at: Target) -> str:
    how = bytearray(24)  # flags, mode, resolve: all 0, so O_RDONLY
    descriptor = call("openat2", AT_FDCWD, at.item.encode(), bytes(how), len(how))
    return f"opened as {descriptor}"


def create(at: Target, folder: str) -> str:
    path = new(at, folder)
    os.write(os.open(path, WRITE_OWN_FILE, 0o666), b"escaped")
    return f"wrote {path}"


def open_with(path: str, flags: int) -> str:
    return f"opened as {os.open(path, flags)}"


def append(path: str) -> str:
    os.write(os.open(path, os.O_WRONLY | os.O_APPEND), b"escaped")
    return f"wrote to {path}"


def write_own_code(_: Target) -> str:
    """/proc/self/mem ignores the protection of pages."""
    descriptor = os.open("/proc/self/mem", os.O_RDWR)
    return f"opened as {descriptor}"


def write_with_a_high_bit(at: Target) -> str:
    return f"opened as {call('openat', AT_FDCWD, at.item.encode(), HIGH_BIT | os.O_WRONLY, 0)}"


def fill_the_disk(at: Target) -> object:
    def fill(folder: str) -> str:
        descriptor = os.open(new(at, folder), WRITE_OWN_FILE, 0o600)
        return f"wrote {os.write(descriptor, bytes(1 << 20))} bytes"

    return any_of(
        [lambda place=place: fill(place) for place in (at.folder, "/tmp", "/var/tmp", "/dev/shm", "/run", "/")]
    )


def read_devices(_: Target) -> object:
    return any_of([lambda device=device: open_with(device, os.O_RDONLY) for device in DEVICES])


def inherited_descriptors(_: Target) -> str:
    """Anything but nothing (0, 1), the place for complaints (2) and the pipe (3)."""
    found = []
    for number in range(1_024):
        try:
            kind = stat.S_IFMT(os.fstat(number).st_mode)
        except OSError:
            continue
        if (number, kind) not in {(0, stat.S_IFCHR), (1, stat.S_IFCHR), (2, stat.S_IFIFO), (3, stat.S_IFSOCK)}:
            found.append(number)
    if not found:
        raise OSError(errno.EBADF, "nothing else is open")
    return f"open: {found}"


def inherited_environment(_: Target) -> str:
    if not any("SECRET" in name for name in os.environ):
        raise OSError(errno.ENODATA, "no secret there")
    return "the gateway's environment"


READING: tuple[Escape, ...] = (
    refused("read_another_item", "the original of another item", lambda at: read(at.item), control=True),
    refused("read_the_configuration", "gateway.toml", lambda at: read(at.configuration), control=True),
    refused("read_the_key", "the key that signs reports", lambda at: read(at.key), control=True),
    refused("read_the_database", "the store", lambda at: read(at.database), control=True),
    refused(
        "read_the_checkout",
        "config/gateway.toml of this program",
        lambda at: read(f"{at.checkout}/config/gateway.toml"),
        control=True,
    ),
    refused("read_passwd", "/etc/passwd", lambda _: read("/etc/passwd"), control=True),
    refused("read_shadow", "/etc/shadow", lambda _: read("/etc/shadow")),
    refused("read_own_environ", "/proc/self/environ", lambda _: read("/proc/self/environ"), control=True),
    refused("read_own_maps", "/proc/self/maps, where everything lies", lambda _: read("/proc/self/maps"), control=True),
    refused(
        "read_the_gateway",
        "environ, mem, maps, cmdline of the gateway",
        lambda at: read_of(at.gateway, ("environ", "mem", "maps", "cmdline")),
        control=True,
    ),
    refused(
        "read_a_descriptor_of_the_gateway",
        "the key, open in the gateway, by /proc/PID/fd",
        lambda at: read_of(at.gateway, (f"fd/{at.held}", f"root{at.key}", "cwd/pyproject.toml")),
    ),
    refused(
        "read_the_fork_server",
        "environ, mem, maps, cmdline of its parent",
        lambda _: read_of(os.getppid(), ("environ", "mem", "maps", "cmdline")),
        control=True,
    ),
    refused(
        "read_a_sibling",
        "environ, mem, maps, cmdline of another child",
        lambda at: read_of(at.sibling, ("environ", "mem", "maps", "cmdline")),
        control=True,
    ),
    refused(
        "read_a_siblings_pipe",
        "the pipe of another child by /proc/PID/fd",
        lambda at: read_of(at.sibling, ("fd/2", "fd/3")),
        errno.ENXIO,
    ),
    refused("read_through_own_root", "/proc/self/root/…", lambda at: read(f"/proc/self/root{at.item}"), control=True),
    refused("read_through_own_cwd", "/proc/self/cwd/…", lambda at: read(f"/proc/self/cwd/{at.item}"), control=True),
    refused("read_relative", "a path without a root", lambda at: read("../" * 30 + at.item.lstrip("/")), control=True),
    refused("read_by_dots", "a file far above a readable folder", read_by_dots, control=True),
    refused("reopen_a_bare_path", "O_PATH, then /proc/self/fd", reopen_a_bare_path, control=True),
    refused("read_below_a_bare_folder", "O_PATH of a folder, then openat", read_below_a_bare_folder, control=True),
    refused("read_by_openat2", "openat2, whose flags no filter sees", read_by_openat2, control=True),
    refused("list_folders", "what lies in /tmp, /etc, /proc", list_folders, control=True),
    refused("open_devices", "terminals, memory and disks", read_devices, control=True),
    refused("inherited_descriptors", "files that somebody left open", inherited_descriptors, errno.EBADF, warm=False),
    refused("inherited_environment", "the gateway's environment", inherited_environment, errno.ENODATA, control=True),
)

WRITING: tuple[Escape, ...] = (
    refused("write_in_the_open_folder", "a new file where anybody may", lambda at: create(at, at.folder), control=True),
    refused("write_in_tmp", "/tmp", lambda at: create(at, "/tmp"), control=True),
    refused("write_in_var_tmp", "/var/tmp", lambda at: create(at, "/var/tmp"), control=True),
    refused("write_in_shm", "/dev/shm", lambda at: create(at, "/dev/shm")),
    refused("write_in_its_folder", "where it stands", lambda at: create(at, ".")),
    refused("write_in_the_checkout", "this program's folder", lambda at: create(at, at.checkout)),
    refused(
        "write_beside_its_library",
        "a module that would be imported",
        lambda at: create(at, str(Path(at.library).parent)),
    ),
    refused("write_to_its_library", "its own code", lambda at: append(at.library)),
    refused("write_to_another_item", "the original of another item", lambda at: append(at.item), control=True),
    refused("write_to_the_database", "the store", lambda at: append(at.database), control=True),
    refused("write_own_code", "/proc/self/mem", write_own_code, control=True),
    refused("empty_while_reading", "O_RDONLY | O_TRUNC", lambda at: open_with(at.item, os.O_TRUNC), control=True),
    refused(
        "create_while_reading", "O_RDONLY | O_CREAT", lambda at: open_with(new(at, at.folder), os.O_CREAT), control=True
    ),
    refused("open_with_mode_three", "the access mode that is neither", lambda at: open_with(at.item, 3), control=True),
    refused("open_nameless", "O_TMPFILE", lambda at: open_with(at.folder, os.O_TMPFILE | os.O_RDWR), control=True),
    refused("write_with_a_high_bit", "flags beyond 32 bits", write_with_a_high_bit, control=True),
    refused("fill_the_disk", "anywhere", fill_the_disk, control=True),
)

OLD_CALLS: tuple[Escape, ...] = (
    (
        refused(
            "write_by_old_open",
            "open(2) instead of openat(2)",
            lambda at: call("open", at.item.encode(), os.O_WRONLY, 0),
            control=True,
        ),
        refused(
            "write_by_creat", "creat(2)", lambda at: call("creat", new(at, at.folder).encode(), 0o600), control=True
        ),
        refused(
            "write_to_devices",
            "the random pool and the disks",
            lambda _: any_of(
                [lambda device=device: open_with(device, os.O_WRONLY) for device in ("/dev/urandom", *DEVICES)]
            ),
        ),
    )
    if know("open", "creat")
    else ()
)

ROWS = (*READING, *WRITING, *OLD_CALLS)
