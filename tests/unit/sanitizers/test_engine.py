"""The engine with sanitizers made for the purpose: what goes on, what does not, and what the report says."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from sanitizers import engine, parts
from sanitizers.detect import detect
from sanitizers.job import Job, Role
from sanitizers.model import (
    Action,
    AuthenticationMethod,
    AuthenticationResult,
    CannotSanitize,
    Cleaned,
    DnsAnswer,
    File,
    Finding,
    MailFacts,
    Notice,
    Outcome,
    PartReport,
    Rebuilt,
    SenderClaim,
    Severity,
    Threat,
    Withheld,
)
from sanitizers.registry import BUILT_IN, FILE_SANITIZERS, Registry
from sanitizers.rules import Budget, Kind, OwnChild, Profile, Task
from sanitizers.rules import Pictures as PictureRule
from sanitizers.warming import WARMING_FILES

EXECUTABLE = b"MZ\x90\x00\x03" + b"\0" * 300
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


class Upper:
    """Text in capitals."""

    name = "upper"
    types = frozenset({"text/plain"})
    limitations: tuple[str, ...] = ()

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        return Rebuilt(file.data.upper(), "", "text/plain")


class Strip(Upper):
    """HTML that becomes text."""

    name = "strip"
    types = frozenset({"text/html"})


Behaviour = Callable[[File, Job], Rebuilt]


class Container:
    """A mail whose sanitizer does what the test says."""

    name = "container"
    types = frozenset({"message/rfc822"})
    limitations: tuple[str, ...] = ()

    def __init__(self, behaviour: Behaviour) -> None:
        self.rebuild = behaviour


def accept(data: bytes) -> None:
    if b"forbidden" in data:
        raise CannotSanitize(Threat.MALFORMED, "read again, it holds something forbidden")


def clean(
    behaviour: Behaviour,
    original: bytes = b"original",
    budget: Budget | None = None,
    sender: SenderClaim | None = None,
    kind: Kind = Kind.MAIL,
    name: str = "",
) -> Cleaned:
    registry = Registry((Upper(), Strip()), (Container(behaviour),), {"message/rfc822": accept})
    task = Task("1", kind, name, Profile(), budget or Budget(), Notice("1", ()), sender)
    return engine.clean(task, original, lambda name, rdtype: DnsAnswer("absent"), registry=registry)


def mail(data: bytes = b"out", *findings: Finding, facts: MailFacts | None = None) -> Rebuilt:
    return Rebuilt(data, "", "message/rfc822", findings, facts)


def finding(threat: Threat = Threat.METADATA, action: Action = Action.REMOVED, detail: str = "") -> Finding:
    return Finding(threat, Severity.NOTE, action, "", detail)


def raising(exception: BaseException) -> Behaviour:
    def rebuild(file: File, job: Job) -> Rebuilt:
        raise exception

    return rebuild


def with_child(data: bytes, claimed: str = "text/plain", name: str = "", role: Role = Role.BODY) -> Behaviour:
    def rebuild(file: File, job: Job) -> Rebuilt:
        child = job.child(name, claimed, data, role=role)
        return mail(b"out:" + (child.data if isinstance(child, Rebuilt) else child.finding.detail.encode()))

    return rebuild


def assert_blocked(cleaned: Cleaned, threat: Threat) -> PartReport:
    top = cleaned.report.parts[0]
    assert cleaned.data is None
    assert (top.outcome, top.size_out, top.sha256_out) == (Outcome.BLOCKED, 0, "")
    assert top.findings[-1].threat is threat
    assert top.findings[-1].action is Action.BLOCKED
    return top


def test_what_goes_on_and_its_report() -> None:
    cleaned = clean(lambda file, job: mail(b"out"))
    assert (cleaned.data, cleaned.type) == (b"out", "message/rfc822")
    (part,) = cleaned.report.parts
    assert (part.path, part.sanitizer, part.outcome) == ("1", "container", Outcome.CLEAN)
    assert (part.claimed_type, part.detected_type) == ("message/rfc822", "message/rfc822")
    assert (part.size_in, part.size_out) == (8, 3)
    assert (part.sha256_in, part.sha256_out) == (sha256(b"original").hexdigest(), sha256(b"out").hexdigest())
    assert part.milliseconds >= 0


def test_a_mail_from_the_wire_is_a_mail_whatever_it_looks_like() -> None:
    assert clean(lambda file, job: mail(), original=PNG).data == b"out"
    assert clean(lambda file, job: mail(), original=b"").data == b"out"


def test_a_file_is_what_its_content_is() -> None:
    message = (
        b"Received: from a by b; Sat, 21 Nov 2026 10:00:00 +0900\r\nFrom: a@b.example\r\nSubject: x\r\n\r\ntext\r\n"
    )
    assert clean(lambda file, job: mail(), message, kind=Kind.FILE, name="letter.eml").data == b"out"
    top = assert_blocked(clean(lambda file, job: mail(), PNG, kind=Kind.FILE, name="letter.eml"), Threat.UNSUPPORTED)
    assert (top.name, top.detected_type, top.sanitizer) == ("letter.eml", "image/png", "")


@pytest.mark.parametrize(
    ("exception", "threat", "detail"),
    [
        (CannotSanitize(Threat.ENCRYPTED, "a password"), Threat.ENCRYPTED, "a password"),
        (ValueError("secret words of the mail"), Threat.MALFORMED, "ValueError"),
        (KeyError("secret"), Threat.MALFORMED, "KeyError"),
        (MemoryError(), Threat.LIMIT_EXCEEDED, "MemoryError"),
        (RecursionError(), Threat.LIMIT_EXCEEDED, "RecursionError"),
    ],
)
def test_any_exception_blocks_and_tells_no_content(exception: Exception, threat: Threat, detail: str) -> None:
    top = assert_blocked(clean(raising(exception)), threat)
    assert top.findings[-1].detail == detail


def test_the_end_of_the_process_is_not_an_exception_of_a_sanitizer() -> None:
    with pytest.raises(SystemExit):
        clean(raising(SystemExit(1)))


def test_what_was_written_is_read_again() -> None:
    assert_blocked(clean(lambda file, job: mail(b"something forbidden")), Threat.MALFORMED)


def test_a_body_becomes_text_in_its_place() -> None:
    cleaned = clean(with_child(b"hello"))
    assert cleaned.data == b"out:HELLO"
    top, body = cleaned.report.parts
    assert (top.outcome, body.path, body.outcome, body.sanitizer) == (Outcome.CLEAN, "1.1", Outcome.CLEAN, "upper")


def test_a_converted_body_makes_a_rebuilt_mail() -> None:
    cleaned = clean(with_child(b"<!DOCTYPE html><html><body><p>hello</p></body></html>", "text/html"))
    top, body = cleaned.report.parts
    assert (top.outcome, body.outcome, body.sanitizer) == (Outcome.REBUILT, Outcome.CONVERTED, "strip")


@pytest.mark.parametrize("body", [b"#!/bin/sh\necho hello\n", b"", b"{}", b"-----BEGIN PGP SIGNATURE-----\n\nabc\n"])
def test_a_body_that_looks_like_a_program_is_still_words(body: bytes) -> None:
    assert clean(with_child(body)).data == b"out:" + body.upper()


def test_a_body_that_is_no_text_is_taken_out() -> None:
    cleaned = clean(with_child(EXECUTABLE))
    top, body = cleaned.report.parts
    assert body.outcome is Outcome.REMOVED
    assert [(found.threat, found.severity) for found in body.findings] == [
        (Threat.TYPE_MISMATCH, Severity.DANGER),
        (Threat.ACTIVE_CONTENT, Severity.DANGER),
    ]
    assert top.outcome is Outcome.REBUILT


@pytest.mark.parametrize(
    ("data", "threat", "severity"),
    [
        (PNG, Threat.UNSUPPORTED, Severity.WARNING),
        (b"plain text", Threat.UNSUPPORTED, Severity.WARNING),
        (EXECUTABLE, Threat.ACTIVE_CONTENT, Severity.DANGER),
        (b"-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n", Threat.ENCRYPTED, Severity.WARNING),
    ],
)
def test_an_attachment_that_nobody_owns_is_taken_out(data: bytes, threat: Threat, severity: Severity) -> None:
    withheld: list[Rebuilt | Withheld] = []

    def rebuild(file: File, job: Job) -> Rebuilt:
        withheld.append(job.child("../a\u202egnp.exe", "application/octet-stream", data, role=Role.ATTACHMENT))
        return mail()

    cleaned = clean(rebuild)
    (told,) = withheld
    part = cleaned.report.parts[1]
    assert isinstance(told, Withheld)
    assert (told.outcome, told.size, told.finding.threat, told.finding.severity) == (
        Outcome.REMOVED,
        len(data),
        threat,
        severity,
    )
    assert part.findings[-1] == told.finding
    assert "/" not in part.name
    assert "\u202e" not in part.name
    assert cleaned.data == b"out"


def test_a_mail_in_a_mail_is_a_part_like_any_other() -> None:
    inner = b"Received: from a by b\r\nFrom: a@b.example\r\nSubject: x\r\nDate: x\r\nTo: c@d.example\r\n\r\ntext\r\n"

    def rebuild(file: File, job: Job) -> Rebuilt:
        if file.data == inner:
            return mail(b"clean")
        child = job.child("", "message/rfc822", inner, role=Role.ATTACHMENT)
        assert isinstance(child, Rebuilt)
        return mail(b"out:" + child.data)

    cleaned = clean(rebuild)
    assert cleaned.data == b"out:clean"
    assert [(part.path, part.sanitizer) for part in cleaned.report.parts] == [("1", "container"), ("1.1", "container")]


def test_a_mail_where_a_text_should_be_is_left_out() -> None:
    inner = b"Received: from a by b\r\nFrom: a@b.example\r\nSubject: x\r\nDate: x\r\nTo: c@d.example\r\n\r\ntext\r\n"
    registry = Registry((), (Container(with_child(inner, "message/rfc822")),), {})
    task = Task("1", Kind.MAIL, "", Profile(), Budget(), Notice("1", ()))
    cleaned = engine.clean(task, b"x", lambda name, rdtype: DnsAnswer("absent"), registry=registry)
    assert cleaned is not None
    assert cleaned.report.parts[1].outcome is Outcome.REMOVED


def test_a_child_that_fails_costs_only_itself() -> None:
    class Broken(Upper):
        def rebuild(self, file: File, job: Job) -> Rebuilt:
            raise ZeroDivisionError

    registry = Registry((Broken(),), (Container(with_child(b"hello")),), {})
    task = Task("1", Kind.MAIL, "", Profile(), Budget(), Notice("1", ()))
    cleaned = engine.clean(task, b"x", lambda name, rdtype: DnsAnswer("absent"), registry=registry)
    assert cleaned.data == b"out:ZeroDivisionError"
    assert cleaned.report.parts[1].outcome is Outcome.BLOCKED


def many_children(count: int, size: int = 1) -> Behaviour:
    def rebuild(file: File, job: Job) -> Rebuilt:
        for _ in range(count):
            job.child("", "text/plain", b"x" * size, role=Role.BODY)
        return mail()

    return rebuild


@pytest.mark.parametrize(
    ("behaviour", "budget"),
    [
        (many_children(6), Budget(parts=5)),
        (many_children(3, size=40), Budget(bytes_in=100)),
        (many_children(3, size=40), Budget(bytes_out=100)),
        (lambda file, job: mail(b"x" * 101), Budget(bytes_out=100)),
    ],
)
def test_an_item_over_its_budget_is_blocked_whole(behaviour: Behaviour, budget: Budget) -> None:
    cleaned = clean(behaviour, budget=budget)
    assert_blocked(cleaned, Threat.LIMIT_EXCEEDED)
    assert len(cleaned.report.parts) <= budget.parts + 1


def test_an_original_over_the_budget_is_not_opened() -> None:
    assert_blocked(clean(raising(AssertionError()), b"x" * 101, Budget(bytes_in=100)), Threat.LIMIT_EXCEEDED)


def test_at_the_limit_is_within_it() -> None:
    assert clean(many_children(5, size=20), budget=Budget(parts=5, bytes_in=100, bytes_out=100)).data == b"out"


def test_a_sanitizer_cannot_swallow_the_budget() -> None:
    def rebuild(file: File, job: Job) -> Rebuilt:
        for _ in range(10):
            try:
                job.child("", "text/plain", b"x", role=Role.BODY)
            except CannotSanitize:
                continue
        return mail()

    assert_blocked(clean(rebuild, budget=Budget(parts=5)), Threat.LIMIT_EXCEEDED)


def test_a_part_too_deep_is_blocked_and_the_rest_goes_on() -> None:
    class Nest(Upper):
        def rebuild(self, file: File, job: Job) -> Rebuilt:
            child = job.child("", "text/plain", file.data, role=Role.BODY)
            return Rebuilt(child.data if isinstance(child, Rebuilt) else b"bottom", "", "text/plain")

    registry = Registry((Nest(),), (Container(with_child(b"hello")),), {})
    task = Task("1", Kind.MAIL, "", Profile(), Budget(depth=3), Notice("1", ()))
    cleaned = engine.clean(task, b"x", lambda name, rdtype: DnsAnswer("absent"), registry=registry)
    assert cleaned.data == b"out:bottom"
    assert [part.path for part in cleaned.report.parts] == ["1", "1.1", "1.1.1", "1.1.1.1", "1.1.1.1.1"]
    assert cleaned.report.parts[-1].outcome is Outcome.BLOCKED
    assert cleaned.report.parts[-1].findings[0].threat is Threat.LIMIT_EXCEEDED


def test_noted_is_clean_and_removed_is_rebuilt() -> None:
    assert clean(lambda f, j: mail(b"o", finding(action=Action.NOTED))).report.parts[0].outcome is Outcome.CLEAN
    assert clean(lambda f, j: mail(b"o", finding(action=Action.REMOVED))).report.parts[0].outcome is Outcome.REBUILT


def test_endless_findings_are_cut_and_no_threat_is_lost() -> None:
    findings = [*[finding()] * 5_000, finding(Threat.ENCRYPTED)]
    kept = clean(lambda file, job: mail(b"out", *findings)).report.parts[0].findings
    assert len(kept) == 100
    assert Threat.ENCRYPTED in {found.threat for found in kept}
    assert any("4901 more" in found.detail or "4902 more" in found.detail for found in kept)


def test_endless_findings_in_many_parts_are_cut_and_no_threat_is_lost() -> None:
    class Noisy(Upper):
        def rebuild(self, file: File, job: Job) -> Rebuilt:
            last = finding(Threat.ENCRYPTED if file.data == b"99" else Threat.METADATA)
            return Rebuilt(b"", "", "text/plain", (*[finding()] * 90, last))

    def rebuild(file: File, job: Job) -> Rebuilt:
        for number in range(100):
            job.child("", "text/plain", b"%d" % number, role=Role.BODY)
        return mail()

    registry = Registry((Noisy(),), (Container(rebuild),), {})
    task = Task("1", Kind.MAIL, "", Profile(), Budget(), Notice("1", ()))
    report = engine.clean(task, b"x", lambda name, rdtype: DnsAnswer("absent"), registry=registry).report
    assert sum(len(part.findings) for part in report.parts) <= 2_200
    assert report.parts[-1].findings[0].threat is Threat.ENCRYPTED


def test_what_is_told_is_plain_and_short() -> None:
    wild = Finding(
        Threat.METADATA, Severity.NOTE, Action.REMOVED, "a\r\nb" + "w" * 300, "\x1b[2J\u202e\ud800" + "d" * 600
    )
    facts = MailFacts(subject="s\0" + "x" * 2_000, header_from="山田 <a@b.example>")
    cleaned = clean(lambda file, job: mail(b"out", wild, facts=facts))
    (found,) = cleaned.report.parts[0].findings
    assert (len(found.where), len(found.detail)) == (200, 500)
    assert (found.where[:5], found.detail[:6]) == ("a��bw", "�[2J��")
    assert cleaned.facts is not None
    assert len(cleaned.facts.subject) == 1_000
    assert "\0" not in cleaned.facts.subject
    assert cleaned.facts.header_from == "山田 <a@b.example>"


def test_the_sender_is_checked_only_when_asked() -> None:
    assert clean(lambda file, job: mail()).authentication == ()
    claim = SenderClaim(AuthenticationResult(AuthenticationMethod.SPF, "pass", "b.example"))
    results = clean(lambda file, job: mail(), b"From: a@b.example\r\n\r\n", sender=claim).authentication
    assert [(found.method, found.result) for found in results] == [("dkim", "none"), ("dmarc", "none")]


def test_the_sender_is_checked_even_when_the_mail_is_blocked() -> None:
    claim = SenderClaim(AuthenticationResult(AuthenticationMethod.SPF, "pass", "b.example"))
    cleaned = clean(raising(ValueError()), b"From: a@b.example\r\n\r\n", sender=claim)
    assert [found.result for found in cleaned.authentication] == ["none", "none"]


def test_a_bug_in_the_sender_checks_costs_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(engine.sender, "verify", broken)
    claim = SenderClaim(AuthenticationResult(AuthenticationMethod.SPF, "pass", "b.example"))
    cleaned = clean(lambda file, job: mail(), sender=claim)
    assert cleaned.data == b"out"
    assert [found.result for found in cleaned.authentication] == ["permerror", "permerror"]


def nested(alone: bool = True, poison: tuple[bytes, ...] = (), own_child: OwnChild = OwnChild.ATTACHMENTS) -> Task:
    return Task("1", Kind.MAIL, "", Profile(own_child=own_child), Budget(), Notice("1", ()), None, alone, poison=poison)


def two_children(file: File, job: Job) -> Rebuilt:
    body = job.child("", "text/plain", b"body", role=Role.BODY)
    attached = job.child("a.txt", "", b"attached", role=Role.ATTACHMENT)
    said = [each.data if isinstance(each, Rebuilt) else each.finding.detail.encode() for each in (body, attached)]
    return mail(b" ".join(said))


def run(task: Task, marks: list[tuple[str, bytes]] | None = None) -> Cleaned | None:
    registry = Registry((Upper(), Strip()), (Container(two_children), Copy()), {})
    noted = [] if marks is None else marks
    return engine.clean(
        task, b"original", lambda name, rdtype: DnsAnswer("absent"), lambda *place: noted.append(place), registry
    )


class Copy:
    name = "copy"
    types = frozenset({"text/plain"})
    limitations: tuple[str, ...] = ()

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        return Rebuilt(file.data, "a.txt", "text/plain", ())


def test_each_part_is_noted_before_it_is_opened_and_its_container_after_it() -> None:
    marks: list[tuple[str, bytes]] = []
    assert run(nested(), marks) is not None
    item, body, attached = (sha256(data).digest() for data in (b"original", b"body", b"attached"))
    assert marks == [("1", item), ("1.1", body), ("1", item), ("1.2", attached), ("1", item)]


def test_a_part_that_is_poison_is_blocked_unopened_and_the_rest_goes_on() -> None:
    cleaned = run(nested(poison=(sha256(b"attached").digest(),)))
    assert cleaned is not None
    assert cleaned.data == b"BODY ended its sanitising process several times; not opened again"
    assert [part.outcome for part in cleaned.report.parts][2] is Outcome.BLOCKED
    assert cleaned.report.parts[2].sanitizer == cleaned.report.parts[2].detected_type == ""


def test_an_item_that_is_poison_is_blocked_unopened() -> None:
    cleaned = run(nested(poison=(sha256(b"original").digest(),)))
    assert cleaned is not None
    assert_blocked(cleaned, Threat.MALFORMED)
    assert len(cleaned.report.parts) == 1


def test_a_warm_child_hands_back_an_item_with_an_attachment_unopened() -> None:
    marks: list[tuple[str, bytes]] = []
    assert run(nested(alone=False), marks) is None
    assert "1.2" not in {path for path, _ in marks}


def test_a_warm_child_takes_attachments_where_the_rules_say_so() -> None:
    cleaned = run(nested(alone=False, own_child=OwnChild.NEVER))
    assert cleaned is not None
    assert cleaned.data == b"BODY attached"


class Pictures(Upper):
    """Pictures go through as they are, and become PNG by name."""

    name = "image"
    types = frozenset({"image/png", "image/jpeg"})

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        return Rebuilt(file.data, file.claimed_name, "image/png")


def clean_file(data: bytes, name: str, profile: Profile | None = None) -> Cleaned:
    task = Task("1", Kind.FILE, name, profile or Profile(), Budget(), Notice("1", ()))
    registry = Registry((), (Pictures(),), {})
    return engine.clean(task, data, lambda name, rdtype: DnsAnswer("absent"), registry=registry)


@pytest.mark.parametrize(
    ("name", "outgoing", "severity"),
    [
        ("a.png", "a.png", None),
        ("a", "a.png", None),
        ("a.jpg", "a.png", Severity.NOTE),
        ("a.pdf", "a.png", Severity.WARNING),
        ("a.txt", "a.png", Severity.WARNING),
    ],
)
def test_the_content_decides_and_the_name_follows(name: str, outgoing: str, severity: Severity | None) -> None:
    cleaned = clean_file(PNG, name)
    (part,) = cleaned.report.parts
    assert (cleaned.name, part.name) == (outgoing, name)
    assert [(found.threat, found.severity) for found in part.findings] == (
        [(Threat.TYPE_MISMATCH, severity)] if severity else []
    )


def test_a_program_by_the_name_of_a_document_is_a_likely_attack() -> None:
    (part,) = clean_file(EXECUTABLE, "見積.pdf").report.parts
    assert [(found.threat, found.severity) for found in part.findings] == [
        (Threat.TYPE_MISMATCH, Severity.DANGER),
        (Threat.ACTIVE_CONTENT, Severity.DANGER),
    ]


def test_what_a_rule_removes_is_not_opened() -> None:
    cleaned = clean_file(PNG, "a.png", Profile(pictures=PictureRule.REMOVED))
    (part,) = cleaned.report.parts
    assert cleaned.data is None
    assert (part.outcome, part.findings[-1].threat) == (Outcome.BLOCKED, Threat.UNSUPPORTED)
    assert "by rule" in part.findings[-1].detail


def test_every_rule_that_removes_has_a_sanitizer() -> None:
    names = {sanitizer.name for sanitizer in FILE_SANITIZERS}
    assert set(parts.RULES_THAT_REMOVE) <= names
    for rule in parts.RULES_THAT_REMOVE.values():
        assert "removed" in {str(value) for value in type(getattr(Profile(), rule))}


@pytest.mark.parametrize(("name", "data"), WARMING_FILES, ids=[name for name, _ in WARMING_FILES])
def test_what_warms_a_child_is_read_to_its_end(name: str, data: bytes) -> None:
    task = Task("1", Kind.FILE, name, Profile(), Budget(), Notice("1", ()))
    cleaned = engine.clean(task, data, lambda _name, _type: DnsAnswer("failed"))
    assert cleaned is not None
    assert cleaned.data is not None


def test_each_family_of_documents_is_warmed() -> None:
    owners = {BUILT_IN.files[detect(data, "")].name for _, data in WARMING_FILES}
    assert owners >= {"pdf", "ooxml", "odf", "image", "svg", "webpage", "textfile"}
