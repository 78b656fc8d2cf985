"""A document with macros at the bottom of boxes in boxes: cleaned or blocked, never passed, and one report."""

import io
import zipfile
from pathlib import Path

import pytest

from sanitizers import engine
from sanitizers.model import Cleaned, DnsAnswer, Notice, Threat
from sanitizers.rules import Budget, Kind, Profile, Task
from tests.deep_search import places

SAMPLE = Path(__file__).resolve().parents[4] / "samples/ooxml/opc-vba-signature.docm"
MARKER = "vbaProject"


def boxed(levels: int) -> bytes:
    data, name = SAMPLE.read_bytes(), "規程.docm"
    for level in range(levels):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        data, name = out.getvalue(), f"箱{level}.zip"
    return data


def cleaned(levels: int) -> Cleaned:
    task = Task("1", Kind.FILE, "箱.zip", Profile(), Budget(), Notice("1", ()))
    result = engine.clean(task, boxed(levels), lambda _name, _type: DnsAnswer("failed"))
    assert result is not None
    return result


def test_the_marker_is_seen_at_the_bottom_of_what_came() -> None:
    assert places(boxed(10), [MARKER])


@pytest.mark.parametrize("levels", [1, 9, 10, 11, 14])
def test_it_never_comes_through(levels: int) -> None:
    result = cleaned(levels)
    assert result.data is None or not places(result.data, [MARKER])
    paths = [part.path for part in result.report.parts]
    assert paths == [".".join(["1"] * (depth + 1)) for depth in range(len(paths))]  # one tree, one report
    findings = {found.threat for part in result.report.parts for found in part.findings}
    assert findings & {Threat.ACTIVE_CONTENT, Threat.LIMIT_EXCEEDED}


def test_within_the_budget_it_comes_out_without_macros() -> None:
    result = cleaned(9)
    assert result.data is not None
    assert result.report.parts[-1].name == "規程.docm"
    assert result.report.parts[-1].sha256_out
