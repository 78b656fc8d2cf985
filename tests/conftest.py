"""What all tests share: where the project is, and the corpus of real files beside it."""

from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("kiyome", deadline=None)  # no test is about how busy the machine is
hypothesis.settings.load_profile("kiyome")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files (INDEX.tsv lists them)."""
    folder = ROOT.parent / "shared" / "corpus"
    if not (folder / "INDEX.tsv").is_file():
        pytest.skip("the corpus of real files is not beside this checkout (../shared/corpus)")
    return folder
