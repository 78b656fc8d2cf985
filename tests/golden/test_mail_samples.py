"""Each mail sample through the engine: what must vanish is gone, what must stay is there, the report names the harm."""

import email
import email.header
import tomllib
from pathlib import Path

import pytest

from gateway.processing.notices import notice
from gateway.processing.policy import decide
from gateway.settings import load_rules, load_settings
from sanitizers.engine import clean
from sanitizers.model import Cleaned, DnsAnswer, Outcome
from sanitizers.rules import Kind, Task, Verdict
from tests.deep_search import places

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "samples" / "mail").glob("*.eml"))
RULES = load_rules(ROOT / "config" / "rules.toml")
SETTINGS = load_settings(ROOT / "config" / "gateway.toml")


def expectation(sample: Path) -> dict[str, object]:
    return tomllib.loads(sample.with_suffix(".toml").read_text(encoding="utf-8"))


def words(sample: Path, key: str) -> list[str]:
    value = expectation(sample)[key]
    assert isinstance(value, list)
    return [str(word) for word in value]


RELAYED = [sample for sample in SAMPLES if expectation(sample)["expect"] in {"deliver", "hold"}]
DELIVERED = [sample for sample in RELAYED if expectation(sample)["expect"] == "deliver"]
HELD = [sample for sample in RELAYED if expectation(sample)["expect"] == "hold"]


def cleaned(original: bytes) -> Cleaned:
    task = Task(
        item="20261121-TEST-TEST",
        kind=Kind.MAIL,
        claimed_name="",
        profile=RULES.profiles["standard"],
        budget=RULES.budget,
        notice=notice(SETTINGS, "20261121-TEST-TEST"),
    )
    return clean(task, original, lambda _name, _type: DnsAnswer("failed"))


def shown(content: bytes) -> str:
    """All that a reader's program shows of a mail: decoded headers and text."""
    message = email.message_from_bytes(content)
    headers = [
        f"{name}: {email.header.make_header(email.header.decode_header(value))}" for name, value in message.items()
    ]
    texts = []
    for part in message.walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and part.get_content_maintype() == "text":
            texts.append(payload.decode(part.get_content_charset() or "utf-8").replace("\r\n", "\n"))
        texts.append(part.get_filename() or "")
    return "\n".join([*headers, *texts])


def files(content: bytes) -> list[bytes]:
    payloads = [
        part.get_payload(decode=True) for part in email.message_from_bytes(content).walk() if part.get_filename()
    ]
    return [payload for payload in payloads if isinstance(payload, bytes)]


def decided(result: Cleaned) -> Verdict:
    profile = RULES.profiles["standard"]
    return decide(result.report, (), "standard", profile, result.data is not None).verdict


def threats(result: Cleaned) -> set[str]:
    return {finding.threat.value for part in result.report.parts for finding in part.findings}


@pytest.mark.parametrize("sample", DELIVERED, ids=lambda sample: sample.stem)
def test_what_must_vanish_is_gone_and_what_must_stay_is_there(sample: Path) -> None:
    result = cleaned(sample.read_bytes())
    assert result.data is not None, result.report.parts[0]
    text = shown(result.data)
    for word in words(sample, "must_vanish"):
        assert word not in text
        assert word.encode() not in result.data
    assert not any(places(file, words(sample, "must_vanish")) for file in files(result.data))
    for word in words(sample, "must_stay"):
        assert word in text


@pytest.mark.parametrize("sample", RELAYED, ids=lambda sample: sample.stem)
def test_the_standard_rules_decide_as_expected(sample: Path) -> None:
    assert decided(cleaned(sample.read_bytes())).value == expectation(sample)["expect"]


@pytest.mark.parametrize("sample", [s for s in RELAYED if words(s, "findings")], ids=lambda sample: sample.stem)
def test_the_report_names_the_harm(sample: Path) -> None:
    assert threats(cleaned(sample.read_bytes())) & set(words(sample, "findings"))


@pytest.mark.parametrize("sample", DELIVERED, ids=lambda sample: sample.stem)
def test_cleaning_the_result_again_finds_nothing(sample: Path) -> None:
    once = cleaned(sample.read_bytes())
    assert once.data is not None
    again = cleaned(once.data)
    assert again.data is not None
    assert not [(part.path, finding) for part in again.report.parts for finding in part.findings]


@pytest.mark.parametrize(
    "sample", [s for s in RELAYED if expectation(s)["expect"] == "hold"], ids=lambda sample: sample.stem
)
def test_what_is_held_has_a_blocked_part_that_says_why(sample: Path) -> None:
    result = cleaned(sample.read_bytes())
    assert any(part.outcome is Outcome.BLOCKED and part.findings for part in result.report.parts)


def test_every_sample_says_what_it_shows() -> None:
    assert len(SAMPLES) > 100
    for sample in SAMPLES:
        told = expectation(sample)
        assert told["title_ja"], sample
        assert told["title_en"], sample
        assert told["row"] in {"structure", "text", "names", "protocol"}, sample
        assert told["expect"] in {"deliver", "hold", "refuse"}, sample
        assert told["must_stay"] or told["must_vanish"] or told["findings"] or told["expect"] != "deliver", sample
