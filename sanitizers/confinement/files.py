"""The wall around files: Landlock lets a process read what its enclosure names, and write one scratch folder."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from landlockpy import AccessFS, LandlockError, Ruleset, Scope, abi_version

from sanitizers.confinement.enclosures import Enclosure, NotRaised

READ = AccessFS.READ_FILE | AccessFS.READ_DIR
RUN = READ | AccessFS.EXECUTE
# No links, sockets, pipes or devices: a name in the scratch folder is a file or a folder.
WRITE = (
    READ
    | AccessFS.WRITE_FILE
    | AccessFS.TRUNCATE
    | AccessFS.MAKE_REG
    | AccessFS.MAKE_DIR
    | AccessFS.REMOVE_FILE
    | AccessFS.REMOVE_DIR
    | AccessFS.REFER  # to rename from one folder below it to another
)
ON_A_FILE = AccessFS.READ_FILE | AccessFS.EXECUTE  # landlock_add_rule(2) takes no other for a file
OF_OTHERS = Scope.SIGNAL | Scope.ABSTRACT_UNIX_SOCKET


class FileWall:
    """Made once for an enclosure; raised in each child.

    Everything that the Landlock of this kernel knows is denied but what the enclosure names: files (from Linux 5.13),
    TCP (6.7), signals and abstract sockets of others (6.12).
    """

    def __init__(self, enclosure: Enclosure) -> None:
        """Raises NotRaised where the kernel has none."""
        _check_kernel()
        self._has_scratch = enclosure.scratch
        self._allowed = tuple(_allowed(enclosure))
        self._rules("").close()  # whether it can be done; what Python makes on its first go, no child has to make again

    def up(self, scratch: str) -> None:
        """For this thread and all that it starts; needs no_new_privs. `scratch`: "" for none. Raises NotRaised."""
        with self._rules(scratch) as rules:
            try:
                rules.restrict(no_new_privs=False)
            except OSError as error:
                raise NotRaised(f"Landlock cannot be raised: {error.strerror}") from error
        _try_it()

    def _rules(self, scratch: str) -> Ruleset:
        try:
            rules = Ruleset(scoped=OF_OTHERS)
            for path, access in self._allowed:
                _allow_where_it_exists(rules, path, access)
            if self._has_scratch and scratch:
                rules.allow_path(scratch, WRITE)
        except OSError as error:
            raise NotRaised(f"Landlock cannot be set up: {error.strerror}") from error
        return rules


def _check_kernel() -> None:
    try:
        version = abi_version()
    except LandlockError as error:
        raise NotRaised(f"the kernel refuses to tell about Landlock: {error.strerror}") from error
    if version < 1:
        raise NotRaised("the kernel has no Landlock: it needs Linux 5.13 or later, with landlock among its lsm=")


def _allowed(enclosure: Enclosure) -> Iterator[tuple[str, AccessFS]]:
    """What there is on this host, each with its rights."""
    for paths, access in ((enclosure.readable, READ), (enclosure.runnable, RUN)):
        for path in paths:
            try:
                is_folder = stat.S_ISDIR(Path(path).stat().st_mode)
            except (FileNotFoundError, NotADirectoryError, PermissionError):
                continue  # not on this host, or not for this user
            yield path, access if is_folder else access & ON_A_FILE


def _allow_where_it_exists(rules: Ruleset, path: str, access: AccessFS) -> None:
    try:
        rules.allow_path(path, access)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return  # gone since, or not for this user: nothing is allowed


def _try_it() -> None:
    try:
        os.close(os.open("/", os.O_RDONLY | os.O_DIRECTORY))
    except PermissionError:
        return
    raise NotRaised("Landlock was set up but refuses nothing")
