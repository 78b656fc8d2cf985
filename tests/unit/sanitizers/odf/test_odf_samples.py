"""Each OpenDocument sample: what must vanish is nowhere in what comes out, what must stay is there; twice is enough."""

import tomllib
from pathlib import Path

import pytest

from sanitizers.model import Action, Outcome
from tests.deep_search import places
from tests.unit.sanitizers.odf.opendocuments import cleaned, findings, parts_of

FOLDER = Path(__file__).resolve().parents[4] / "samples" / "odf"
SAMPLES = sorted(path for path in FOLDER.glob("*") if path.suffix != ".toml")


def told(sample: Path) -> dict[str, list[str]]:
    return tomllib.loads(sample.with_suffix(".toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_sample(sample: Path) -> None:
    says = told(sample)
    result = cleaned(sample.read_bytes(), sample.name)
    named = {finding.threat.value for finding in findings(result)}
    assert named & set(says["findings"]), findings(result)
    if says["expect"] != "clean":
        assert result.data is None
        assert result.report.parts[0].outcome is Outcome.BLOCKED
        return
    assert result.data is not None, findings(result)
    assert not places(result.data, says["must_vanish"])
    shown = "\n".join(part.decode() for name, part in parts_of(result).items() if name.endswith(".xml"))
    assert [word for word in says["must_stay"] if word not in shown] == []


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_cleaning_again_finds_nothing(sample: Path) -> None:
    first = cleaned(sample.read_bytes(), sample.name)
    if first.data is None:
        return
    second = cleaned(first.data, first.name)
    assert [finding for finding in findings(second) if finding.action is not Action.NOTED] == []
    assert second.data == first.data


def test_samples_carry_what_they_say() -> None:
    for sample in SAMPLES:
        says = told(sample)
        if says["must_vanish"]:
            assert set(places(sample.read_bytes(), says["must_vanish"])) == set(says["must_vanish"]), sample.name
