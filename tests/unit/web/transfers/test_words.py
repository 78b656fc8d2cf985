"""What became of a file, as its owner reads it."""

from gateway.web.transfers.files import words_of
from sanitizers.model import Action, Finding, Outcome, PartReport, Report, Severity, Threat


def part(path: str, name: str, kind: str, outcome: Outcome, *findings: Finding) -> PartReport:
    return PartReport(path, name, kind, kind, "", outcome, 1, 1, "", "", findings, 1.0)


def found(threat: Threat, action: Action, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(threat, severity, action, "1", "detail")


def test_nothing_was_removed_of_a_locked_file_that_waits_for_its_password() -> None:
    encrypted = found(Threat.ENCRYPTED, Action.REMOVED)
    locked = part("1", "a.pdf", "application/pdf", Outcome.REMOVED, encrypted)
    assert words_of(Report((locked,)), "ja") == []
    box = part("1", "a.zip", "application/zip", Outcome.REBUILT)
    inner = part("1.1", "b.pdf", "application/pdf", Outcome.REMOVED, encrypted)
    assert words_of(Report((box, inner)), "ja") == [
        "パスワードで保護されていて調べられないため、外しました。パスワードが分かれば開けます。",
        "除去: b.pdf",
    ]


def test_a_file_that_is_blocked_is_said_once() -> None:
    program = part("1", "a.exe", "application/x-executable", Outcome.BLOCKED, found(Threat.UNSUPPORTED, Action.BLOCKED))
    (line,) = words_of(Report((program,)), "en")
    assert "a.exe" not in line


def test_what_stayed_behind_in_a_box_is_named_and_the_same_is_counted() -> None:
    box = part("1", "資料.zip", "application/zip", Outcome.REBUILT, found(Threat.UNSUPPORTED, Action.REMOVED))
    author = found(Threat.METADATA, Action.REMOVED)
    documents = [part(f"1.{n}", f"{n}.pdf", "application/pdf", Outcome.REBUILT, author) for n in (1, 2)]
    program = part("1.3", "run.exe", "application/x-executable", Outcome.BLOCKED)
    lines = words_of(Report((box, *documents, program)), "ja")
    assert [line for line in lines if line.endswith("(×2)")] == [lines[0]]
    assert lines[-1] == "遮断: run.exe"
    assert len(lines) == 3


def test_what_was_only_noted_is_told_when_it_matters() -> None:
    note = found(Threat.METADATA, Action.NOTED, Severity.NOTE)
    warning = found(Threat.DECEPTION, Action.NOTED)
    assert len(words_of(Report((part("1", "a", "text/plain", Outcome.REBUILT, note, warning),)), "en")) == 1
    assert words_of(None, "en") == []
