"""The whole gateway in one process: real intake, store, children and delivery, and a next hop that the test scripts."""

import asyncio
import base64
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import aiosmtplib
import msgspec
import pytest

from gateway.app import Gateway
from gateway.model import Direction, Item, ItemState, Segment
from gateway.processing.trace import report_key, verify_report
from gateway.settings import (
    Children,
    DeliverySettings,
    Listener,
    Route,
    Settings,
    SettingsError,
    StoreSettings,
    TlsOffer,
    TlsPolicy,
)
from gateway.store.drafts import ItemQuery
from sanitizers.rules import Assignment, Profile, Rules, TellHeld, Verdict
from tests.fakes.next_hop import NextHop

ROLES = frozenset({"intake", "worker", "delivery"})
RULES = Rules(
    profiles={"standard": Profile(), "strict": Profile(removed_part=Verdict.HOLD)},
    assignments=(Assignment("strict", ("strict@city.example.jp",)),),
)

JAPANESE = (
    b"From: =?iso-2022-jp?b?GyRCOzNFRBsoQg==?= <a@example.com>\r\nTo: b@city.example.jp\r\n"
    b"Subject: =?iso-2022-jp?b?GyRCTT07OxsoQg==?=\r\nMessage-ID: <1@example.com>\r\n"
    b"Date: Wed, 01 Jul 2026 10:00:00 +0900\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + "予算の件です。\r\n".encode("iso-2022-jp")
)
HTML = (
    b"From: a@example.com\r\nTo: b@city.example.jp\r\nSubject: html\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    + "<html><script>alert(1)</script><p>窓口は<b>九時</b>からです。</p></html>\r\n".encode()
)
ATTACHED = (
    b"From: a@example.com\r\nSubject: attached\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n'
    b"--x\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n"
    b"--x\r\nContent-Type: application/octet-stream; name=a.exe\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"MZ" + b"\0" * 50) + b"\r\n--x--\r\n"
)


def settings_of(folder: Path, port: int, **changes: object) -> Settings:
    def listener(name: str, direction: Direction, segment: Segment) -> Listener:
        networks = ("127.0.0.0/8",) if direction is Direction.OUTBOUND else ()
        return Listener(
            name=name,
            segment=segment,
            direction=direction,
            host="127.0.0.1",
            port=0,
            tls=TlsOffer.OFF,
            allowed_networks=networks,
        )

    def route(direction: Direction) -> Route:
        return Route(domain="*", host="127.0.0.1", port=port, tls=TlsPolicy.NONE, direction=direction)

    plain = Settings(
        hostname="mx.city.example.jp",
        accepted_domains=("city.example.jp",),
        routes=(route(Direction.INBOUND), route(Direction.OUTBOUND)),
        listeners=(
            listener("in", Direction.INBOUND, Segment.INTERNET),
            listener("out", Direction.OUTBOUND, Segment.LGWAN),
        ),
        contact="情報政策課",
        store=StoreSettings(
            url=f"sqlite:///{folder}/kiyome.db", blobs=f"{folder}/blobs", inline_bytes=4096, minimum_free_bytes=1
        ),
        delivery=DeliverySettings(retry_first_seconds=1, retry_max_seconds=1, timeout_seconds=60),
        children=Children(count=1),
    )
    return msgspec.structs.replace(plain, **changes)


@pytest.fixture
async def hop() -> AsyncIterator[NextHop]:
    async with NextHop() as running:
        yield running


@pytest.fixture
async def gateway(hop: NextHop, tmp_path: Path) -> AsyncIterator[Gateway]:
    made = Gateway(settings_of(tmp_path, hop.port), RULES, ROLES)
    await made.start()
    yield made
    await made.stop()


async def send(gateway: Gateway, mail: bytes, *recipients: str, sender: str = "a@example.com") -> None:
    _, host, port = next(address for address in gateway.addresses if address[0] == "in")
    async with aiosmtplib.SMTP(hostname=host, port=port, start_tls=False) as client:
        await client.sendmail(sender, recipients or ["b@city.example.jp"], mail)


async def arrived(hop: NextHop, count: int = 1) -> list[EmailMessage]:
    async with asyncio.timeout(120):
        while len(hop.bodies) < count:  # noqa: ASYNC110 - the hop has no event for it
            await asyncio.sleep(0.02)
    return [message_from_bytes(body, policy=default) for body in hop.bodies]  # type: ignore[misc]


async def ended(gateway: Gateway, **expected: int) -> list[Item]:
    """Wait until so many items are in each state."""
    async with asyncio.timeout(120):
        while True:
            counts = await gateway.store.counts()
            if all(counts[ItemState(state)] == count for state, count in expected.items()):
                return await gateway.store.items(ItemQuery())
            await asyncio.sleep(0.02)


async def test_japanese_text_arrives_clean_signed_and_recorded(gateway: Gateway, hop: NextHop) -> None:
    await send(gateway, JAPANESE)
    (mail,) = await arrived(hop)
    assert mail["Subject"] == "予算"
    assert "予算の件です。" in mail.get_content()
    assert mail.get_content_type() == "text/plain"
    (item,) = await ended(gateway, delivered=1)
    assert item.id in mail["Received"]
    assert item.facts is not None
    assert item.facts.subject == "予算"
    head, _, clean = hop.bodies[0].partition(b"\r\n s=")
    signature, _, clean = clean.partition(b"\r\n")
    field = (head.rpartition(b"X-Kiyome-Report: ")[2] + b" s=" + signature).decode()
    assert verify_report(field, clean, report_key(gateway.settings))
    states = [row.action async for row in gateway.store.audit_rows(item.id)]
    assert states == ["received", "cleaned", "delivering", "delivered"]
    assert (await gateway.store.verify_audit()).intact
    assert (await gateway.store.original(item)).read().endswith(JAPANESE)


async def test_html_becomes_text(gateway: Gateway, hop: NextHop) -> None:
    await send(gateway, HTML)
    (mail,) = await arrived(hop)
    assert mail.get_content_type() == "text/plain"
    assert "九時" in mail.get_content()
    assert "alert" not in mail.get_content()


async def test_the_null_sender_goes_through(gateway: Gateway, hop: NextHop) -> None:
    await send(gateway, JAPANESE, sender="")
    await arrived(hop)
    assert hop.said("MAIL")[0].startswith("MAIL FROM:<>")


async def test_profiles_part_the_recipients_and_a_held_item_waits_for_a_person(gateway: Gateway, hop: NextHop) -> None:
    await send(gateway, ATTACHED, "b@city.example.jp", "strict@city.example.jp")
    items = await ended(gateway, delivered=1, held=1)
    assert hop.said("RCPT") == ["RCPT TO:<b@city.example.jp>"]
    (held,) = [item for item in items if item.state is ItemState.HELD]
    assert held.decision is not None
    assert held.decision.rule == "strict.removed_part"
    await gateway.store.change(held.id, to=ItemState.RELEASED, actor="sato", reason="asked for")
    mails = await arrived(hop, 2)
    assert hop.said("RCPT")[1] == "RCPT TO:<strict@city.example.jp>"
    for mail in mails:
        assert [part.get_content_type() for part in mail.walk()] == ["text/plain"]
    await ended(gateway, delivered=2)


async def test_a_recipient_hears_at_once_of_what_is_held_where_the_rules_say_so(
    hop: NextHop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.processing.teller.TICK_SECONDS", 0.05)
    strict = msgspec.structs.replace(RULES.profiles["strict"], tell_held=TellHeld.AT_ONCE)
    rules = msgspec.structs.replace(RULES, profiles={**RULES.profiles, "strict": strict})
    gateway = Gateway(settings_of(tmp_path, hop.port), rules, ROLES)
    await gateway.start()
    try:
        await send(gateway, ATTACHED, "strict@city.example.jp")
        (letter,) = await arrived(hop)
        await ended(gateway, held=1, delivered=1)
    finally:
        await gateway.stop()
    assert (hop.said("MAIL")[0].split()[1], hop.said("RCPT")) == ("FROM:<>", ["RCPT TO:<strict@city.example.jp>"])
    assert "保留しました" in letter["Subject"]
    assert "情報政策課" in letter.get_content()


async def test_a_refused_recipient_bounces_to_the_sender(gateway: Gateway, hop: NextHop) -> None:
    hop.answers["RCPT"] = lambda line: "550 5.1.1 no such user" if "gone@" in line else "250 ok"
    await send(gateway, JAPANESE, "b@city.example.jp", "gone@city.example.jp")
    _, bounce = await arrived(hop, 2)
    assert bounce["To"] == "a@example.com"
    assert bounce.get_content_type() == "multipart/report"
    assert "gone@city.example.jp" in bounce.get_payload(0).get_content()
    assert hop.said("MAIL")[1].startswith("MAIL FROM:<>")
    items = await ended(gateway, bounced=1, delivered=1)
    assert {item.channel.value for item in items} == {"smtp", "notice"}


async def test_a_temporary_refusal_is_tried_again(gateway: Gateway, hop: NextHop) -> None:
    answers = iter(["451 4.7.1 greylisted"])
    hop.answers["BODY"] = lambda _: next(answers, "250 2.0.0 taken")
    await send(gateway, JAPANESE)
    await arrived(hop)
    (item,) = await ended(gateway, delivered=1)
    assert item.envelope.recipients[0].attempts == 2


async def test_a_next_hop_that_is_down_gets_its_mail_when_it_is_back(tmp_path: Path) -> None:
    hop = NextHop()
    gateway = Gateway(settings_of(tmp_path, hop.port), RULES, ROLES)
    await gateway.start()
    await send(gateway, JAPANESE)
    await ended(gateway, delivering=1)
    async with hop:
        await arrived(hop)
        await ended(gateway, delivered=1)
        await gateway.stop()


async def test_a_killed_child_loses_nothing(gateway: Gateway, hop: NextHop) -> None:
    children = [pid for pid in _children() if "confinement" in _command(pid)]
    assert children
    sending = [asyncio.create_task(send(gateway, JAPANESE)) for _ in range(20)]
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    await asyncio.gather(*sending)
    await arrived(hop, 20)
    await ended(gateway, delivered=20)


async def test_a_mail_larger_than_what_is_kept_inline(gateway: Gateway, hop: NextHop) -> None:
    text = b"".join(b"line %06d of a long mail\r\n" % number for number in range(60_000))
    await send(gateway, b"From: a@example.com\r\nSubject: long\r\n\r\n" + text)
    (mail,) = await arrived(hop)
    assert "line 059999" in mail.get_content()
    await ended(gateway, delivered=1)


async def test_what_a_killed_process_was_at_is_taken_up_at_once(tmp_path: Path) -> None:
    async with NextHop() as hop:
        settings = settings_of(tmp_path, hop.port)
        intake = Gateway(settings, RULES, frozenset({"intake"}))
        await intake.start()
        await send(intake, JAPANESE)
        dead = f"{os.uname().nodename}:1:dead"
        assert len(await intake.store.lease_for_cleaning(dead, 10, 3600)) == 1
        await intake.stop()
        (tmp_path / "running" / dead).touch()
        gateway = Gateway(settings, RULES, ROLES)
        await gateway.start()
        await arrived(hop)
        await gateway.stop()
        assert not list((tmp_path / "running").iterdir())


async def test_stopping_finishes_what_was_begun_and_gives_leases_back(gateway: Gateway, hop: NextHop) -> None:
    await asyncio.gather(*(send(gateway, JAPANESE) for _ in range(10)))
    path = gateway.settings.store.url.removeprefix("sqlite:///")
    await gateway.stop()
    database = sqlite3.connect(path)
    assert database.execute("select count(*) from items").fetchone() == (10,)
    assert database.execute("select count(*) from items where lease_owner is not null").fetchone() == (0,)
    database.close()


async def test_health_tells_what_the_parts_do(gateway: Gateway) -> None:
    health = gateway.health()
    assert health["children"] == 1
    assert len(health["listeners"]) == 2
    assert (health["processing"], health["delivering"], health["next_hops_down"]) == (0, 0, [])


async def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path, hop: NextHop) -> None:
    settings = settings_of(tmp_path, hop.port)
    taken = msgspec.structs.replace(settings.listeners[0], port=hop.port)
    gateway = Gateway(msgspec.structs.replace(settings, listeners=(taken,)), RULES, frozenset({"intake"}))
    with pytest.raises(SettingsError, match="cannot start"):
        await gateway.start()


def _children() -> list[int]:
    stats = ((int(place.name), _told(place / "stat")) for place in Path("/proc").glob("[0-9]*"))
    return [pid for pid, stat in stats if stat.rpartition(")")[2].split()[1:2] == [str(os.getpid())]]


def _command(pid: int) -> str:
    return _told(Path(f"/proc/{pid}/cmdline")).replace("\0", " ")


def _told(path: Path) -> str:
    """Nothing of a process that has ended since it was seen."""
    try:
        return path.read_text()
    except OSError:
        return ""
