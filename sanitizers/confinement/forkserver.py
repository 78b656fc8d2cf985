"""The fork server: a preloaded process that never reads an untrusted byte; every child is forked from it."""

import encodings
import gc
import importlib
import os
import pkgutil
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, cast

from sanitizers.confinement import converter
from sanitizers.confinement.births import (
    PACKET_BYTES,
    Birth,
    Born,
    Ended,
    Failed,
    FromServer,
    Ready,
    packed,
    read_birth,
)
from sanitizers.confinement.child import Belongings, live
from sanitizers.confinement.enclosures import ENCLOSURES
from sanitizers.confinement.kernel import die_with
from sanitizers.confinement.privileges import forbid_new_privileges, give_up, hide_memory
from sanitizers.confinement.serving import Workshop
from sanitizers.confinement.walls import Account, Walls, account

DESCRIPTORS = 3  # that come with a Birth: pipe, complaints, note


class ForkServer:
    """Forks on command, waits for its children, says how they ended. Single-threaded, so that a fork is sound."""

    def __init__(self, control: socket.socket, workshop: Workshop, owner: Account) -> None:
        self._control = control
        self._workshop = workshop
        self._owner = owner
        self._walls = {name: Walls(enclosure) for name, enclosure in ENCLOSURES.items()}
        self._children: dict[int, tuple[int, int]] = {}  #: by pidfd: serial and pid
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def run(self) -> None:
        """Until the gateway closes its end; the children end with this process."""
        self._say(Ready())
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor != self._control.fileno():
                    self._bury(descriptor)
                elif not self._obey():
                    return

    def _obey(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._control, PACKET_BYTES, DESCRIPTORS)
        if not packet:
            return False
        birth = read_birth(packet)
        try:
            pid = os.fork()
        except OSError as error:
            self._say(Failed(birth.serial, f"fork: {error.strerror}"))
        else:
            if pid == 0:
                self._become_child(birth, descriptors)
            self._register(birth.serial, pid)
        for descriptor in descriptors:
            os.close(descriptor)
        return True

    def _become_child(self, birth: Birth, descriptors: list[int]) -> NoReturn:
        pipe, complaints, note = descriptors
        live(birth, Belongings(pipe, complaints, note), self._walls[birth.enclosure], self._owner, self._workshop)

    def _register(self, serial: int, pid: int) -> None:
        pidfd = os.pidfd_open(pid)
        self._children[pidfd] = (serial, pid)
        self._poll.register(pidfd, select.POLLIN)
        self._say(Born(serial, pid), pidfd)

    def _bury(self, pidfd: int) -> None:
        serial, pid = self._children.pop(pidfd)
        self._poll.unregister(pidfd)
        os.close(pidfd)
        # Until it is waited for, the number of a dead leader still names its group, and nothing else.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        self._say(Ended(serial, status))

    def _say(self, message: FromServer, *descriptors: int) -> None:
        try:
            socket.send_fds(self._control, [packed(message)], descriptors)
        except (BrokenPipeError, ConnectionResetError):
            os._exit(0)  # the gateway is gone


def load_workshop(name: str, before_warming: Callable[[], None] = lambda: None) -> Workshop:
    """Everything that a child may need is imported here: behind the walls there is little left to load."""
    workshop = cast(Workshop, importlib.import_module(name))
    for codec in pkgutil.iter_modules(encodings.__path__):
        if codec.name not in {"mbcs", "oem"}:  # of another system
            importlib.import_module(f"encodings.{codec.name}")
    before_warming()
    workshop.warm()
    return workshop


def become(owner: Account, folder: str, parent: int) -> None:
    """The server itself, before it loads a large program: what that does while it loads, it does not do as root.

    `folder`: the one that it has for temporary files, which is the owner's. Raises NotRaised.
    """
    forbid_new_privileges()
    give_up(owner)
    hide_memory()
    die_with(parent)  # the change of the user took it away (PR_SET_PDEATHSIG(2const))
    os.environ["TMPDIR"] = folder


def main(arguments: list[str]) -> NoReturn:
    """`forkserver FD PARENT USER WORKSHOP FOLDER`: control socket, whom to die with, whom a child becomes, its work.

    With a FOLDER, else "", the server becomes the same user itself, before it loads the workshop.
    """
    channel, parent, user, workshop, folder = arguments
    die_with(int(parent))
    with suppress(OSError, ValueError):  # a host that refuses it lacks the wall of limits, and each child says so
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    owner = account(user) if os.geteuid() == 0 else Account(os.geteuid(), os.getegid())
    loaded = load_workshop(workshop, (lambda: become(owner, folder, int(parent))) if folder else (lambda: None))
    converter.prepare()
    if sum(1 for _ in Path("/proc/self/task").iterdir()) > 1:
        raise RuntimeError(f"{workshop} has started threads: a process forked now could hang in a lock that one holds")
    gc.collect()
    gc.freeze()  # what is shared with the children stays shared
    with socket.socket(fileno=int(channel)) as control:
        ForkServer(control, loaded, owner).run()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
