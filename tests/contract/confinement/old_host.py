"""`old_host.py WALL… -- COMMAND…`: runs a command as on a host that lacks these walls.

A system-call filter around the whole command answers as an old kernel, a narrow container profile or a container
without capabilities would. Nothing of Kiyome knows of it.
"""

import errno
import os
import sys

import pyseccomp

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38  # <linux/prctl.h>
SECCOMP_SET_MODE_FILTER = 1  # <linux/seccomp.h>
RLIMIT_AS = 9  # <asm-generic/resource.h>

Rule = tuple[str, int, tuple[pyseccomp.Arg, ...]]  #: a call that fails, with which error, for which arguments


def _first(value: int) -> tuple[pyseccomp.Arg, ...]:
    return (pyseccomp.Arg(0, pyseccomp.EQ, value),)


LACKING: dict[str, list[Rule]] = {
    "files": [("landlock_create_ruleset", errno.ENOSYS, ())],  # before Linux 5.13
    "system_calls": [
        ("prctl", errno.EINVAL, _first(PR_SET_SECCOMP)),
        ("seccomp", errno.EINVAL, _first(SECCOMP_SET_MODE_FILTER)),
    ],
    "user": [(call, errno.EPERM, ()) for call in ("setuid", "setreuid", "setresuid")],  # root without CAP_SETUID
    "no_new_privileges": [("prctl", errno.EINVAL, _first(PR_SET_NO_NEW_PRIVS))],
    "limits": [
        ("prlimit64", errno.EPERM, (pyseccomp.Arg(1, pyseccomp.EQ, RLIMIT_AS), pyseccomp.Arg(2, pyseccomp.NE, 0)))
    ],
}


def main(arguments: list[str]) -> None:
    at = arguments.index("--")
    outer = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    outer.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.ALLOW)  # it is to lack, not to add
    if os.geteuid() == 0:
        outer.set_attr(pyseccomp.Attr.CTL_NNP, 0)  # else the filter itself would bring no_new_privs
    for wall in arguments[:at]:
        for call, error, when in LACKING[wall]:
            outer.add_rule(pyseccomp.ERRNO(error), call, *when)
    outer.load()
    command = arguments[at + 1 :]
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
