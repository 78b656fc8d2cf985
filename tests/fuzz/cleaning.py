"""One mail through the engine, and all that must hold of what comes back, whatever the mail was."""

import email
import email.header
import email.message
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import fast_mail_parser

from gateway.processing.notices import notice
from gateway.settings import load_settings
from sanitizers import engine
from sanitizers.confinement.protocol import FROM_CHILD, FrameReader, Kind, Result, decode, frame
from sanitizers.confinement.recheck import WITHHELD, Evidence, check_result, check_size
from sanitizers.model import Action, AuthenticationMethod, AuthenticationResult, Cleaned, DnsAnswer, Report, SenderClaim
from sanitizers.registry import Registry
from sanitizers.rules import Budget, Profile, Task
from sanitizers.rules import Kind as ItemKind
from tests.fuzz.carrying import CARRYING

ROOT = Path(__file__).resolve().parents[2]
ITEM = "20261121-TEST-TEST"
NOTICE = notice(load_settings(ROOT / "config" / "gateway.toml"), ITEM)
SENDER = SenderClaim(AuthenticationResult(AuthenticationMethod.SPF, "pass", "example.jp"))

# What may stand in front of a body, said here once more on purpose: the writer's table is what is under test.
ONCE = frozenset({"date", "from", "message-id", "mime-version", "content-type"})
AT_MOST_ONCE = frozenset(
    {"sender", "reply-to", "to", "cc", "subject", "in-reply-to", "references", "importance", "priority"}
    | {"x-priority", "auto-submitted", "precedence", "list-id", "content-language", "content-transfer-encoding"}
)
ANY_NUMBER = frozenset({"received"})
OF_A_PART = frozenset({"content-type", "content-transfer-encoding", "content-disposition"})

BARE_LINE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")
CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")  # ESC belongs to ISO-2022-JP
# What no decoded text may hold, whatever the writer's own table says: controls, directions, characters of no width.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
LONGEST_LINE = 998  # octets: RFC 5322 section 2.1.1
# A parser that fails, and a writer whose work the second reading refuses, are stopped by the engine: nothing harmful
# goes on, and an honest mail does not either. Nobody but the report tells.
FAILURE = re.compile(r"[A-Za-z]+(?:Error|Exception|Exit|Interrupt|Iteration)|the second reading found: .*")

LONGEST_NOTICE = 2_000  #: characters, of a mail in which nothing was changed

Leaf = tuple[str, bytes]


def task(profile: Profile | None = None, budget: Budget | None = None, sender: SenderClaim | None = None) -> Task:
    """An order as the gateway gives it, with the words of the default settings."""
    return Task(ITEM, ItemKind.MAIL, "", profile or Profile(), budget or Budget(), NOTICE, sender)


def no_dns(_name: str, _rdtype: str) -> DnsAnswer:
    """A domain without any record."""
    return DnsAnswer("absent")


def check_mail(original: bytes, order: Task | None = None, registry: Registry = CARRYING) -> Cleaned:
    """Clean a mail and hold what comes back against every promise; raises AssertionError or ProtocolBroken."""
    order = order or task()
    cleaned = engine.clean(order, original, no_dns, registry=registry)
    assert cleaned is not None
    check_as_the_parent_does(cleaned, order, original)
    check_nothing_failed(cleaned.report)
    if cleaned.data is not None:
        check_budget(cleaned, order.budget)
        check_form(cleaned.data)
        check_twice(cleaned.data, order, registry)
    return cleaned


def check_as_the_parent_does(cleaned: Cleaned, order: Task, original: bytes) -> None:
    """Over the pipe and through the recheck, as in `sanitizers.confinement`."""
    size = None if cleaned.data is None else len(cleaned.data)
    said = Result(cleaned.name, cleaned.type, cleaned.report, cleaned.facts, cleaned.authentication, size)
    ((kind, body),) = FrameReader(FROM_CHILD).feed(frame(Kind.RESULT, said))
    assert kind is Kind.RESULT
    result = decode(Result, body)
    digest = "" if cleaned.data is None else sha256(cleaned.data).hexdigest()
    check_size(result, order)
    check_result(result, order, Evidence(len(original), sha256(original).hexdigest(), size or 0, digest))


def check_nothing_failed(report: Report) -> None:
    """Whatever was blocked, it was for a reason that a sanitizer gave."""
    failed = [(part.path, found) for part in report.parts for found in part.findings if FAILURE.fullmatch(found.detail)]
    assert not failed, failed


def check_budget(cleaned: Cleaned, budget: Budget) -> None:
    """An item of which something goes on has crossed none of its limits."""
    item, *inside = cleaned.report.parts
    assert cleaned.data is not None
    assert len(cleaned.data) <= budget.bytes_out
    assert item.size_in <= budget.bytes_in
    assert len(inside) <= budget.parts
    assert sum(part.size_in for part in inside) <= budget.bytes_in
    assert sum(part.size_out for part in inside) <= budget.bytes_out
    opened = (part for part in inside if part.outcome not in WITHHELD)
    assert all(part.path.count(".") <= budget.depth for part in opened)


def check_form(clean: bytes) -> None:
    """Strict bytes, allow-listed headers, and two unrelated parsers that read the same."""
    assert clean.endswith(b"\r\n")
    assert not BARE_LINE_END.search(clean)
    assert not CONTROLS.search(clean)
    assert max(map(len, clean.split(b"\r\n"))) <= LONGEST_LINE
    message = email.message_from_bytes(clean)
    check_headers(message)
    assert leaves(message) == second_leaves(clean)
    assert not UNSEEN.search(words(clean).replace("\r\n", "\n"))


def check_headers(message: email.message.Message) -> None:
    """Each header at most as often as it may stand, and none that no list names."""
    names = [name.lower() for name in message.keys()]  # noqa: SIM118 - not a dict: a name may stand twice
    assert set(names) >= ONCE, names
    assert set(names) <= ONCE | AT_MOST_ONCE | ANY_NUMBER, names
    assert all(names.count(name) == 1 for name in set(names) - ANY_NUMBER), names
    for part in message.walk():
        assert not part.defects, part.defects
        assert part is message or {name.lower() for name in part.keys()} <= OF_A_PART  # noqa: SIM118 - as above


def leaves(message: email.message.Message) -> list[Leaf]:
    """Type and bytes of every leaf, by the standard library."""
    found = []
    for part in message.walk():
        if not part.is_multipart():
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            found.append((part.get_content_type(), payload.rstrip(b"\r\n")))
    return found


def second_leaves(clean: bytes) -> list[Leaf]:
    """The same by a parser written in Rust."""

    def walk(part: fast_mail_parser.PyMimePart) -> Iterator[Leaf]:
        if not part.children:
            yield part.content_type, (part.content or b"").rstrip(b"\r\n")
        for child in part.children:
            yield from walk(child)

    return list(walk(fast_mail_parser.parse_email_tree(clean)))


def check_twice(clean: bytes, order: Task, registry: Registry) -> None:
    """Cleaning the result again finds nothing and says the same, with a notice of its own at most.

    The budget is a fresh one: more may be written than was read. A name that goes on is noted as often as it is met.
    """
    again = engine.clean(task(order.profile), clean, no_dns, registry=registry)
    assert again is not None
    met = [(part.path, found) for part in again.report.parts for found in part.findings]
    assert all(found.action is Action.NOTED and found.where == "file name" for _, found in met), met
    assert again.data is not None
    before, after = words(clean).strip(), words(again.data).strip()
    assert after.startswith(before)
    assert len(after) <= len(before) + LONGEST_NOTICE
    assert leaves(email.message_from_bytes(again.data))[1:] == leaves(email.message_from_bytes(clean))[1:]


def words(clean: bytes) -> str:
    """The text of a clean mail: its first leaf, in the charset that it names."""
    first = next(part for part in email.message_from_bytes(clean).walk() if not part.is_multipart())
    payload = first.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode(first.get_content_charset(""))


def shown(clean: bytes) -> str:
    """Everything of a mail in which a word could hide: its bytes, and its headers and texts decoded."""
    message = email.message_from_bytes(clean)
    headers = [
        str(email.header.make_header(email.header.decode_header(value)))
        for value in message.values()
        if isinstance(value, str)
    ]
    texts = [content.decode("iso2022_jp" if b"\x1b" in content else "utf-8") for _, content in leaves(message)]
    return "\n".join([clean.decode("latin_1"), *headers, *texts])
