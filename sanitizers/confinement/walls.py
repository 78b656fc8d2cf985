"""The walls of a child: raised in the forked process before it reads the first untrusted byte."""

import os
import pwd
from collections.abc import Callable
from typing import TypeVar

from sanitizers.confinement.enclosures import Enclosure, Missing, NotRaised, Wall
from sanitizers.confinement.files import FileWall
from sanitizers.confinement.limits import Bounds, limit_table, set_limits
from sanitizers.confinement.privileges import Account, forbid_new_privileges, give_up, hide_memory, show_memory
from sanitizers.confinement.seccomp import compile_filter, load

__all__ = ["Account", "Bounds", "Missing", "Walls", "account"]

Made = TypeVar("Made")


def account(name: str) -> Account:
    """The user of that name; raises LookupError with a clear text."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise LookupError(f"there is no user {name} on this system") from None
    return Account(entry.pw_uid, entry.pw_gid)


class Walls:
    """Made once for an enclosure, in the fork server: the slow part is done here."""

    def __init__(self, enclosure: Enclosure) -> None:
        self._enclosure = enclosure
        self._files = _made(lambda: FileWall(enclosure))
        self._filter = _made(lambda: compile_filter(enclosure.calls))

    def up(
        self, bounds: Bounds, owner: Account, scratch: str = "", after_drop: Callable[[], None] = lambda: None
    ) -> tuple[Missing, ...]:
        """In the forked child, once, while it has one thread. What could not be raised comes back, all else stands.

        `owner`: whom to become when started as root. `scratch`: the folder of an enclosure that has one; it belongs to
        whom the child becomes. `after_drop` runs when the user is changed and every call is still allowed: that change
        takes away the signal at the parent's death (PR_SET_PDEATHSIG(2const)).
        """
        limits = limit_table(self._enclosure, bounds, os.getuid() or owner.uid)
        missing = [
            *_missing(Wall.NO_NEW_PRIVILEGES, forbid_new_privileges),
            *_missing(Wall.FILES, lambda: _sound(self._files).up(scratch)),
            *_missing(Wall.USER, lambda: give_up(owner)),
        ]
        after_drop()
        missing += [
            *_missing(Wall.LIMITS, lambda: set_limits(limits)),
            *_missing(Wall.USER, show_memory if self._enclosure.looked_into else hide_memory),
            # Last: it forbids the calls that the others are made with.
            *_missing(Wall.SYSTEM_CALLS, lambda: load(_sound(self._filter))),
        ]
        return tuple(missing)


def _made(make: Callable[[], Made]) -> Made | NotRaised:
    try:
        return make()
    except NotRaised as reason:
        return reason


def _sound(made: Made | NotRaised) -> Made:
    if isinstance(made, NotRaised):
        raise made
    return made


def _missing(wall: Wall, raise_it: Callable[[], None]) -> tuple[Missing, ...]:
    try:
        raise_it()
    except NotRaised as reason:
        return (Missing(wall, str(reason)),)
    return ()
