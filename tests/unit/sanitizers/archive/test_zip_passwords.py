"""ZIP and 7z behind a password, as 7-Zip writes them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from sanitizers.model import Outcome
from tests.unit.sanitizers.archive.opening import TEXT, cleaned, details, inside

pytestmark = pytest.mark.skipif(shutil.which("7z") is None, reason="7z (Debian package p7zip-full) writes these")
KINDS = {
    "AES.zip": ["-tzip", "-mem=AES256"],
    "AES-128.zip": ["-tzip", "-mem=AES128"],
    "ZipCrypto.zip": ["-tzip", "-mem=ZipCrypto"],
    "bzip2.zip": ["-tzip", "-mem=AES256", "-mm=BZip2"],
    "stored.zip": ["-tzip", "-mem=ZipCrypto", "-mm=Copy"],
    "contents.7z": ["-t7z"],
    "names.7z": ["-t7z", "-mhe=on"],
}


@pytest.fixture(scope="module", params=KINDS)
def locked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("locked")
    (folder / "a.txt").write_bytes(TEXT)
    (folder / "b").mkdir()
    (folder / "b" / "c.txt").write_bytes(TEXT * 1_000)
    target = folder / request.param
    command = ["7z", "a", "-pHimitsu-42", *KINDS[request.param], str(target), "a.txt", "b"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return target


def test_the_right_password_among_wrong_ones(locked: Path) -> None:
    result = cleaned(locked.name, locked.read_bytes(), passwords=("wrong", "Himitsu-42", "other"))
    files = {name: data for name, data in inside(result).items() if not name.endswith("/")}
    assert files == {"a.txt": TEXT, "b/c.txt": TEXT * 1_000}
    assert "goes on without one" in details(result)
    assert "Himitsu" not in details(result)


def test_no_password_fits(locked: Path) -> None:
    result = cleaned(locked.name, locked.read_bytes(), passwords=tuple(f"wrong-{number}" for number in range(8)))
    assert result.data is None
    assert result.report.parts[0].outcome is Outcome.LOCKED


def test_no_password_at_all(locked: Path) -> None:
    assert cleaned(locked.name, locked.read_bytes()).report.parts[0].outcome is Outcome.LOCKED


def test_a_changed_byte_is_no_content(locked: Path) -> None:
    data = bytearray(locked.read_bytes())
    data[60] ^= 0x55
    assert cleaned(locked.name, bytes(data), passwords=("Himitsu-42",)).data is None
