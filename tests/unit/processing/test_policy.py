"""From a report to a decision: each rule holds what it names, and nothing else."""

import msgspec
import pytest

from gateway.processing.policy import decide, poisoned, without_profile
from sanitizers.model import (
    Action,
    AuthenticationMethod,
    AuthenticationResult,
    Finding,
    Outcome,
    PartReport,
    Report,
    Severity,
    Threat,
)
from sanitizers.rules import Profile, Verdict


def part(outcome: Outcome = Outcome.CLEAN, *threats: Threat, name: str = "") -> PartReport:
    findings = tuple(Finding(threat, Severity.NOTE, Action.REMOVED, "body", "what it was") for threat in threats)
    return PartReport("1", name, "", "text/plain", "text", outcome, 1, 1, "", "", findings, 0.1)


def refusing(whole: PartReport) -> PartReport:
    """The same, having refused a piece before it became a part of its own."""
    piece = Finding(Threat.LIMIT_EXCEEDED, Severity.WARNING, Action.BLOCKED, "multipart", "too deep")
    return msgspec.structs.replace(whole, findings=(piece,))


def dmarc(result: str, policy: str) -> AuthenticationResult:
    return AuthenticationResult(AuthenticationMethod.DMARC, result, "example.com", policy)


STRICT = Profile(
    hold_on=frozenset({Threat.ENCRYPTED, Threat.DECEPTION}),
    blocked_part=Verdict.HOLD,
    removed_part=Verdict.HOLD,
    dmarc_failure=Verdict.HOLD,
)
LENIENT = Profile(blocked_part=Verdict.DELIVER)
NOTHING_HELD = Profile(hold_on=frozenset())


@pytest.mark.parametrize(
    ("parts", "results", "profile", "verdict", "rule"),
    [
        ((part(),), (), STRICT, Verdict.DELIVER, "p.deliver"),
        ((part(), part(Outcome.CONVERTED, Threat.DECEPTION)), (), STRICT, Verdict.HOLD, "p.hold_on"),
        ((part(), part(Outcome.CONVERTED, Threat.HIDDEN_CONTENT)), (), STRICT, Verdict.DELIVER, "p.deliver"),
        ((part(), part(Outcome.BLOCKED, Threat.MALFORMED)), (), STRICT, Verdict.HOLD, "p.blocked_part"),
        ((part(), part(Outcome.REMOVED, Threat.UNSUPPORTED)), (), STRICT, Verdict.HOLD, "p.removed_part"),
        ((part(),), (dmarc("fail", "reject"),), STRICT, Verdict.HOLD, "p.dmarc_failure"),
        ((part(),), (dmarc("fail", "quarantine"),), STRICT, Verdict.HOLD, "p.dmarc_failure"),
        ((part(),), (dmarc("fail", "none"),), STRICT, Verdict.DELIVER, "p.deliver"),
        ((part(),), (dmarc("pass", "reject"),), STRICT, Verdict.DELIVER, "p.deliver"),
        ((part(),), (dmarc("fail", "reject"),), Profile(), Verdict.DELIVER, "p.deliver"),
        ((part(Outcome.REMOVED), part(Outcome.BLOCKED)), (), Profile(), Verdict.HOLD, "p.blocked_part"),
        ((part(Outcome.REMOVED), part(Outcome.BLOCKED)), (), LENIENT, Verdict.DELIVER, "p.deliver"),
        ((refusing(part()),), (), Profile(), Verdict.HOLD, "p.blocked_part"),
        ((part(Outcome.CLEAN, Threat.ENCRYPTED),), (), NOTHING_HELD, Verdict.DELIVER, "p.deliver"),
    ],
)
def test_the_first_rule_that_applies_decides(parts, results, profile, verdict, rule) -> None:
    decision = decide(Report(parts), results, "p", profile, cleaned=True)
    assert (decision.verdict, decision.rule) == (verdict, rule)
    assert decision.reason


@pytest.mark.parametrize("profile", [Profile(), STRICT, NOTHING_HELD])
def test_what_could_not_be_cleaned_is_held_by_every_profile(profile) -> None:
    report = Report((part(Outcome.BLOCKED, Threat.LIMIT_EXCEEDED),))
    decision = decide(report, (), "p", profile, cleaned=False)
    assert (decision.verdict, decision.rule) == (Verdict.HOLD, "engine.blocked")
    assert "上限超過" in decision.reason
    assert "limit exceeded" in decision.reason


def test_a_child_without_a_report_is_held_too() -> None:
    assert decide(Report(()), (), "p", Profile(), cleaned=False).verdict is Verdict.HOLD


def test_poison_and_a_lost_profile_are_held() -> None:
    assert poisoned(6).verdict is Verdict.HOLD
    assert "6" in poisoned(6).reason
    assert without_profile("gone").verdict is Verdict.HOLD
