"""Free ports of 127.0.0.1, and waiting until a server answers there."""

import itertools
import random
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

#: From here up to where the ports begin that the kernel gives to connections as it likes (ip(7)).
FIRST = 15_000
KEPT = 200  #: the ports given last stay this process's own; what began earlier listens by now, or has ended

_ours: deque[socket.socket] = deque()


def free_port() -> int:
    """A port that is free, and stays so until a server takes it.

    None of those that any outgoing connection on this machine may be given meanwhile, nor one that another test run
    or worker was given: a socket with the port in its abstract name (unix(7)) stands for it, and goes with its process.
    """
    return next(port for port in _candidates() if _claimed(port) and _is_free(port))


def _candidates() -> Iterator[int]:
    first_of_kernel = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    below = range(FIRST, first_of_kernel if first_of_kernel > FIRST + 1_000 else 65_536)
    return itertools.chain(random.SystemRandom().sample(below, len(below)))


def _is_free(port: int) -> bool:
    """For TCP and for UDP."""
    with ExitStack() as probes:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            probe = probes.enter_context(socket.socket(type=kind))
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def _claimed(port: int) -> bool:
    """Whether it is this process's from now on."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0kiyome-test-port-{port}")
    except OSError:
        claim.close()
        return False
    _ours.append(claim)
    if len(_ours) > KEPT:
        _ours.popleft().close()
    return True


def wait_until_listening(port: int, seconds: float = 120.0) -> None:
    """Return when something accepts connections on the port; TimeoutError names the port."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=seconds):
                return
        except OSError:
            time.sleep(0.05)
    message = f"nothing listens on 127.0.0.1:{port} after {seconds:.0f} s"
    raise TimeoutError(message)
