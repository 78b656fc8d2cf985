"""The walls around what a process may become: no new privileges, no root, no capability."""

import os

import msgspec

from sanitizers.confinement.enclosures import NotRaised
from sanitizers.confinement.kernel import (
    PR_GET_DUMPABLE,
    PR_GET_NO_NEW_PRIVS,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    drop_capabilities,
    has_capabilities,
    prctl,
)


class Account(msgspec.Struct, frozen=True):
    """Whom to become when started as root."""

    uid: int
    gid: int


def forbid_new_privileges() -> None:
    """From here on no program that is started gains anything by set-user-ID or file capabilities. Raises NotRaised."""
    try:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        taken = prctl(PR_GET_NO_NEW_PRIVS)
    except OSError as error:
        raise NotRaised(f"the kernel refuses no_new_privs: {error.strerror}") from error
    if taken != 1:
        raise NotRaised("no_new_privs did not take")


def give_up(owner: Account) -> None:
    """Root becomes `owner`; whoever it is loses every capability. Raises NotRaised."""
    if 0 in os.getresuid():
        _become(owner)
    try:
        drop_capabilities()
        left = has_capabilities()
    except OSError as error:
        raise NotRaised(f"capabilities cannot be dropped: {error.strerror}") from error
    if left:
        raise NotRaised("capabilities are left after dropping them")
    if 0 in (*os.getresuid(), *os.getresgid(), *os.getgroups()):
        raise NotRaised("it runs as root or in the group of root")


def hide_memory() -> None:
    """No process of the same user can look into this one or trace it (PR_SET_DUMPABLE(2const)). Raises NotRaised."""
    try:
        prctl(PR_SET_DUMPABLE, 0)
        dumpable = prctl(PR_GET_DUMPABLE)
    except OSError as error:
        raise NotRaised(f"the kernel refuses PR_SET_DUMPABLE: {error.strerror}") from error
    if dumpable:
        raise NotRaised("other processes of the same user can look into its memory")


def show_memory() -> None:
    """Undoes `hide_memory`, which it has from where it was forked; raises NotRaised.

    Else a gateway that is an ordinary user could not count the nameless files that it holds open (proc_pid_fd(5)).
    """
    try:
        prctl(PR_SET_DUMPABLE, 1)
    except OSError as error:
        raise NotRaised(f"the kernel refuses PR_SET_DUMPABLE: {error.strerror}") from error


def _become(owner: Account) -> None:
    try:
        if os.getgroups():
            os.setgroups([])
        os.setresgid(owner.gid, owner.gid, owner.gid)
        os.setresuid(owner.uid, owner.uid, owner.uid)
    except OSError as error:
        raise NotRaised(
            f"root cannot become user {owner.uid}: {error.strerror} (it needs CAP_SETUID and CAP_SETGID)"
        ) from error
    if set(os.getgroups()) - {owner.gid}:
        raise NotRaised("groups of root are left after dropping them")
