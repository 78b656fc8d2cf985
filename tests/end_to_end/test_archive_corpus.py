"""Every archive of the corpus: what comes out opens with bsdtar and 7-Zip under the same names, and is clean."""

import csv
import re
import shutil
import tarfile
from pathlib import Path

import pytest

from tests.golden.archive_readers import members
from tests.unit.sanitizers.archive.names_table import names_by
from tests.unit.sanitizers.archive.opening import cleaned, findings, inside

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
KINDS = ("arc-zip", "arc-lzh", "arc-7z", "arc-rar", "arc-cab", "arc-other")
# Why an archive may stay behind; anything else is a surprise.
REASONS = re.compile(
    r"behind a password|nothing in it|in several pieces|not opened|cut off|damaged|overlap|broken|checksum|grows more|"
    r"more than \d+|never delivered|no sanitizer|nothing of the archive|a piece of a split|not where|disagree|"
    r"without a|not there|wrong length|more in its directory|does not go on|by its name"
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(2700),
    pytest.mark.skipif(not (CORPUS / "INDEX.tsv").is_file(), reason="the corpus is not beside the checkout"),
    pytest.mark.skipif(not (shutil.which("7z") and shutil.which("bsdtar")), reason="7z and bsdtar list what comes out"),
]


def files(kind: str) -> list[Path]:
    with (CORPUS / "INDEX.tsv").open(newline="", encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [CORPUS / row["local"] for row in rows if row["kind"] == kind]


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_out_opens_again_under_the_same_names(kind: str) -> None:
    through = 0
    for path in files(kind):
        result = cleaned(path.name, path.read_bytes())
        if result.data is None:
            told = [finding.detail for finding in findings(result)]
            assert any(REASONS.search(detail) for detail in told), (path, told)
            continue
        through += 1
        if result.type == "application/zip":
            names = sorted(inside(result))
            assert sorted(names_by("bsdtar", result.data)) == names, path
            assert sorted(name.rstrip("/") for name in names_by("7z", result.data)) == [
                name.rstrip("/") for name in names
            ], path
        again = cleaned(result.name, result.data)
        assert again.data is not None, (path, findings(again))
        assert names_in(again.data) == names_in(result.data), path
    assert through > len(files(kind)) // 3


def names_in(data: bytes) -> list[str]:
    """None of a single compressed file."""
    try:
        return sorted(members(data))
    except tarfile.ReadError:
        return []
