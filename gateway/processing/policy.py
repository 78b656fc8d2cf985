"""From what the child reported to a decision. Pure: the same report and rules always give the same answer."""

from collections.abc import Iterable, Sequence

import msgspec

from gateway.model import TRANSFER_APPROVAL, Channel, Decision, Direction, Item
from sanitizers.model import (
    Action,
    AuthenticationMethod,
    AuthenticationResult,
    Finding,
    Outcome,
    PartReport,
    Report,
    Threat,
)
from sanitizers.rules import LockedPart, Profile, TransferApproval, Verdict

# What an administrator reads in lists and in the audit: Japanese / English.
THREAT_WORDS = {
    Threat.ACTIVE_CONTENT: "アクティブコンテンツ / active content",
    Threat.EXTERNAL_REFERENCE: "外部参照 / external reference",
    Threat.EMBEDDED_OBJECT: "埋め込みオブジェクト / embedded object",
    Threat.METADATA: "メタデータ / metadata",
    Threat.HIDDEN_CONTENT: "隠しコンテンツ / hidden content",
    Threat.TYPE_MISMATCH: "種別の不一致 / type mismatch",
    Threat.ENCRYPTED: "暗号化 / encrypted",
    Threat.MALFORMED: "不正な形式 / malformed",
    Threat.LIMIT_EXCEEDED: "上限超過 / limit exceeded",
    Threat.UNSUPPORTED: "未対応の形式 / unsupported",
    Threat.DECEPTION: "なりすまし・偽装 / deception",
}
ENFORCED_POLICIES = frozenset({"reject", "quarantine"})  # DMARC p= that asks receivers to act


def decide(
    report: Report,
    authentication: Iterable[AuthenticationResult],
    profile_name: str,
    profile: Profile,
    cleaned: bool,
) -> Decision:
    """The first that applies: nothing came back, locked_part, hold_on, blocked_part, removed_part, dmarc_failure."""
    locked = _locked(report.parts, profile, cleaned)
    if locked:
        reason = f"パスワード付きの部品 / behind a password: {locked.name or locked.detected_type}"
        return Decision(Verdict.HOLD, f"{profile_name}.locked_part", reason)
    if not cleaned:
        return Decision(Verdict.HOLD, "engine.blocked", f"無害化できません / could not be sanitised: {_cause(report)}")
    found = _threat_held(report.parts, profile)
    if found:
        return Decision(Verdict.HOLD, f"{profile_name}.hold_on", f"{THREAT_WORDS[found.threat]}: {found.detail}")
    for rule, verdict, outcome, words in (
        ("blocked_part", profile.blocked_part, Outcome.BLOCKED, "無害化できない部品 / a part was blocked"),
        ("removed_part", profile.removed_part, Outcome.REMOVED, "削除した部品 / a part was removed"),
    ):
        left_out = _left_out(report.parts, outcome) if verdict is Verdict.HOLD else None
        if left_out is not None:
            return Decision(Verdict.HOLD, f"{profile_name}.{rule}", f"{words}: {left_out}")
    forged = _enforced_dmarc_failure(authentication)
    if forged and profile.dmarc_failure is Verdict.HOLD:
        return Decision(Verdict.HOLD, f"{profile_name}.dmarc_failure", f"DMARC 不合格 / DMARC failed: {forged.domain}")
    return Decision(Verdict.DELIVER, f"{profile_name}.deliver", "保留の規則に該当なし / no rule holds it")


def decide_on_file(report: Report, item: Item, profile: Profile, cleaned: bool) -> Decision:
    """The same for a file: there is no sender to be checked, whatever is locked holds it, and a transfer may need a
    second person."""
    # Nobody is sent a letter with the rest: who handed it in, or may fetch it, gives the password.
    strict = msgspec.structs.replace(profile, locked_part=LockedPart.HOLD)
    decision = decide(report, (), item.profile, strict, cleaned)
    if decision.verdict is Verdict.DELIVER and _needs_approval(item, profile.transfer_approval):
        return Decision(Verdict.HOLD, f"{item.profile}.{TRANSFER_APPROVAL}", "承認が必要 / needs a second person")
    return decision


def _needs_approval(item: Item, approval: TransferApproval) -> bool:
    if item.channel is not Channel.UPLOAD or approval is TransferApproval.NONE:
        return False
    return approval is TransferApproval.ALWAYS or item.envelope.direction is Direction.OUTBOUND


def poisoned(attempts: int) -> Decision:
    """For an item whose cleaning was begun `attempts` times and never came to an end: it is not opened again."""
    reason = f"処理を{attempts}回中断 / cleaning was cut short {attempts} times; not opened again"
    return Decision(Verdict.HOLD, "engine.poison", reason)


def unreadable() -> Decision:
    """For an item whose original is missing or is not what was received: what is there is not opened."""
    reason = "原本が読めないか変わっています / the original is missing or not what was received"
    return Decision(Verdict.HOLD, "engine.unreadable", reason)


def without_profile(name: str) -> Decision:
    """For an item whose profile is no longer in the rules: nobody can say what it may contain."""
    return Decision(Verdict.HOLD, "engine.no_profile", f"プロファイルがありません / no such profile: {name}")


def _cause(report: Report) -> str:
    """The first blocking finding in words, else that the child gave no report."""
    findings = (found for part in report.parts for found in part.findings)
    first = next(findings, None)
    if first is None:
        return "処理の異常終了 / the confined process ended abnormally"
    return f"{THREAT_WORDS[first.threat]}: {first.detail}"


def _left_out(parts: Iterable[PartReport], outcome: Outcome) -> str | None:
    """What to call the first part of that outcome, or what a mail says it left out of its own accord; None: nothing."""
    for part in parts:
        if part.outcome is outcome:
            return part.name or part.detected_type
        # A sanitizer may refuse a piece before it becomes a part of its own: too deep, or sealed.
        blocking = (found for found in part.findings if found.action is Action.BLOCKED)
        if outcome is Outcome.BLOCKED and (found := next(blocking, None)):
            return f"{THREAT_WORDS[found.threat]}: {found.detail}"
    return None


def _threat_held(parts: Iterable[PartReport], profile: Profile) -> Finding | None:
    if not profile.hold_on:
        return None
    held = profile.hold_on
    return next(
        (found for part in parts for found in part.findings if found.threat in held and _lasts(part, found)), None
    )


def _locked(parts: Sequence[PartReport], profile: Profile, cleaned: bool) -> PartReport | None:
    """The part for whose password the item is held: by rule, or since it is the item itself."""
    locked = next((part for part in parts if part.outcome is Outcome.LOCKED), None)
    by_rule = profile.locked_part is LockedPart.HOLD
    return locked if by_rule or not cleaned else None


def _lasts(part: PartReport, found: Finding) -> bool:
    """Not so what a password opened, and what somebody is asked for the password of."""
    if found.threat is not Threat.ENCRYPTED:
        return True
    return part.outcome is not Outcome.LOCKED and found.action is not Action.REWRITTEN


def _enforced_dmarc_failure(authentication: Iterable[AuthenticationResult]) -> AuthenticationResult | None:
    for result in authentication:
        if (
            result.method is AuthenticationMethod.DMARC
            and result.result == "fail"
            and result.detail in ENFORCED_POLICIES
        ):
            return result
    return None
