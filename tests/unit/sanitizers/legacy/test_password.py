"""Old and new Office files open with the right password, alone, and stay locked else."""

from pathlib import Path

import pytest

from sanitizers.budget import BudgetMeter
from sanitizers.formats.legacy import password
from sanitizers.formats.legacy.compound import Compound
from sanitizers.formats.legacy.sightings import Sightings
from sanitizers.model import Locked
from sanitizers.passwords import OPENED, Passwords
from sanitizers.rules import Budget

CORPUS = Path(__file__).resolve().parents[4].parent / "shared" / "corpus"
INPUTS = CORPUS / "nolze+msoffcrypto-tool/tests/inputs"
FILES = {
    "ecma376standard_password.docx": ("Password1234_", b"PK\x03\x04"),
    "rc4cryptoapi_password.ppt": ("Password1234_", b"\xd0\xcf\x11\xe0"),
    "xor_password_123456789012345.xls": ("123456789012345", b"\xd0\xcf\x11\xe0"),
}


def passwords(*given: str, tries: int = 200) -> Passwords:
    return Passwords(given, BudgetMeter(Budget(passwords=tries)))


def locked(name: str) -> bytes:
    path: Path = INPUTS / name
    if not path.is_file():
        pytest.skip(f"the shared corpus is not here: {path.name}")
    return path.read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_the_right_one_opens_it(name: str) -> None:
    data, (right, beginning) = locked(name), FILES[name]
    seen = Sightings()
    plain = password.opened(data, Compound(data), passwords("wrong", right), seen)
    assert plain.startswith(beginning)
    assert OPENED in seen.findings()


@pytest.mark.parametrize("name", FILES)
def test_without_it_the_file_stays_locked(name: str) -> None:
    data, (right, _) = locked(name), FILES[name]
    for given in (passwords(), passwords("wrong", right[:-1]), passwords("wrong", right, tries=1)):
        with pytest.raises(Locked):
            password.opened(data, Compound(data), given, Sightings())
