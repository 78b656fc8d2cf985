"""A real Postfix in front and a real Postfix behind: swaks → Postfix → Kiyome → Postfix → mailbox."""

import email
import email.policy
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.servers.gateway import Gateway
from tests.servers.postfix import Postfix, missing

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing() or "Postfix can be started"),
    pytest.mark.skipif(shutil.which("swaks") is None, reason="swaks is not installed (Debian package swaks)"),
]

MAILBOX = """\
virtual_mailbox_domains = city.example.lg.jp
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_mailbox_limit = 0
"""


def swaks(port: int, *words: str) -> None:
    done = subprocess.run(
        ["swaks", "--server", f"127.0.0.1:{port}", "--helo", "client.example.jp", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def wait_for_mail(folder: Path, seconds: float = 120.0) -> list[bytes]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if files := sorted(folder.glob("inbox/new/*")):
            return [file.read_bytes() for file in files]
        time.sleep(0.1)
    return []


def test_a_mail_from_swaks_goes_through_two_postfixes_and_kiyome(tmp_path: Path) -> None:
    mailboxes = tmp_path / "behind" / "mail"
    mailboxes.mkdir(parents=True)
    shutil.chown(mailboxes, 65534, 65534)
    body = "<html><body><h1>お知らせ</h1><p>本文です</p><script>alert(1)</script></body></html>"
    page, program = tmp_path / "page.html", tmp_path / "tool.exe"
    page.write_text(body)
    program.write_bytes(b"MZ harmless")
    with (
        Postfix(
            tmp_path / "behind", MAILBOX.format(folder=tmp_path / "behind"), hostname="inner.test", processes=5
        ) as behind,
        Gateway(tmp_path / "kiyome", behind.port) as gateway,
        Postfix(
            tmp_path / "front", f"relayhost = [127.0.0.1]:{gateway.port}\n", hostname="outer.test", processes=5
        ) as front,
    ):
        swaks(
            front.port,
            *(
                "--from",
                "sender@example.jp",
                "--to",
                "madoguchi@city.example.lg.jp",
                "--h-Subject",
                "=?UTF-8?B?44GK55+l44KJ44Gb?=",
            ),
            *("--attach-type", "text/html; charset=utf-8", "--attach-body", f"@{page}", "--attach", f"@{program}"),
        )
        mails = wait_for_mail(mailboxes)
        assert len(mails) == 1, gateway.log() + behind.log() + front.log()
    message = email.message_from_bytes(mails[0], policy=email.policy.default)
    assert message["Subject"] == "お知らせ"
    assert message.get_content_type() == "text/plain"
    text = message.get_content()
    assert "お知らせ" in text
    assert "本文です" in text
    assert "alert" not in text
    assert "tool.exe" in text  # the notice names what was removed
    assert b"MZ harmless" not in mails[0]
    assert message["X-Kiyome-Report"]
