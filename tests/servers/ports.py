"""Free ports of 127.0.0.1, and waiting until a server answers there."""

import socket
import time


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_listening(port: int, seconds: float = 30.0) -> None:
    """Return when something accepts connections on the port; TimeoutError names the port."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    message = f"nothing listens on 127.0.0.1:{port} after {seconds:.0f} s"
    raise TimeoutError(message)
