"""The samples of archives are those that their rows make."""

import pytest

from tests.golden.archive_samples import LEFT_ALONE, ROOT, SAMPLES, Sample


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
def test_the_files_are_what_the_rows_make(sample: Sample) -> None:
    path = ROOT / "samples" / sample.file
    assert path.with_suffix(".toml").read_text(encoding="utf-8") == sample.toml()
    if sample.file not in LEFT_ALONE:
        assert path.read_bytes() == sample.make()
