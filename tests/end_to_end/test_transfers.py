"""Files through a real gateway: the documented example, and an upload that survives kill -9."""

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.servers.transferring import TransferGateway

pytestmark = pytest.mark.timeout(900)
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}


def examples() -> list[str]:
    """The shell blocks of the page."""
    return re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "transfers.md").read_text(), re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the example is one of curl")
def test_the_example_of_the_docs_works_as_it_stands(tmp_path: Path) -> None:
    gateway = TransferGateway(tmp_path / "kiyome")
    token = gateway.token()
    file = tmp_path / "見積.txt"
    file.write_text("お見積り\n" * 700_000)  # two pieces
    known = {"TOKEN": token, "OUT": gateway.out, "IN": gateway.inside, "SYSTEMS": gateway.systems, "FILE": str(file)}
    by_hand, at_once = examples()
    with gateway:
        for script in (by_hand, by_hand.partition("\n\n")[0] + "\n" + at_once.replace('@"$FILE"', "@small.txt")):
            (tmp_path / "small.txt").write_text("お見積り\n")
            (tmp_path / "clean").unlink(missing_ok=True)
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                cwd=tmp_path,
                env=os.environ | known,
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr + gateway.log()[-3000:]
            assert "お見積り" in (tmp_path / "clean").read_text()
        assert json.loads((tmp_path / "report.json").read_text())["parts"][0]["outcome"] in {
            "clean",
            "rebuilt",
            "converted",
        }


def offset_of(client: httpx.Client, address: str) -> int:
    until, said = time.monotonic() + 60, ""
    while time.monotonic() < until:
        try:
            answer = client.head(address, headers=TUS)
            if answer.status_code == 200:
                return int(answer.headers["Upload-Offset"])
            said = answer.text
        except httpx.TransportError as error:
            said = str(error)
        time.sleep(0.1)  # the request that was cut is not over yet
    raise AssertionError(said)


def test_an_upload_survives_kill_9_and_is_one_file(tmp_path: Path) -> None:
    choose = random.Random(8)
    gateway = TransferGateway(tmp_path / "kiyome")
    token = gateway.token()
    data = b"".join(b"%08d " % number + choose.randbytes(30).hex().encode() + b"\n" for number in range(40_000))
    headers = {"Authorization": f"Bearer {token}"}
    with gateway, httpx.Client(headers=headers, timeout=300, trust_env=False) as client:
        transfer = client.post(f"{gateway.out}/api/v1/transfers", json={}).json()["id"]
        announced = client.post(
            f"{gateway.out}/api/v1/transfers/{transfer}/uploads",
            headers=TUS | {"Upload-Length": str(len(data)), "Upload-Metadata": "filename YS50eHQ="},
        )
        address, kills = gateway.out + announced.headers["Location"], 0

        def piece(start: int) -> object:
            """Slowly, so that a kill meets it."""
            for at in range(start, len(data), 262_144):
                nonlocal kills
                if kills < 3 and at >= (kills + 1) * len(data) // 4:
                    kills += 1
                    gateway.kill()
                yield data[at : at + 262_144]

        while (offset := offset_of(client, address)) < len(data):
            length = {"Upload-Offset": str(offset), "Content-Length": str(len(data) - offset)}
            try:
                answer = client.patch(address, headers=PIECE | length, content=piece(offset))
                assert answer.status_code in {204, 409}, answer.text
            except httpx.TransportError:
                gateway.start()
        assert kills == 3
        files = client.get(f"{gateway.out}/api/v1/transfers/{transfer}/files").json()["files"]
        assert [file["size"] for file in files] == [len(data)]
        item = files[0]["item"]
        for _ in range(10):
            if client.get(f"{gateway.out}/api/v1/files/{item}?wait=30").json()["state"] == "ready":
                break
        assert client.get(f"{gateway.inside}/api/v1/files/{item}/content").status_code == 200
        assert client.get(f"{gateway.out}/api/v1/files/{item}/content").status_code == 404
        shown = gateway.command("items", "show", item, "--json")
    assert hashlib.sha256(data).hexdigest() in shown.stdout, shown.stdout + shown.stderr
