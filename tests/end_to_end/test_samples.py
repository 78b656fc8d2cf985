"""Every sample through a trial run, as the first page of the README tells a newcomer to do it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.commands.sample_files import load_samples, samples_folder

ROOT = Path(__file__).resolve().parents[2]
KIYOME = [sys.executable, "-m", "gateway"]
ENVIRONMENT = {**os.environ, "LANG": "C.UTF-8"}

pytestmark = pytest.mark.timeout(2700)  # hundreds of mails, a third of them through LibreOffice, beside another test


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("trial")
    running = folder / "running.json"
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen([*KIYOME, "run", "--trial", str(folder)], cwd=ROOT, stdout=said, stderr=said)
    deadline = time.monotonic() + 120
    while not running.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    try:
        assert running.exists(), (folder / "said").read_text()
        yield folder
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


def send(trial: Path, *names: str) -> tuple[int, dict[str, dict[str, object]]]:
    done = subprocess.run(
        [*KIYOME, "samples", "send", "--json", "--trial", str(trial), *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    assert done.stdout, done.stderr
    return done.returncode, {each["name"]: each for each in json.loads(done.stdout)["samples"]}


def test_every_sample_ends_as_expected(trial: Path) -> None:
    status, outcomes = send(trial)
    assert len(outcomes) == len(load_samples(samples_folder()))
    assert [each for each in outcomes.values() if not each["as_expected"]] == []
    assert status == 0


def test_a_file_is_told_from_the_mail_that_carries_it(trial: Path) -> None:
    _, outcomes = send(trial, "svg/script", "pdf/encrypted-password")
    assert {name: (each["expected"], each["fate"]) for name, each in outcomes.items()} == {
        "pdf/encrypted-password": ("locked", "deliver_without"),
        "svg/script": ("clean", "deliver"),
    }
    assert outcomes["svg/script"]["detail"] == "active_content"
