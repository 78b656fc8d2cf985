"""Every limit crossed by one: at the limit an item goes on, beyond it the item or the part is blocked and held."""

import email
import json
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
import pytest_asyncio

from gateway.processing.policy import decide
from gateway.settings.structure import Limits
from sanitizers import engine
from sanitizers.budget import MEBIBYTE
from sanitizers.confinement.pool import Pool
from sanitizers.confinement.protocol import CHUNK_BYTES, FROM_CHILD, Kind
from sanitizers.confinement.wire import INBOX_BYTES
from sanitizers.model import Cleaned, DnsAnswer, Notice, Outcome, Threat
from sanitizers.rules import Budget, Profile, Task, Verdict
from sanitizers.rules import Kind as ItemKind
from tests.contract.confinement import over_budget
from tests.contract.confinement.over_budget import SECRET, order

in_one_loop = pytest.mark.asyncio(loop_scope="module")  # of the pool that these tests share

DIALOGUES = Path(__file__).resolve().parents[2] / "dialogue"
WORKSHOP = over_budget.__name__
TOP = b"Date: Sat, 21 Nov 2026 10:00:00 +0900\r\nFrom: a@example.jp\r\nMessage-ID: <1@example.jp>\r\n"
TEXT = b"Content-Type: text/plain; charset=us-ascii\r\n\r\n" + SECRET
PROFILE = Profile()


def mixed(*parts: bytes) -> bytes:
    """The header lines of its own, and the parts between delimiters."""
    mark = b"=_%d" % len(b"".join(parts))
    body = b"".join(b"--%b\r\n%b\r\n" % (mark, part) for part in parts)
    return b'Content-Type: multipart/mixed; boundary="%b"\r\n\r\n%b--%b--\r\n' % (mark, body, mark)


def attached(mail: bytes) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" + mail


def uuencoded(lines: int) -> bytes:
    """Each line of two octets says that it is 45 octets long."""
    return b"begin 644 file\n" + b"M\n" * lines + b"`\nend\n"


INNER = TOP + b"\r\n" + SECRET * 20
FULL = TOP + b"X-Fill: y\r\n" * 7 + b"\r\n" + SECRET


def written(mail: bytes) -> int:
    """How large it is when Kiyome has written it."""
    return len(clean_here(mail, Budget()).data or b"")


def clean_here(original: bytes, budget: Budget) -> Cleaned:
    cleaned = engine.clean(task(budget), original, lambda _name, _rdtype: DnsAnswer("absent"))
    assert cleaned is not None
    return cleaned


def task(budget: Budget) -> Task:
    return Task("20261121-TEST-0001", ItemKind.MAIL, "", PROFILE, budget, Notice("1", ()), alone=True)


class Crossing(NamedTuple):
    """An item, the limit that it just keeps, and one that it does not."""

    limit: str
    what: str
    original: bytes
    kept: int
    crossed: int


def by_one(limit: str, what: str, original: bytes, use: int) -> Crossing:
    return Crossing(limit, what, original, use, use - 1)


TABLE = (
    by_one("depth", "multipart in multipart", TOP + mixed(mixed(TEXT)), 3),
    by_one("depth", "mail in mail", TOP + attached(attached(TOP + TEXT)), 3),
    by_one("parts", "of a multipart", TOP + mixed(TEXT, TEXT, TEXT), 4),
    by_one("parts", "files in a text", TOP + b"\r\n" + uuencoded(1) * 3, 4),
    by_one("parts", "mail in mail", TOP + mixed(attached(TOP + TEXT)), 3),
    by_one("header_bytes", "of the mail", FULL, FULL.index(b"\r\n\r\n") + 2),
    by_one("header_bytes", "of a part", TOP + mixed(b"X-Fill: %b\r\n" % (b"y" * 500) + TEXT), 500 + 8 + 2 + 44),
    by_one("headers", "of the mail", FULL, 10),
    by_one("headers", "of a part", TOP + mixed(b"X-Fill: y\r\n" * 7 + TEXT), 8),
    by_one("bytes_in", "of the original", TOP + b"\r\n" + SECRET, len(TOP) + 2 + len(SECRET)),
    by_one("bytes_in", "of mail in mail", TOP + attached(INNER), len(INNER) + len(SECRET * 20)),
    by_one("bytes_in", "of a file in a text", TOP + b"\r\n" + uuencoded(100), 100 * 45),
    by_one("bytes_out", "of the mail", TOP + TEXT, written(TOP + TEXT)),
    by_one("bytes_out", "of all parts", order("writes", 100), 300),
    by_one("expansion_ratio", "of a decoder", order("expands", MEBIBYTE, 5 * MEBIBYTE), 5),
    by_one("pixels", "of one picture", order("pixels", 10, 10, 1), 100),
    by_one("pixels", "of all frames", order("pixels", 10, 10, 7), 700),
    by_one("pixels", "frame by frame", order("one_frame_after_the_other", 10, 10, 7), 700),
    by_one("pixels", "by a sanitizer that does not care", order("swallowed_pixels", 10, 10), 100),
    by_one("pages", "of one document", order("pages", 30), 30),
    by_one("pages", "page by page", order("one_page_after_the_other", 30), 30),
    by_one("conversions", "one after the other", order("converts", 5), 5),
    # What cannot be counted one by one has room on both sides: the machine may be slow.
    Crossing("seconds", "of sleep", order("sleeps", 2_000), 60, 1),
    Crossing("seconds", "of work", order("works", 2_000), 60, 1),
    Crossing("memory", "resident", order("holds", 200 * MEBIBYTE, 6_000), 1024 * MEBIBYTE, 150 * MEBIBYTE),
)
# Limits of one part: the rest of such a mail may go on, if the profile says so.
OF_A_PART = frozenset({"depth", "header_bytes", "headers", "expansion_ratio", "conversions"})

# What is crossed before 250, and the dialogues that cross it by one.
BEFORE_250 = {
    "message_bytes": "limits/message_by_one.txt",
    "line_octets": "data/line_over_limit.txt",
    "command_octets": "lines/at_limit.txt",
    "header_bytes": "limits/header_by_one.txt",
    "recipients": "rcpt/too_many.txt",
    "commands": "limits/commands.txt",
    "errors": "limits/errors.txt",
    "session_seconds": "limits/session.txt",
    "idle_seconds": "limits/idle.txt",
    "data_bytes_per_second": "limits/slow_data.txt",
    "data_rate_window_seconds": "limits/slow_data.txt",
    "connections": "clients/too_many_connections.txt",
    "connections_per_network": "clients/too_many_from_one_network.txt",
    "received_headers": "data/loop.txt",
    "endings": "smuggling/refuse/lf_dot_lf.txt",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[Pool]:
    async with pool_with(Budget()) as started:
        yield started


@asynccontextmanager
async def pool_with(budget: Budget) -> AsyncIterator[Pool]:
    pool = Pool(
        1,
        budget=budget,
        items_before_recycling=10,
        seconds_before_recycling=600,
        workshop=WORKSHOP,
        start_seconds=300,
    )
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


async def no_dns(_name: str, _rdtype: str) -> DnsAnswer:
    return DnsAnswer("absent")


def named(crossing: Crossing) -> str:
    return f"{crossing.limit}-{crossing.what}".replace(" ", "_")


@in_one_loop
@pytest.mark.parametrize("row", TABLE, ids=named)
async def test_at_the_limit_it_goes_on(row: Crossing, pool: Pool) -> None:
    cleaned = await pool.clean(task(Budget(**{row.limit: row.kept})), row.original, no_dns)
    assert cleaned.data is not None, cleaned.report
    assert not limits_met(cleaned)
    assert Outcome.BLOCKED not in {part.outcome for part in cleaned.report.parts}
    if SECRET in row.original or row.limit not in {"parts", "bytes_in", "bytes_out"}:
        assert SECRET in said(cleaned)


@in_one_loop
@pytest.mark.parametrize("row", TABLE, ids=named)
async def test_beyond_it_is_blocked_and_held(row: Crossing, pool: Pool) -> None:
    cleaned = await pool.clean(task(Budget(**{row.limit: row.crossed})), row.original, no_dns)
    assert limits_met(cleaned)
    assert Outcome.BLOCKED in {part.outcome for part in cleaned.report.parts} | left_behind(cleaned)
    assert SECRET not in said(cleaned)
    assert cleaned.data is None or row.limit in OF_A_PART
    assert verdict(cleaned) is Verdict.HOLD
    assert (await pool.clean(task(Budget()), TOP + TEXT, no_dns)).data


def verdict(cleaned: Cleaned) -> Verdict:
    """By the profile as it is shipped."""
    return decide(cleaned.report, (), "standard", PROFILE, cleaned.data is not None).verdict


def said(cleaned: Cleaned) -> bytes:
    """What goes on, as it was written and as a reader sees it."""
    payload = email.message_from_bytes(cleaned.data or b"").get_payload(decode=True)
    assert isinstance(payload, bytes)
    return (cleaned.data or b"") + payload


def limits_met(cleaned: Cleaned) -> list[str]:
    findings = [found for part in cleaned.report.parts for found in part.findings]
    return [found.detail for found in findings if found.threat is Threat.LIMIT_EXCEEDED]


def left_behind(cleaned: Cleaned) -> set[Outcome]:
    """Pieces of a mail that were blocked before they were parts."""
    actions = {
        found.action.value for found in cleaned.report.parts[0].findings if found.threat is Threat.LIMIT_EXCEEDED
    }
    return {Outcome.BLOCKED} if "blocked" in actions else set()


@pytest.mark.parametrize(("share", "goes_on"), [(4, True), (1, False)])
async def test_the_address_space_of_a_child_ends(share: int, goes_on: bool) -> None:
    memory = 512 * MEBIBYTE
    async with pool_with(Budget(memory=memory)) as small:
        cleaned = await small.clean(task(Budget(memory=memory)), order("allocates", memory // share), no_dns)
        assert (SECRET in said(cleaned)) is goes_on
        assert (limits_met(cleaned) == ["MemoryError"]) is not goes_on
        assert (verdict(cleaned) is Verdict.DELIVER) is goes_on


def test_every_limit_of_the_budget_has_a_row() -> None:
    # What is still locked when the tries are spent stays so, and nothing is blocked: unit/sanitizers/test_passwords.py.
    assert {row.limit for row in TABLE} == set(Budget.__struct_fields__) - {"passwords"}


def test_every_limit_before_250_has_a_dialogue() -> None:
    assert set(BEFORE_250) == set(Limits.__struct_fields__)
    for limit, name in BEFORE_250.items():
        head, talk, outcome = (DIALOGUES / name).read_text(encoding="utf-8").split("---\n")
        default: Any = msgspec.to_builtins(Limits())[limit]
        limits = tomllib.loads(head).get("limits", {})
        assert limit in limits or (default == "refuse" and limits == {}), (limit, name)
        assert any(line.startswith(("s: 4", "s: 5")) for line in talk.splitlines()), (limit, name)
        assert "accepted = " in outcome


# ---- the gateway's own memory

ANSWER = FROM_CHILD[Kind.RESULT]
#: What one child can make the gateway hold, whatever it says: what it said ahead of being heard, a piece of data, and a
#: result as it arrives, as one piece, and decoded (four times: objects of Python around strings of few letters); no
#: data, since none of these items has any that is allowed. And what malloc keeps for later.
GROWTH = INBOX_BYTES + CHUNK_BYTES + ANSWER * (1 + 1 + 4) + 8 * MEBIBYTE

HARMLESS = TOP + TEXT
GREEDY = {
    **{name: order(name) for name in over_budget.FLOODS},
    "complains": order("complains"),
    "marks": order("marks"),
    "many findings": order("finds", 200_000, 10),
    "a gigabyte of findings": order("finds", 100_000, 10_000),
    "a gigabyte of memory": order("allocates", 1 << 30),
    "all of the memory, held": order("holds", 900 * MEBIBYTE, 30_000),
    "four gigabytes of text": order("writes", 4 << 30),
    "endless frames": order("one_frame_after_the_other", 1, 1, 1 << 40),
    "endless pages": order("one_page_after_the_other", 1 << 40),
    "a uuencode bomb": TOP + b"\r\n" + uuencoded(4_000_000),
    "a bomb of end tags": TOP + b"Content-Type: text/html\r\n\r\n" + b"</br>" * 2_000_000,
    "many files in a text": TOP + b"\r\n" + uuencoded(0) * 300_000,
    "a million parts": TOP + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n" * 1_000_000,
}
# What is too much of these is not heard, and the item goes on.
SHORTENED = frozenset({"marks", "many findings"})


def test_the_memory_of_the_gateway_does_not_grow() -> None:
    """In a process of its own, which tells its peak before and after: a peak never goes down again."""
    script = Path(__file__).with_name("greedy_items.py")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=500, check=False)
    assert run.returncode == 0, run.stderr[-2_000:]
    told = json.loads(run.stdout)
    assert set(told["verdicts"]) == set(GREEDY)
    for name, verdict in told["verdicts"].items():
        assert verdict == ("deliver" if name in SHORTENED else "hold"), name
    assert told["growth"] < GROWTH < 128 * MEBIBYTE, told["after"]
