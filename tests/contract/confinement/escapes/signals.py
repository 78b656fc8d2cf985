"""Signals to others, by every road; and the priorities of others."""

import ctypes
import errno
import fcntl
import os
import resource
import signal
import struct

from tests.contract.confinement.escapes.kernel import call, know
from tests.contract.confinement.escapes.table import Escape, Target, grants, killed, refused

PIPE = 3
F_SETSIG = 10
FIOSETOWN = 0x8901
SIOCSPGRP = 0x8902
SI_QUEUE = -1
IOPRIO_WHO_PROCESS = 1

know(
    "tkill",
    "tgkill",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "pidfd_send_signal",
    "ioprio_set",
    "setpgid",
    "setsid",
    "sched_setattr",
    "timer_create",
)


def information(number: int) -> bytes:
    """Struct siginfo."""
    return struct.pack("<iii", number, 0, SI_QUEUE).ljust(128, b"\0")


def owner_of_the_pipe(at: Target) -> str:
    """Whoever owns a descriptor gets a signal when something arrives; the owner and the signal can be chosen."""
    fcntl.fcntl(PIPE, fcntl.F_SETOWN, at.bystander)
    fcntl.fcntl(PIPE, F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(PIPE, fcntl.F_SETFL, fcntl.fcntl(PIPE, fcntl.F_GETFL) | os.O_ASYNC)
    return "the bystander gets SIGKILL with the next byte"


def owner_by_ioctl(at: Target, request: int) -> object:
    return fcntl.ioctl(PIPE, request, at.bystander.to_bytes(4, "little"))


# SIGURG where anybody's process may be met: it does no harm, and the gateway of the test counts it.
ROWS: tuple[Escape, ...] = (
    *(
        killed(
            f"signal_the_{whose}",
            f"kill: the {whose}",
            lambda at, whose=whose: grants(lambda: os.kill(getattr(at, whose), signal.SIGURG)),
            control=True,
        )
        for whose in ("gateway", "sibling", "bystander")
    ),
    killed(
        "kill_the_bystander",
        "SIGKILL to a process of the same user",
        lambda at: grants(lambda: os.kill(at.bystander, signal.SIGKILL)),
        control=True,
    ),
    killed(
        "signal_the_fork_server", "kill: its parent", lambda _: grants(lambda: os.kill(os.getppid(), signal.SIGURG))
    ),
    killed("signal_everybody", "kill -1", lambda _: grants(lambda: os.kill(-1, signal.SIGURG))),
    killed("signal_its_group", "kill 0", lambda _: grants(lambda: os.kill(0, signal.SIGURG)), control=True),
    killed("signal_the_gateways_group", "killpg", lambda at: grants(lambda: os.killpg(at.gateway, signal.SIGURG))),
    killed(
        "stop_itself", "SIGSTOP: neither dead nor alive", lambda _: grants(lambda: os.kill(os.getpid(), signal.SIGSTOP))
    ),
    killed("tkill", "a thread of the gateway", lambda at: call("tkill", at.gateway, signal.SIGURG), control=True),
    refused(
        "tgkill",
        "a thread of the gateway",
        lambda at: call("tgkill", at.gateway, at.gateway, signal.SIGURG),
        control=True,
    ),
    killed(
        "rt_sigqueueinfo",
        "a signal with a forged sender",
        lambda at: call("rt_sigqueueinfo", at.gateway, signal.SIGURG, information(signal.SIGURG)),
        control=True,
    ),
    killed(
        "rt_tgsigqueueinfo",
        "a signal with a forged sender to a thread",
        lambda at: call("rt_tgsigqueueinfo", at.gateway, at.gateway, signal.SIGURG, information(signal.SIGURG)),
        control=True,
    ),
    killed(
        "pidfd_send_signal", "a signal by descriptor", lambda _: call("pidfd_send_signal", 3, signal.SIGURG, None, 0)
    ),
    refused("signal_by_owner", "fcntl F_SETOWN, F_SETSIG, O_ASYNC", owner_of_the_pipe),
    refused("signal_by_fiosetown", "ioctl FIOSETOWN", lambda at: owner_by_ioctl(at, FIOSETOWN)),
    refused("signal_by_siocspgrp", "ioctl SIOCSPGRP", lambda at: owner_by_ioctl(at, SIOCSPGRP)),
    refused("join_another_group", "setpgid", lambda _: call("setpgid", 0, 0)),
    refused("leave_its_session", "setsid", lambda _: call("setsid")),
    refused(
        "slow_the_gateway",
        "setpriority of the gateway",
        lambda at: grants(lambda: os.setpriority(os.PRIO_PROCESS, at.gateway, 19)),
        control=True,
    ),
    refused(
        "slow_the_gateways_disk",
        "ioprio_set of the gateway",
        lambda at: call("ioprio_set", IOPRIO_WHO_PROCESS, at.gateway, 3 << 13),
        control=True,
    ),
    refused(
        "bind_the_gateway",
        "sched_setaffinity of the gateway",
        lambda at: grants(lambda: os.sched_setaffinity(at.gateway, {min(os.sched_getaffinity(0))})),
        control=True,
    ),
    refused(
        "schedule_the_gateway",
        "sched_setscheduler of the gateway",
        lambda at: grants(lambda: os.sched_setscheduler(at.gateway, os.SCHED_IDLE, os.sched_param(0))),
    ),
    refused("be_nice", "its own priority", lambda _: os.nice(1), control=True),
    refused("be_rude", "its own priority, upwards", lambda _: os.nice(-5)),
    refused(
        "real_time", "SCHED_FIFO", lambda _: grants(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)))
    ),
    refused(
        "make_a_timer",
        "timer_create with a signal of its choice",
        lambda _: call("timer_create", 0, None, ctypes.create_string_buffer(8)),
        control=True,
    ),
    killed(
        "limit_the_gateway",
        "prlimit of the gateway",
        lambda at: resource.prlimit(at.gateway, resource.RLIMIT_NOFILE, (16, 16)),
    ),
    refused(
        "read_the_gateways_limits",
        "prlimit without a new limit",
        lambda at: resource.prlimit(at.gateway, resource.RLIMIT_NOFILE),
        errno.EPERM,
        control=True,
    ),
)
