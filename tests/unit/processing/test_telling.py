"""What recipients and administrators are told of, on a real store: once, and nobody else."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gateway.access.links import Links, of_originals
from gateway.access.rights import Role
from gateway.folders.state import FolderState
from gateway.model import Channel, Decision, Direction, ItemState, Recipient
from gateway.processing import policy
from gateway.processing.alerts import AGAIN, DEATHS, DOWN_FOR, Senses, Watch
from gateway.processing.digest import Digest, latest_slot, reason
from gateway.processing.digest_words import ALERTS, OTHER_REASON, PHRASES, REASONS, Alert
from gateway.processing.teller import Teller
from gateway.settings import Notices, StoreSettings, WebSettings
from gateway.settings.checks import ROLES
from gateway.store.drafts import AuditProof, Draft, ItemQuery, Settlement
from gateway.store.items import Store
from sanitizers.model import (
    Action,
    Finding,
    MailFacts,
    Outcome,
    PartReport,
    Report,
    Severity,
    Threat,
)
from sanitizers.rules import Profile, Rules, TellHeld, Verdict
from tests.fakes.items import envelope, item, settings
from tests.fakes.web import ORIGIN, FakeGateway, Web
from tests.fakes.web import settings as web_settings

LINKS = Links(b"k" * 32)
HELD = Decision(Verdict.HOLD, "standard.hold_on", "…")
RULES = Rules(
    profiles={
        "standard": Profile(),
        "at_once": Profile(tell_held=TellHeld.AT_ONCE),
        "silent": Profile(tell_held=TellHeld.NEVER),
    }
)
ADMINISTRATOR = "admin@city.example.jp"
#: Well after whatever a test keeps: the store has the clock of the machine.
#: So late that a digest falls between the end of the longest run of all tests and then, at whatever hour it begins.
TOMORROW = datetime.now(UTC) + timedelta(days=2)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(store_settings(tmp_path))
    yield opened
    await opened.close()


def store_settings(folder: Path) -> StoreSettings:
    return StoreSettings(url=f"sqlite:///{folder}/kiyome.db", blobs=f"{folder}/blobs", minimum_free_bytes=1)


def configured(**changes: Any) -> Any:
    web = WebSettings(public_url="https://kiyome.city.example.jp/")
    return settings(**{"web": web, "contact": "情報政策課", **changes})


def digest(store: Store, **changes: Any) -> Digest:
    return Digest(configured(**changes), RULES, store, LINKS)


async def hold(store: Store, *recipients: str, profile: str = "standard", subject: str = "予算", **changes: Any) -> str:
    addresses = tuple(Recipient(address) for address in recipients or ("b@city.example.jp",))
    came = envelope(**{"recipients": addresses, "received_at": datetime.now(UTC), **changes})
    (spool,) = store.blobs.spools_of([b"Subject: x\r\n\r\nx"])
    await store.accept([Draft(Channel.SMTP, profile, came)], spool)
    (taken,) = await store.lease_for_cleaning("me", 1, 60)
    facts = MailFacts(subject=subject, header_from="山田 <a@example.com>")
    await store.settle("me", taken.id, Settlement(HELD, b"clean", None, facts))
    return taken.id


async def letters(store: Store) -> dict[str, EmailMessage]:
    """What Kiyome wrote, by recipient."""
    found = {}
    for each in await store.items(ItemQuery(limit=500)):
        if each.channel is Channel.NOTICE:
            message = message_from_bytes(await store.clean(each), policy=default)
            assert isinstance(message, EmailMessage)
            assert not message.defects
            assert (each.envelope.mail_from, each.envelope.direction) == ("", Direction.INBOUND)
            (recipient,) = each.envelope.recipients
            assert recipient.options.notify == frozenset({"NEVER"})
            assert recipient.address not in found, "told twice"
            found[recipient.address] = message
    return found


async def test_each_recipient_hears_once_a_day_of_what_is_held_for_them(store: Store) -> None:
    first = await hold(store, "b@city.example.jp", "c@city.example.jp")
    second = await hold(store, "b@city.example.jp", subject="別の件")
    assert await digest(store).daily(TOMORROW) == 2
    assert await digest(store).daily(TOMORROW) == 0  # as after a restart
    told = await letters(store)
    assert set(told) == {"b@city.example.jp", "c@city.example.jp"}
    text_of_b = told["b@city.example.jp"].get_content()
    assert "(2件)" in told["b@city.example.jp"]["Subject"]
    assert told["b@city.example.jp"]["Auto-Submitted"] == "auto-generated"
    for shown in (first, second, "山田 <a@example.com>", "別の件", "情報政策課", "needs a check", "確認が必要"):
        assert shown in text_of_b, shown
    assert text_of_b.index("差出人") < text_of_b.index("From:")
    assert second not in told["c@city.example.jp"].get_content()


async def test_a_link_is_for_one_recipient_of_one_mail_and_ends(store: Store) -> None:
    held = await hold(store, "b@city.example.jp", "C@city.example.jp")
    await digest(store, notices=Notices(link_days=2)).daily(TOMORROW)
    for address, message in (await letters(store)).items():
        start = "https://kiyome.city.example.jp/original/"
        token = message.get_content().split(start)[1].split()[0]
        link = LINKS.read(token, TOMORROW + timedelta(days=1))
        assert link is not None
        assert (link.item_id, link.address) == (held, address)
        assert LINKS.read(token, TOMORROW + timedelta(days=3)) is None


async def test_the_link_asks_for_release_and_no_more(store: Store, tmp_path: Path) -> None:
    held = await hold(store)
    served = web_settings(tmp_path, public_url=ORIGIN)
    await Digest(served, RULES, store, of_originals(served)).daily(TOMORROW)
    content = (await letters(store))["b@city.example.jp"].get_content()
    path = content.split(ORIGIN)[1].split()[0]
    browser = Web(FakeGateway(served, store)).browser()
    page = (await browser.get(path)).text
    assert "予算" in page
    assert await store.approvals.of(held) == []  # opening it, as a mail scanner does, asks for nothing
    (csrf,) = set(re.findall(r'name="csrf" content="(\w+)"', page))
    answer = await browser.post(path, data={"csrf": csrf, "reason": "開けません"}, headers={"Origin": ORIGIN})
    assert answer.status_code == 200
    (asked,) = await store.approvals.of(held)
    assert (asked.asked_by, asked.reason) == ("recipient:b@city.example.jp", "開けません")
    assert (await browser.post(path, data={"csrf": csrf, "reason": "x"})).status_code == 409
    found = await store.item(held)
    assert found is not None
    assert found.state is ItemState.HELD


async def test_without_an_address_of_the_pages_the_letter_names_the_contact(store: Store) -> None:
    await hold(store)
    await digest(store, web=WebSettings()).daily(TOMORROW)
    content = (await letters(store))["b@city.example.jp"].get_content()
    assert "/original/" not in content
    assert PHRASES["en"].by_person in content


async def test_the_next_digest_tells_of_what_is_new_and_counts_the_rest(store: Store) -> None:
    await hold(store)
    assert await digest(store).daily(TOMORROW) == 1
    assert await digest(store).daily(TOMORROW + timedelta(days=1)) == 0  # nothing new: no mail
    (key,) = await store.tellings.last("digest ")
    assert key == "b@city.example.jp"
    fresh = await hold(store, subject="新しい件")
    held_at = int((TOMORROW + timedelta(hours=30)).timestamp() * 1e6)
    with store._engine.begin() as connection:  # it came after the digest
        connection.execute(text(f"UPDATE items SET updated_at = {held_at} WHERE id = '{fresh}'"))
    assert await digest(store).daily(TOMORROW + timedelta(days=3)) == 1
    newest = (await store.items(ItemQuery(limit=1)))[0]
    content = message_from_bytes(await store.clean(newest), policy=default).get_content()  # type: ignore[attr-defined]
    assert "新しい件" in content
    assert "予算" not in content
    assert PHRASES["ja"].older.format(count=1) in content


async def test_two_gateways_tell_once(store: Store, tmp_path: Path) -> None:
    for number in range(5):
        await hold(store, f"u{number}@city.example.jp")
    other = await Store.open(store_settings(tmp_path))
    try:
        sent = await asyncio.gather(digest(store).daily(TOMORROW), digest(other).daily(TOMORROW))
    finally:
        await other.close()
    assert sum(sent) == 5
    assert len(await letters(store)) == 5


async def test_nobody_outside_is_told_and_nothing_of_outgoing_or_silent_mail(store: Store) -> None:
    await hold(store, "x@elsewhere.example.com")
    await hold(store, "b@city.example.jp", direction=Direction.OUTBOUND)
    await hold(store, "b@city.example.jp", profile="silent")
    await hold(store, "b@city.example.jp", profile="at_once")
    assert await digest(store).daily(TOMORROW) == 0
    assert await letters(store) == {}


async def test_what_was_released_meanwhile_is_not_told(store: Store) -> None:
    held = await hold(store)
    await store.change(held, to=ItemState.DISCARDED, actor="user:x", reason="")
    assert await digest(store).daily(TOMORROW) == 0


async def test_a_rule_can_have_recipients_told_at_once(store: Store) -> None:
    await hold(store, "b@city.example.jp", "x@elsewhere.example.com", profile="at_once")
    await hold(store, "c@city.example.jp")
    now = datetime.now(UTC)
    assert await digest(store).at_once(now) == 1
    assert await digest(store).at_once(now) == 0
    told = await letters(store)
    assert list(told) == ["b@city.example.jp"]
    assert PHRASES["ja"].at_once.subject in told["b@city.example.jp"]["Subject"]


async def test_a_notice_about_a_notice_is_never_written(store: Store) -> None:
    await hold(store)
    await hold(store, profile="at_once")
    assert (await digest(store).at_once(datetime.now(UTC)), await digest(store).daily(TOMORROW)) == (1, 1)
    later = TOMORROW + timedelta(days=2)
    held_at = int((later - timedelta(hours=30)).timestamp() * 1e6)
    with store._engine.begin() as connection:  # no way leads there, but if one did
        connection.execute(
            text(f"UPDATE items SET state = 'held', due_at = NULL, updated_at = {held_at} WHERE channel = 'notice'")
        )
    assert (await digest(store).at_once(datetime.now(UTC)), await digest(store).daily(later)) == (0, 0)


async def test_what_a_sender_wrote_is_made_safe(store: Store) -> None:
    await hold(store, subject="\u202egnp.exe\r\nBcc: x https://evil.example/ " + "長" * 2000)
    await digest(store).daily(TOMORROW)
    message = (await letters(store))["b@city.example.jp"]
    content = message.get_content()
    assert message["Bcc"] is None
    assert "\u202e" not in content
    assert "https://evil" not in content
    assert "\nBcc" not in content.replace("\r", "")
    assert "長" * 400 not in content


def test_the_digest_comes_at_the_time_of_the_zone() -> None:
    at_eight = settings(notices=Notices(digest_at="08:00"))
    assert latest_slot(at_eight, datetime(2026, 11, 20, 22, 59, tzinfo=UTC)) == datetime(2026, 11, 19, 23, tzinfo=UTC)
    assert latest_slot(at_eight, datetime(2026, 11, 20, 23, 0, tzinfo=UTC)) == datetime(2026, 11, 20, 23, tzinfo=UTC)
    assert latest_slot(settings(notices=Notices(digest_at="")), TOMORROW) is None


@pytest.mark.parametrize("language", [0, 1])
def test_every_reason_has_words(language: int) -> None:
    finding = Finding(Threat.ENCRYPTED, Severity.WARNING, Action.BLOCKED, "", "")
    part = PartReport("1", "", "", "", "", Outcome.BLOCKED, 1, 0, "", "", (finding,), 0.0)
    for rule, words in REASONS.items():
        held = item(decision=Decision(Verdict.HOLD, f"standard.{rule}", ""), report=Report((part,)))
        said = reason(held, Profile(), ("ja", "en")[language])
        assert said == words[language].format(
            threats=("暗号化されているため確認できない内容", "encrypted content that cannot be checked")[language]
        )
    assert reason(item(), Profile(), "ja") == OTHER_REASON[0]


def test_every_rule_of_the_policy_has_a_reason() -> None:
    rules = re.findall(
        r'"engine\.(\w+)"|profile_name\}\.(\w+)"|\("(\w+_part)", profile', Path(policy.__file__).read_text()
    )
    named = {name for each in rules for name in each if name}
    assert {"blocked", "hold_on", "blocked_part", "poison"} <= named <= set(REASONS)


def test_the_roles_of_the_settings_are_those_there_are() -> None:
    assert set(ROLES) == {role.value for role in Role}


async def test_the_teller_wakes_delivery_when_it_told_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.processing.teller.TICK_SECONDS", 0.0)
    woken = asyncio.Event()
    running = asyncio.create_task(Teller(Silent(), Talking(), woken.set).run())  # type: ignore[arg-type]
    async with asyncio.timeout(60):
        await woken.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


class Silent:
    """Has nothing to tell."""

    async def daily(self, now: datetime) -> int:
        return 0

    async def at_once(self, now: datetime) -> int:
        await asyncio.sleep(0)
        return 0


class Talking:
    """Always has."""

    async def look(self, now: datetime) -> int:
        return 1


# Administrators


class Feeling:
    """What a process knows of itself."""

    def __init__(self) -> None:
        self.down: dict[str, datetime] = {}
        self.deaths = 0
        self.folders: list[FolderState] = []

    def senses(self) -> Senses:
        return Senses(hops_down=lambda: self.down, deaths=lambda: self.deaths, folders=lambda: self.folders)


def watch(store: Store, feeling: Feeling, notices: Notices | None = None, free: int = 1) -> Watch:
    told = Notices(administrators=(ADMINISTRATOR,)) if notices is None else notices
    room = StoreSettings(minimum_free_bytes=free)
    return Watch(configured(notices=told, store=room), store, feeling.senses())


async def subjects(store: Store) -> list[str]:
    found = await store.items(ItemQuery(limit=500))
    return [
        str(message_from_bytes(await store.clean(each), policy=default)["Subject"])
        for each in reversed(found)
        if each.channel is Channel.NOTICE
    ]


def subject(alert: Alert) -> str:
    return f"{ALERTS[alert]['ja'].subject} / {ALERTS[alert]['en'].subject}"


def test_every_alert_has_words() -> None:
    assert set(ALERTS) == set(Alert)
    for letters_ in ALERTS.values():
        assert all("{what}" in letters_[language].opening for language in ("ja", "en"))


async def test_nothing_is_said_while_all_is_well(store: Store) -> None:
    assert await watch(store, Feeling()).look(TOMORROW) == 0
    assert await subjects(store) == []


async def test_without_administrators_nobody_is_told(store: Store) -> None:
    feeling = Feeling()
    feeling.down = {"mail:25": TOMORROW - timedelta(days=1)}
    assert await watch(store, feeling, notices=Notices()).look(TOMORROW) == 0


async def test_a_hop_that_is_down_for_long_is_told_once_an_hour(store: Store) -> None:
    feeling = Feeling()
    looking = watch(store, feeling)
    feeling.down = {"mail.lgwan.example.jp:25": TOMORROW}
    assert await looking.look(TOMORROW + DOWN_FOR - timedelta(seconds=1)) == 0
    late = TOMORROW + DOWN_FOR
    assert await looking.look(late) == 1
    assert await watch(store, feeling).look(late + timedelta(minutes=59)) == 0  # nor by another gateway
    assert await looking.look(late + AGAIN + timedelta(seconds=1)) == 1
    assert await subjects(store) == [subject(Alert.NEXT_HOP_DOWN)] * 2
    newest = (await store.items(ItemQuery(limit=1)))[0]
    assert [each.address for each in newest.envelope.recipients] == [ADMINISTRATOR]
    assert "mail.lgwan.example.jp:25" in message_from_bytes(await store.clean(newest), policy=default).get_content()  # type: ignore[attr-defined]


async def test_a_folder_that_is_away_for_long_is_told(store: Store) -> None:
    feeling = Feeling()
    looking = watch(store, feeling)
    feeling.folders = [FolderState("cms", problem="nothing can be taken"), FolderState("well")]
    assert await looking.look(TOMORROW) == 0
    feeling.folders = [FolderState("cms"), FolderState("well")]
    assert await looking.look(TOMORROW + DOWN_FOR) == 0  # it was back in between
    feeling.folders = [FolderState("cms", problem="nothing can be taken"), FolderState("well")]
    assert await looking.look(TOMORROW + DOWN_FOR) == 0
    assert await looking.look(TOMORROW + 2 * DOWN_FOR) == 1
    assert await subjects(store) == [subject(Alert.FOLDER_TROUBLE)]


async def test_each_refused_file_is_told_of_once(store: Store) -> None:
    feeling = Feeling()
    looking = watch(store, feeling)
    for hours, refused, letters_ in ((0, 2, 1), (2, 2, 0), (4, 3, 1), (6, 1, 0), (8, 2, 1)):
        feeling.folders = [FolderState("cms", refused=refused)]
        assert await looking.look(TOMORROW + timedelta(hours=hours)) == letters_, hours


async def test_a_disk_that_is_nearly_full_is_told(store: Store) -> None:
    assert await watch(store, Feeling(), free=2**60).look(TOMORROW) == 1
    assert await subjects(store) == [subject(Alert.DISK_NEARLY_FULL)]


async def test_children_that_die_again_and_again_are_told(store: Store) -> None:
    feeling = Feeling()
    looking = watch(store, feeling)
    feeling.deaths = 100  # of a time nobody looked at
    assert await looking.look(TOMORROW) == 0
    feeling.deaths += DEATHS - 1
    assert await looking.look(TOMORROW + timedelta(minutes=30)) == 0
    assert await looking.look(TOMORROW + timedelta(minutes=89)) == 0
    feeling.deaths += 1  # the others are longer ago than an hour
    assert await looking.look(TOMORROW + timedelta(minutes=95)) == 0
    feeling.deaths += DEATHS - 1
    assert await looking.look(TOMORROW + timedelta(minutes=96)) == 1
    assert await subjects(store) == [subject(Alert.CHILDREN_DYING)]


class Broken:
    """The store, with a record that was tampered with."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.read = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def verify_audit(self) -> AuditProof:
        self.read += 1
        return AuditProof(3, "", 4, "the row was changed")


async def test_a_broken_record_is_told_and_read_once_a_day(store: Store) -> None:
    broken = Broken(store)
    looking = Watch(
        configured(notices=Notices(administrators=(ADMINISTRATOR,)), store=StoreSettings(minimum_free_bytes=1)),
        broken,
        Feeling().senses(),
    )  # type: ignore[arg-type]
    assert await looking.look(TOMORROW) == 1
    assert await looking.look(TOMORROW + timedelta(hours=23)) == 0
    assert await looking.look(TOMORROW + timedelta(hours=25)) == 1
    assert (broken.read, await subjects(store)) == (2, [subject(Alert.RECORD_BROKEN)] * 2)


async def test_a_lock_that_wrong_passwords_closed_is_told_once(store: Store) -> None:
    held = await hold(store)
    looking, other = watch(store, Feeling()), watch(store, Feeling())
    now = datetime.now(UTC)
    assert (await looking.look(now), await other.look(now)) == (0, 0)
    await close_a_lock(store, held)
    soon = datetime.now(UTC) + timedelta(seconds=1)
    assert (await looking.look(soon), await other.look(soon)) == (1, 0)
    assert await other.look(soon + 2 * AGAIN) == 0  # the same event is no news later
    assert await subjects(store) == [subject(Alert.LOCK_CLOSED)]


async def close_a_lock(store: Store, item_id: str) -> None:
    def deed(transaction: Any) -> None:
        transaction.connection.execute(
            text(
                "INSERT INTO locks"
                " (id, item_id, address, code, state, wrong, not_before, created_at, expires_at, opened)"
                f" VALUES ('x', '{item_id}', 'b@city.example.jp', '', 'closed', 10, 0, 0, 0, '[]')"
            )
        )
        transaction.audit("recipient:b@city.example.jp", "wrong_password", item_id, count=10)

    await store._do(deed)
