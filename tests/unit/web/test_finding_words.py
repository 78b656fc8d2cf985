"""Whoever reads Japanese understands every finding and decision: a sentence stands before the detail in English."""

import inspect
import itertools
import re
from pathlib import Path

import pytest

from gateway.processing import policy
from gateway.processing.notices import notice
from gateway.settings import load_rules, load_settings
from gateway.web.wording import WORDS, finding_said
from gateway.web.wording.findings import DONE, FAMILIES, FOUND, SENTENCES, Family, family
from sanitizers.engine import clean
from sanitizers.model import Action, DnsAnswer, PartReport, Threat
from sanitizers.rules import Kind, Task
from tests.conftest import ROOT

JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")
SAMPLES = ROOT / "samples"
RULES = load_rules(ROOT / "config" / "rules.toml")
SETTINGS = load_settings(ROOT / "config" / "gateway.toml")


def folders() -> list[Path]:
    return sorted(path for path in SAMPLES.iterdir() if path.is_dir())


def parts_of(sample: Path) -> tuple[PartReport, ...]:
    kind = Kind.MAIL if sample.parent.name == "mail" else Kind.FILE
    number = "20261121-TEST-TEST"
    name = "" if kind is Kind.MAIL else sample.name
    task = Task(number, kind, name, RULES.profiles["standard"], RULES.budget, notice(SETTINGS, number))
    return clean(task, sample.read_bytes(), lambda _name, _type: DnsAnswer("failed")).report.parts


def check(threat: Threat, action: Action, kind: str) -> None:
    japanese, english = (finding_said(threat, action, kind, language) for language in ("ja", "en"))
    where = (threat.value, action.value, kind, japanese, english)
    assert JAPANESE.search(japanese), where
    assert japanese.endswith("。"), where
    assert not re.search(r"[a-z]{4,}", re.sub(r"JavaScript|QR", "", japanese)), where
    assert not JAPANESE.search(english), where
    assert english.endswith("."), where
    assert not {"{", "}"} & set(japanese + english), where


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_every_finding_of_every_sample_has_words_in_both_languages(folder: Path) -> None:
    found = 0
    for sample in sorted(folder.iterdir()):
        if sample.suffix == ".toml" or not sample.is_file():
            continue
        for part in parts_of(sample):
            for finding in part.findings:
                check(finding.threat, finding.action, part.detected_type)
                found += 1
    assert found


@pytest.mark.parametrize("kind", [*(beginning for beginning, _ in FAMILIES), "application/octet-stream", ""])
def test_whatever_may_be_found_has_words(kind: str) -> None:
    for threat, action in itertools.product(Threat, Action):
        check(threat, action, kind)


def test_every_row_of_the_tables_can_be_said() -> None:
    assert {each for _, each in FAMILIES} | {Family.OTHER} == set(Family)
    said = {
        finding_said(threat, action, beginning, "en")
        for threat, action in itertools.product(Threat, Action)
        for beginning, _ in FAMILIES
    }
    assert {english for _, english in SENTENCES.values()} <= said
    for (threat, _), (_, what) in FOUND.items():
        assert any(what in each for each in said), (threat, what)
    assert set(DONE) == set(Action)


def test_the_longer_beginning_stands_first() -> None:
    for number, (beginning, _) in enumerate(FAMILIES):
        assert not [each for each, _ in FAMILIES[:number] if beginning.startswith(each)], beginning
    assert family("text/html") is Family.PAGE
    assert family("text/plain") is Family.TEXT


def test_every_decision_has_words() -> None:
    source = inspect.getsource(policy)
    rules = set(re.findall(r'f?"(?:\{profile_name\}|engine)\.(\w+)"', source)) | {"blocked_part", "removed_part"}
    assert len(rules) >= 9
    assert {f"decided.{rule}" for rule in rules} <= WORDS.keys()
