"""A host on which a wall does not stand: that wall is named with a reason, all others stand, and no lie is believed."""

import ctypes.util
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pyseccomp
import pytest
from landlockpy import AccessFS, Ruleset

from sanitizers.confinement.enclosures import READER, Wall
from sanitizers.confinement.kernel import PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, drop_capabilities, prctl
from sanitizers.confinement.walls import Account, Walls
from tests.contract.confinement.behind_walls import NOBODY, Seen, anybody, behind, ordinary_user

ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not ROOT, reason="only root can be refused to become somebody else, or lied to about it")


def kernel_that_answers(code: int, name: str, *when: pyseccomp.Arg) -> Callable[[], None]:
    """A host whose kernel or container answers one call so; with 0 it claims to have done it."""

    def pretend() -> None:
        other = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
        other.set_attr(pyseccomp.Attr.CTL_NNP, 0 if ROOT else 1)
        other.add_rule(pyseccomp.ERRNO(code), name, *when)
        other.load()

    return pretend


def option(number: int) -> pyseccomp.Arg:
    return pyseccomp.Arg(0, pyseccomp.EQ, number)


def missing(before: Callable[[], object], owner: Account = NOBODY) -> dict[Wall, str]:
    seen = behind(lambda: "here", before=before, owner=owner)
    assert seen.value == "here", seen
    assert len({missing.wall for missing in seen.missing}) == len(seen.missing)
    return {missing.wall: missing.reason for missing in seen.missing}


def test_nothing_is_missing_here() -> None:
    assert missing(anybody) == {}


@pytest.mark.parametrize(
    ("before", "wall", "reason"),
    [
        (kernel_that_answers(errno.ENOSYS, "landlock_create_ruleset"), Wall.FILES, "the kernel has no Landlock"),
        (kernel_that_answers(errno.EOPNOTSUPP, "landlock_create_ruleset"), Wall.FILES, "the kernel has no Landlock"),
        (kernel_that_answers(errno.EPERM, "landlock_create_ruleset"), Wall.FILES, "refuses to tell about Landlock"),
        (
            kernel_that_answers(errno.EPERM, "landlock_add_rule"),
            Wall.FILES,
            "cannot be set up: Operation not permitted",
        ),
        (kernel_that_answers(errno.EPERM, "landlock_restrict_self"), Wall.FILES, "cannot be raised: Operation not"),
        (kernel_that_answers(0, "landlock_restrict_self"), Wall.FILES, "refuses nothing"),
        (
            kernel_that_answers(errno.EINVAL, "prctl", option(PR_SET_SECCOMP)),
            Wall.SYSTEM_CALLS,
            "takes no seccomp filter: Invalid argument",
        ),
        (kernel_that_answers(0, "prctl", option(PR_SET_SECCOMP)), Wall.SYSTEM_CALLS, "refuses nothing"),
        (kernel_that_answers(errno.EPERM, "capset"), Wall.USER, "capabilities cannot be dropped"),
        (
            kernel_that_answers(errno.EPERM, "prlimit64", pyseccomp.Arg(2, pyseccomp.NE, 0)),
            Wall.LIMITS,
            "cannot be set",
        ),
        (kernel_that_answers(0, "prlimit64", pyseccomp.Arg(2, pyseccomp.NE, 0)), Wall.LIMITS, "did not take"),
    ],
)
@pytest.mark.parametrize("who", [anybody, ordinary_user])
def test_the_missing_wall_is_named_and_the_others_stand(
    who: Callable[[], None], before: Callable[[], None], wall: Wall, reason: str
) -> None:
    told = missing(lambda: (before(), who()))
    assert list(told) == [wall]
    assert reason in told[wall]
    assert "\n" not in told[wall]


@only_root
@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (drop_capabilities, "root cannot become user 65534"),
        (kernel_that_answers(errno.EPERM, "setresuid"), "root cannot become user 65534"),
        (kernel_that_answers(errno.EINVAL, "setresgid"), "root cannot become user 65534"),
        (kernel_that_answers(0, "setresuid"), "it runs as root"),
        (kernel_that_answers(0, "setresgid"), "in the group of root"),
        (kernel_that_answers(0, "setgroups"), "groups of root are left"),
    ],
)
def test_root_that_stays_root_is_a_missing_wall(before: Callable[[], None], reason: str) -> None:
    def with_a_group() -> None:
        os.setgroups([42])
        before()

    told = missing(with_a_group)
    assert list(told) == [Wall.USER]
    assert reason in told[Wall.USER]


@only_root
def test_a_setting_that_names_root_is_a_missing_wall() -> None:
    assert "it runs as root" in missing(anybody, Account(0, 0))[Wall.USER]


@only_root
def test_capabilities_that_stay_are_a_missing_wall() -> None:
    assert "capabilities are left" in missing(kernel_that_answers(0, "capset"), Account(0, 0))[Wall.USER]


@only_root
@pytest.mark.parametrize(("code", "reason"), [(errno.EINVAL, "refuses no_new_privs"), (0, "did not take")])
def test_new_privileges_that_stay_possible_are_a_missing_wall(code: int, reason: str) -> None:
    told = missing(kernel_that_answers(code, "prctl", option(PR_SET_NO_NEW_PRIVS)))
    assert reason in told[Wall.NO_NEW_PRIVILEGES]
    assert "takes no seccomp filter" in told[Wall.SYSTEM_CALLS]  # which is only taken after it


@pytest.mark.parametrize(("code", "reason"), [(errno.EINVAL, "refuses PR_SET_DUMPABLE"), (0, "look into its memory")])
def test_memory_that_stays_open_is_a_missing_wall(code: int, reason: str) -> None:
    def open_memory() -> None:
        ordinary_user()
        prctl(PR_SET_DUMPABLE, 1)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        other = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
        other.add_rule(pyseccomp.ERRNO(code), "prctl", option(PR_SET_DUMPABLE))
        other.load()

    told = missing(open_memory)
    assert list(told) == [Wall.USER]
    assert reason in told[Wall.USER]


def test_without_libseccomp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pyseccomp")
    monkeypatch.setattr(ctypes.util, "find_library", lambda _name: None)
    built = Walls(READER)
    seen: Seen = behind(lambda: "here", walls=built)
    assert [(missing.wall, missing.reason) for missing in seen.missing] == [
        (Wall.SYSTEM_CALLS, "libseccomp is not installed (Debian package libseccomp2)")
    ]


def _in_a_container() -> None:
    """Behind a Landlock and a filter of somebody else's, as in a container."""
    with Ruleset(handled_fs=AccessFS.EXECUTE | AccessFS.WRITE_FILE) as rules:
        rules.allow_path("/", AccessFS.EXECUTE | AccessFS.WRITE_FILE)
        rules.restrict()
    filter_of_others = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    filter_of_others.add_rule(pyseccomp.ERRNO(errno.EPERM), "mount")
    filter_of_others.load()


@pytest.mark.parametrize("who", [anybody, ordinary_user])
def test_inside_the_walls_of_a_container(who: Callable[[], None]) -> None:
    seen = behind(Path("/etc/passwd").read_bytes, before=lambda: (_in_a_container(), who()))
    assert seen.missing == ()
    assert seen.error == "EACCES"
    assert int(seen.status["Seccomp_filters"]) >= 2


def test_inside_more_walls_than_the_kernel_stacks() -> None:
    def sixteen_times() -> None:
        for _ in range(16):  # LANDLOCK_MAX_NUM_LAYERS
            _in_a_container()

    assert list(missing(sixteen_times)) == [Wall.FILES]


def test_a_kernel_of_debian_11_or_12_holds_files_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Landlock of version 1 and 2 knows no TCP and no signals; what it knows is used."""
    for version in (1, 2, 3, 4, 5):
        monkeypatch.setattr("landlockpy._syscall.abi_version", lambda version=version: version)
        seen = behind(Path("/etc/passwd").read_bytes)
        assert seen.missing == ()
        assert seen.error == "EACCES"
