"""More rights, another user, another view of the world, and the walls themselves."""

import ctypes
import os
import resource

from tests.contract.confinement.escapes.kernel import call, know
from tests.contract.confinement.escapes.table import Escape, Target, grants, killed, refused

# <linux/sched.h>
NAMESPACES = {
    "mount": 0x0002_0000,
    "cgroup": 0x0200_0000,
    "uts": 0x0400_0000,
    "ipc": 0x0800_0000,
    "user": 0x1000_0000,
    "pid": 0x2000_0000,
    "network": 0x4000_0000,
    "time": 0x80,
}
CLONE_FS, CLONE_FILES = 0x200, 0x400
SIGCHLD = 17
# <linux/prctl.h>: option and argument
PRCTL = {
    "dumpable": (4, 1),
    "parent_death_signal": (1, 0),
    "keep_capabilities": (8, 1),
    "secure_bits": (28, 0),
    "seccomp": (22, 0),
    "memory_map": (35, 1),
    "child_subreaper": (36, 1),
    "timestamp_counter": (26, 1),
    "transparent_huge_pages": (41, 1),
    "ambient_capability": (47, 2),
    "speculation": (53, 0),
    "ptracer": (0x5961_6D61, 0xFFFF_FFFF_FFFF_FFFF),
    "name": (15, 0),
    "io_flusher": (57, 1),
    "memory_deny_write_execute": (65, 0),
    "syscall_user_dispatch": (59, 1),
}
PRCTL_CONTROL = frozenset({"dumpable", "parent_death_signal", "child_subreaper"})
LIMITS = {
    "memory": resource.RLIMIT_AS,
    "processor_time": resource.RLIMIT_CPU,
    "processes": resource.RLIMIT_NPROC,
    "files": resource.RLIMIT_NOFILE,
    "file_size": resource.RLIMIT_FSIZE,
    "core": resource.RLIMIT_CORE,
}
IDENTITIES = {
    "setuid": (0,),
    "setgid": (0,),
    "setreuid": (0, 0),
    "setregid": (0, 0),
    "setresuid": (0, 0, 0),
    "setresgid": (0, 0, 0),
    "setfsuid": (0,),
    "setfsgid": (0,),
    "setgroups": (0, 0),
}
know(
    *IDENTITIES,
    "capset",
    "unshare",
    "clone",
    "setns",
    "prctl",
    "seccomp",
    "personality",
    "prlimit64",
    "setrlimit",
    "chroot",
    "pivot_root",
    "landlock_create_ruleset",
    "landlock_add_rule",
    "landlock_restrict_self",
    "arch_prctl",
    "lsm_set_self_attr",
    "umask",
)


def raise_limit(limit: int) -> str:
    soft, _ = resource.getrlimit(limit)
    return grants(lambda: resource.setrlimit(limit, (soft, soft)))


def prlimit(_: Target) -> int:
    return call("prlimit64", 0, resource.RLIMIT_AS, b"\xff" * 16, None)


def loosen(_: Target) -> int:
    """A filter that allows all; the strictest of the loaded filters counts, so even this would not help."""
    allow_all = ctypes.create_string_buffer((0x06).to_bytes(4, "little") + (0x7FFF_0000).to_bytes(4, "little"), 8)
    program = ctypes.create_string_buffer(
        (1).to_bytes(8, "little") + ctypes.addressof(allow_all).to_bytes(8, "little"), 16
    )
    return call("seccomp", 1, 0, program)


def capabilities(_: Target) -> int:
    header = (0x2008_0522).to_bytes(4, "little") + bytes(4)
    return call("capset", header, b"\xff" * 24)


ROWS: tuple[Escape, ...] = (
    *(
        killed(name, f"{name} to root", lambda _, name=name, arguments=arguments: call(name, *arguments))
        for name, arguments in IDENTITIES.items()
    ),
    killed("capset", "all capabilities", capabilities),
    *(
        killed(f"unshare_{name}", f"a {name} namespace of its own", lambda _, flag=flag: call("unshare", flag))
        for name, flag in NAMESPACES.items()
    ),
    killed("unshare_user_and_mount", "root of a world of its own", lambda _: call("unshare", 0x1002_0000)),
    killed(
        "unshare_files",
        "unshare of what needs no right",
        lambda _: call("unshare", CLONE_FS | CLONE_FILES),
        control=True,
    ),
    killed(
        "clone_user", "a child in a user namespace", lambda _: call("clone", NAMESPACES["user"] | SIGCHLD, 0, 0, 0, 0)
    ),
    killed("setns", "somebody else's namespace", lambda _: call("setns", 0, 0)),
    killed("chroot", "another root", lambda at: grants(lambda: os.chroot(at.folder))),
    killed("pivot_root", "another root, deeper", lambda at: call("pivot_root", at.folder.encode(), at.folder.encode())),
    *(
        refused(
            f"prctl_{name}",
            f"prctl: {name.replace('_', ' ')}",
            lambda _, option=option, argument=argument: grants(lambda: call("prctl", option, argument, 0, 0, 0)),
            control=name in PRCTL_CONTROL,
        )
        for name, (option, argument) in PRCTL.items()
    ),
    killed("loosen_the_filter", "seccomp: allow everything", loosen),
    killed("strict_filter", "seccomp: strict mode", lambda _: call("seccomp", 0, 0, None)),
    killed("landlock_again", "a new set of rules", lambda _: call("landlock_create_ruleset", None, 0, 1)),
    killed("landlock_add_rule", "a rule", lambda _: call("landlock_add_rule", 0, 1, None, 0)),
    killed("landlock_restrict_self", "another layer", lambda _: call("landlock_restrict_self", 0, 0)),
    refused("security_label", "lsm_set_self_attr", lambda _: call("lsm_set_self_attr", 100, bytes(32), 32, 0)),
    killed("personality", "READ_IMPLIES_EXEC", lambda _: call("personality", 0x0040_0000), control=True),
    killed("personality_asked", "which one it has", lambda _: call("personality", 0xFFFF_FFFF), control=True),
    *(
        killed(
            f"raise_{name}",
            f"setrlimit: {name.replace('_', ' ')}",
            lambda _, limit=limit: raise_limit(limit),
            control=True,
        )
        for name, limit in LIMITS.items()
    ),
    killed("prlimit", "prlimit of itself", prlimit),
    refused("umask", "open to all what it writes", lambda _: call("umask", 0), control=True),
    *(
        (refused("arch_prctl", "its segment registers", lambda _: call("arch_prctl", 0x1011, 0)),)
        if know("arch_prctl")
        else ()
    ),
)
