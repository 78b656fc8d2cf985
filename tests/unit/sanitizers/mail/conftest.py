"""A job that stands for the engine: bodies become text, attachments stay behind unless a test lets them through."""

import email
import html
import re
from collections.abc import Callable

import pytest

from sanitizers.budget import BudgetMeter
from sanitizers.charsets import decode
from sanitizers.formats.mail import Mail
from sanitizers.job import Role
from sanitizers.model import (
    Action,
    File,
    Finding,
    Notice,
    NoticeWords,
    Outcome,
    Rebuilt,
    Severity,
    Threat,
    Withheld,
)
from sanitizers.passwords import Passwords
from sanitizers.rules import Budget, Profile
from sanitizers.verify.mail import verify

ENGLISH = NoticeWords(
    language="en",
    unchanged="Nothing was changed. Item {item}",
    changed="Something was changed. Item {item}",
    removed_part="removed: {name} ({size}): {reason}",
    unnamed_part="a part without a name",
    finding="changed: {what} x{count}",
    contact="Ask extension 1234.",
    threats={threat: threat.value for threat in Threat},
    signed="A signature ended here.",
    changes={threat: f"{threat.value} gone" for threat in Threat},
    made_part_of_the_page="fixed",
    converted="converted",
    locked_part="locked: {name} ({size})",
    unlocked="unlocked",
    changed_part="{names}: {what}.",
    quoted_name="<{name}>",
    pictures="pictures of the text ({count})",
    more_names="and {count} more",
    between_names=", ",
    between_changes="; ",
    removed_pictures="removed pictures: {count}",
    attached_pictures="attached pictures: {count}",
    more_parts="and {count} more",
    boxed="in <{name}>: {kept} go on: {names}",
    boxed_removed="in <{box}>: removed: {name} ({size}): {reason}",
    boxed_more="in <{box}>: and {count} more",
)
PROFILE, BUDGET = Profile(), Budget()
TAG = re.compile(r"<[^>]*>")


class FakeJob:
    def __init__(self, rules: Profile, budget: Budget, passed: tuple[Rebuilt, ...]) -> None:
        self.rules = rules
        self.notice = Notice("20261121-4X7K-2M9Q", (ENGLISH,))
        self.budget = BudgetMeter(budget)
        self.passwords = Passwords((), self.budget)
        self.passed = list(passed)
        self.children: list[tuple[str, str, bytes, Role]] = []
        self.foreseen_after: int | None = None  #: children that were handed over before the first file was foreseen

    def foresee(self, role: Role) -> None:
        assert role is Role.ATTACHMENT
        if self.foreseen_after is None:
            self.foreseen_after = len(self.children)

    def child(self, name: str, claimed_type: str, data: bytes, *, role: Role) -> Rebuilt | Withheld:
        self.budget.take_parts()
        self.budget.take_in(len(data))
        self.children.append((name, claimed_type, data, role))
        if role is Role.ATTACHMENT:
            return self.passed.pop(0) if self.passed else self._withheld(name, claimed_type, data)
        charset = re.search(r"charset=([^;]+)", claimed_type)
        text = decode(data, charset.group(1) if charset else "").text
        if claimed_type.startswith("text/html"):
            text = html.unescape(TAG.sub("", re.sub(r"<br>|</p>", "\n", text)))
        return Rebuilt(text.encode(), "", "text/plain")

    def _withheld(self, name: str, claimed_type: str, data: bytes) -> Withheld:
        kind = claimed_type.partition(";")[0]
        finding = Finding(Threat.UNSUPPORTED, Severity.WARNING, Action.REMOVED, name, f"no sanitizer for {kind}")
        return Withheld(name, kind, len(data), Outcome.REMOVED, finding)


class Result:
    """What came out, as the standard library reads it."""

    def __init__(self, rebuilt: Rebuilt, job: FakeJob) -> None:
        self.rebuilt = rebuilt
        self.data = rebuilt.data
        self.job = job
        self.message = email.message_from_bytes(rebuilt.data)
        assert not self.message.defects

    def header(self, name: str) -> str:
        """A decoded header."""
        values = [re.sub(r"\r?\n(?=[ \t])", "", value) for value in self.message.get_all(name, [])]
        assert len(values) <= 1
        return str(email.header.make_header(email.header.decode_header(values[0]))) if values else ""

    @property
    def whole_text(self) -> str:
        leaf = next(part for part in self.message.walk() if not part.is_multipart())
        assert leaf.get_content_type() == "text/plain"
        return leaf.get_payload(decode=True).decode(leaf.get_content_charset()).replace("\r\n", "\n")

    @property
    def text(self) -> str:
        """Without the notice."""
        return self.whole_text.partition("-" * 60 + "\n")[0].strip()

    @property
    def notice(self) -> str:
        return self.whole_text.partition("-" * 60 + "\n")[2]

    def found(self, threat: Threat) -> list[str]:
        return [f"{each.where}: {each.detail}" for each in self.rebuilt.findings if each.threat is threat]


Clean = Callable[..., Result]


def clean_mail(
    mail: bytes | str, *, rules: Profile = PROFILE, budget: Budget = BUDGET, passed: tuple[Rebuilt, ...] = ()
) -> Result:
    data = mail.replace("\n", "\r\n").encode() if isinstance(mail, str) else mail
    job = FakeJob(rules, budget, passed)
    rebuilt = Mail().rebuild(File("", "message/rfc822", "message/rfc822", data), job)
    verify(rebuilt.data)
    return Result(rebuilt, job)


@pytest.fixture
def clean() -> Clean:
    """Rebuild a mail (text: LF becomes CRLF), read it a second time, and return what a reader sees."""
    return clean_mail
