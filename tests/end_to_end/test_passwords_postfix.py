"""PPAP between two real Postfixes and a real `kiyome run`: password by mail, over the web, on the command line."""

import email
import email.policy
import io
import json
import re
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from shutil import chown

import pytest

from tests.end_to_end.test_passwords import PASSWORD, WORDS, telling, with_locked
from tests.end_to_end.test_postfix import MAILBOX
from tests.servers.gateway import Gateway
from tests.servers.postfix import Postfix, missing

pytestmark = pytest.mark.timeout(900)

RECIPIENT = "madoguchi@city.example.lg.jp"
SENDER = "eigyo@example.com"


class Town:
    """Postfix, Kiyome, Postfix and a mailbox."""

    def __init__(self, front: Postfix, gateway: Gateway, inbox: Path) -> None:
        self.front = front
        self.gateway = gateway
        self._inbox = inbox

    def send(self, content: bytes) -> None:
        subprocess.run(
            ["swaks", "--server", f"127.0.0.1:{self.front.port}", "--from", SENDER, "--to", RECIPIENT, "--data", "-"],
            input=content,
            check=True,
            capture_output=True,
        )

    def mail(self, wanted: Callable[[EmailMessage], bool], seconds: float = 180.0) -> EmailMessage:
        """The first that arrives of this kind."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for file in self._inbox.glob("new/*"):
                got = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                if wanted(got):  # type: ignore[arg-type]
                    return got  # type: ignore[return-value]
            time.sleep(0.2)
        raise AssertionError(self.gateway.log())

    def follow_up(self) -> bytes:
        got = self.mail(lambda each: "解錠済" in str(each["Subject"]))
        (part,) = got.iter_attachments()
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        return data


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    if missing():
        pytest.skip(missing())
    mailboxes = tmp_path / "behind" / "mail"
    mailboxes.mkdir(parents=True)
    chown(mailboxes, 65534, 65534)
    inner = MAILBOX.format(folder=tmp_path / "behind")
    with (
        Postfix(tmp_path / "behind", inner, hostname="inner.test", processes=5) as behind,
        Gateway(tmp_path / "kiyome", behind.port, extra='public_url = "https://kiyome.example.lg.jp"\n') as gateway,
        Postfix(
            tmp_path / "front", f"relayhost = [127.0.0.1]:{gateway.port}\n", hostname="outer.test", processes=5
        ) as front,
    ):
        yield Town(front, gateway, mailboxes / "inbox")


def text_of(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("議事録.txt").decode("utf-8-sig")


def unlock(gateway: Gateway, token: str, code: str, password: str) -> int:
    body = json.dumps({"token": token, "code": code, "passwords": [password]}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{gateway.web}/api/v1/unlock", body, {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


@pytest.mark.parametrize("name", ["資料.zip", "資料AES.zip"])
def test_the_second_mail_opens_the_first(town: Town, name: str) -> None:
    town.send(with_locked(name))
    first = town.mail(lambda each: str(each["Subject"]) == "資料")
    assert not list(first.iter_attachments())
    town.send(telling())
    assert text_of(town.follow_up()) == WORDS
    town.mail(lambda each: str(each["Subject"]) == "パスワード")


def test_the_recipient_by_link_and_code_wrong_and_right(town: Town) -> None:
    town.send(with_locked("資料.zip"))
    letter = town.mail(lambda each: "パスワード付きファイル" in str(each["Subject"]))
    body = letter.get_body(("plain",))
    assert body is not None
    link = re.search(r"https://kiyome\.example\.lg\.jp/unlock/(\S+)", body.get_content())
    code = re.search(r"確認コード: ([0-9 ]+)", body.get_content())
    assert link
    assert code
    assert unlock(town.gateway, link[1], code[1], "nonsense") == 403
    assert unlock(town.gateway, link[1], code[1], PASSWORD) == 200
    assert text_of(town.follow_up()) == WORDS


def test_an_administrator_on_the_command_line(town: Town, tmp_path: Path) -> None:
    town.send(with_locked("資料.zip"))
    town.mail(lambda each: str(each["Subject"]) == "資料")
    (item,) = json.loads(town.gateway.command("items", "list", "資料", "--json", "--sender", SENDER).stdout)
    secret = tmp_path / "secret.txt"
    secret.write_text("nonsense\n")
    wrong = town.gateway.command("items", "unlock", item["id"], "--password-file", str(secret), "--language", "en")
    assert (wrong.returncode, wrong.stderr.strip()) == (1, "The password does not fit.")
    secret.write_text(f"{PASSWORD}\n")
    right = town.gateway.command("items", "unlock", item["id"], "--password-file", str(secret), "--language", "en")
    assert (right.returncode, right.stderr) == (0, "")
    assert "Opened" in right.stdout
    assert text_of(town.follow_up()) == WORDS
    assert PASSWORD not in town.gateway.log()
