"""What all tests share: where the project is, and the corpus of real files beside it."""

from pathlib import Path

import hypothesis
import pytest

# No test is about how busy the machine is, and each run tries the same examples: the search for others is tests/fuzz.
hypothesis.settings.register_profile(
    "kiyome", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
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
