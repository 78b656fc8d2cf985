"""A Squid of its own that asks an ICAP service, with its files in one folder; the machine's Squid is not touched."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from tests.servers.ports import free_port, wait_until_listening

CONFIGURATION = """\
http_port 127.0.0.1:{port}
icp_port 0
pid_filename {folder}/squid.pid
cache_log {folder}/cache.log
access_log stdio:{folder}/access.log
netdb_filename none
coredump_dir {folder}
cache deny all
cache_mem 8 MB
memory_pools off
pinger_enable off
shutdown_lifetime 0 seconds
visible_hostname proxy.example
http_access allow all
icap_enable on
icap_preview_enable on
icap_persistent_connections on
icap_send_client_ip on
icap_service kiyome_down respmod_precache icap://127.0.0.1:{icap}/respmod bypass=off
icap_service kiyome_up reqmod_precache icap://127.0.0.1:{icap}/reqmod bypass=off
adaptation_access kiyome_down allow all
acl upload method PUT POST PATCH
acl typed req_mime_type -i ^application/x-www-form-urlencoded ^application/json ^text/plain
adaptation_access kiyome_up allow upload !typed
request_header_access Accept-Encoding deny all
request_header_access Range deny all
range_offset_limit none
"""


def missing() -> str:
    """Why Squid cannot be started here; "" when it can."""
    return "" if shutil.which("squid", path="/usr/sbin:/usr/bin") else "Squid is not installed (Debian package squid)"


class Squid:
    """A running Squid on a free port of 127.0.0.1."""

    def __init__(self, icap_port: int) -> None:
        self.port = free_port()
        self._icap = icap_port
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # Not in pytest's folder: Squid gives up root, and nobody else may enter there.
        self._folder = folder = Path(tempfile.mkdtemp(prefix="kiyome-squid-"))
        settings = folder / "squid.conf"
        settings.write_text(CONFIGURATION.format(port=self.port, icap=self._icap, folder=folder))
        if os.geteuid() == 0:
            shutil.chown(folder, "proxy", "proxy")
            settings.chmod(0o644)
        words = ["squid", "-N", "-f", str(settings)]
        environment = {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        try:
            wait_until_listening(self.port)
        except TimeoutError as error:
            log = self.log()
            self.__exit__()
            raise RuntimeError(log) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(120)
        if self._folder is not None:
            shutil.rmtree(self._folder)

    def log(self) -> str:
        """What it logged so far."""
        assert self._folder is not None
        return "".join(path.read_text(errors="replace") for path in sorted(self._folder.glob("*.log")))
