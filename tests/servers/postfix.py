"""A whole Postfix of its own: configuration, queue and log in one folder; the machine's Postfix is not touched."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Self

from tests.servers.ports import free_port, wait_until_listening

MASTER = """\
127.0.0.1:{port} inet n - n - {smtpd_processes} smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - {smtp_processes} smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

#: One parameter a line; `{folder}` and the ports are filled in. Everything else is Postfix's default.
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = {folder}
maillog_file = {folder}/postfix.log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = {hostname}
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_host_lookup = native
disable_dns_lookups = yes
smtputf8_enable = yes
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
message_size_limit = 104857600
"""


def missing() -> str:
    """Why a Postfix cannot be started here, or an empty string."""
    if shutil.which("postfix", path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
        return "Postfix is not installed (Debian package postfix)"
    if os.geteuid() != 0:
        return "Postfix starts only as root"
    return ""


class Postfix:
    """A running Postfix. `extra` are further lines of main.cf; use as a context manager."""

    def __init__(self, folder: Path, extra: str = "", *, hostname: str = "postfix.test", processes: int = 100) -> None:
        self.folder = folder
        self.port = free_port()
        self.configuration = folder / "etc"
        for name in ("etc", "queue", "data"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        shutil.chown(folder / "data", "postfix", "postfix")
        for place in (folder, *folder.parents):
            if place.stat().st_mode & 0o055 != 0o055 and place.stat().st_uid == os.geteuid() and place != Path("/"):
                place.chmod(place.stat().st_mode | 0o055)
        main = MAIN.format(folder=folder, hostname=hostname) + extra
        (self.configuration / "main.cf").write_text(main)
        master = MASTER.format(port=self.port, smtpd_processes=processes, smtp_processes=processes)
        (self.configuration / "master.cf").write_text(master)

    def __enter__(self) -> Self:
        self._control("start")
        wait_until_listening(self.port)
        return self

    def __exit__(self, *_: object) -> None:
        self._control("stop")

    def _control(self, verb: str) -> None:
        done = subprocess.run(
            ["/usr/sbin/postfix", "-c", str(self.configuration), verb], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            message = f"postfix {verb} failed: {done.stderr.strip()}\n{self.log()}"
            raise RuntimeError(message)

    def queued(self) -> int:
        """Mails in the incoming, active and deferred queues."""
        return sum(
            1
            for name in ("maildrop", "incoming", "active", "deferred")
            for file in (self.folder / "queue" / name).rglob("*")
            if file.is_file()
        )

    def log(self) -> str:
        """What Postfix logged so far."""
        file = self.folder / "postfix.log"
        return file.read_text(errors="replace") if file.exists() else ""
