"""Mail with a locked file, the letters that ask for its password, and a thief who has found one of them."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import msgspec

from gateway.access.links import of_originals
from gateway.access.rights import Role
from gateway.model import Channel, Decision, Direction, Envelope, Lock, MailOptions, Recipient
from gateway.processing import unlocking
from gateway.processing.trace import Stamp
from gateway.processing.unlocking import Locksmith
from gateway.settings import Passwords, Settings, WebSettings
from gateway.store.drafts import Draft, Settlement
from sanitizers.model import Cleaned, MailFacts, Outcome, PartReport, Report
from sanitizers.rules import Task, Verdict
from tests.unit.web.api.world import CITY, CLEAN, NOON, ORIGINAL, World, part, settings_in

HANAKO, JIRO = f"hanako@{CITY}", f"jiro@{CITY}"
PASSWORD = "himitsu"
SUBJECT = "予算の資料"
TRIES = 4


class Letter(msgspec.Struct, frozen=True):
    """What stands in the letter to one recipient."""

    token: str
    code: str


def settings_of(folder: Path) -> Settings:
    made = settings_in(folder)
    web = msgspec.structs.replace(made.web, public_url="https://kiyome.city.example.jp")
    assert isinstance(web, WebSettings)
    return msgspec.structs.replace(made, web=web, passwords=Passwords(tries=TRIES))


class Children:
    """Opens what is locked when the password is right."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self._called = asyncio.Condition()

    async def clean(self, task: Task, original: Any, ask_dns: Any) -> Cleaned:
        async with self._called:
            self.asked += 1
            self._called.notify_all()
        await self.may_go_on.wait()
        return Cleaned(CLEAN, "", "message/rfc822", report(PASSWORD in task.passwords), MailFacts(subject=SUBJECT))

    async def were_asked(self, times: int) -> None:
        """Waits for it."""
        async with asyncio.timeout(60), self._called:
            await self._called.wait_for(lambda: self.asked >= times)


def report(opened: bool) -> Report:
    outcome = Outcome.REBUILT if opened else Outcome.LOCKED
    locked = part("1.2", "予算.pdf", "application/pdf", outcome)
    changed: PartReport = msgspec.structs.replace(locked, sha256_in="c" * 64)
    return Report((part("1", "", "message/rfc822", Outcome.REBUILT), changed))


class Town:
    """A world in which passwords are asked for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.store = world.store
        self.settings = world.gateway.settings
        self.children = Children()
        self.world.gateway.locksmith = self.locksmith = self.another_locksmith()
        self.originals = of_originals(self.settings)

    def another_locksmith(self) -> Locksmith:
        """As the process has it after a start, or another gateway on the same store."""
        stamp = Stamp(self.settings, b"key")
        rules = self.world.gateway.rules
        return Locksmith(self.settings, rules, self.store, self.children, stamp, lambda: None)

    async def locked(self, *recipients: str) -> tuple[str, dict[str, Letter]]:
        """A mail with a locked file: its number, and the letter to each recipient."""
        addresses = recipients or (HANAKO, JIRO)
        envelope = Envelope(
            mail_from="eigyo@example.com",
            recipients=tuple(map(Recipient, addresses)),
            client="192.0.2.7",
            helo="mail.example.com",
            tls="",
            options=MailOptions(),
            direction=Direction.INBOUND,
            received_at=NOON,
            listener="in",
        )
        spool = self.store.blobs.spool()
        spool.write(ORIGINAL)
        (item_id,) = await self.store.accept([Draft(Channel.SMTP, "standard", envelope)], spool)
        await self.store.lease_for_cleaning("test", 100, 60)
        item = await self.store.item(item_id)
        assert item is not None
        locks, letters = self.locksmith.asks(item, report(opened=False), datetime.now(UTC))
        settlement = Settlement(
            decision=Decision(Verdict.DELIVER, "standard.deliver", "ok"),
            clean=CLEAN,
            report=report(opened=False),
            facts=MailFacts(subject=SUBJECT, header_from="営業 <eigyo@example.com>"),
            locks=locks,
        )
        await self.store.settle("test", item_id, settlement)
        return item_id, {draft.envelope.recipients[0].address: read(mail) for draft, mail in letters}

    async def lock(self, letter: Letter) -> Lock:
        found = await self.store.lock(unlocking.lock_id(letter.token))
        assert found is not None
        return found

    async def followers(self, item_id: str) -> int:
        """How many mails brought what was locked in this one."""
        page = await self.world.get(await self.world.person("admin", Role.ADMINISTRATOR), f"/items?follows={item_id}")
        return len(page.json()["items"])

    def original_link(self, item_id: str, address: str = HANAKO, days: float = 1) -> str:
        """As a notice has it."""
        return self.originals.make(item_id, address, datetime.now(UTC) + timedelta(days=days))

    async def requests(self, item_id: str) -> list[str]:
        """Who has asked for the original."""
        return [each.asked_by for each in await self.store.approvals.of(item_id)]

    # A thief, or anybody with a browser and no account

    async def stranger(self) -> "Stranger":
        """With our own page open, as anybody can have."""
        browser = httpx.AsyncClient(transport=httpx.ASGITransport(self.world.app), base_url="http://kiyome.test")
        page = await browser.get("/sign-in")
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
        assert found
        return Stranger(browser, found[1])


class Stranger:
    """Sends forms and calls."""

    def __init__(self, browser: httpx.AsyncClient, csrf: str) -> None:
        self.browser = browser
        self._csrf = csrf

    async def form(self, path: str, **fields: str) -> httpx.Response:
        return await self.browser.post(path, data={"csrf": self._csrf, **fields})

    async def unlock(self, letter: Letter, *passwords: str) -> httpx.Response:
        return await self.form(
            f"/unlock/{letter.token}", code=letter.code, passwords="\n".join(passwords or (PASSWORD,))
        )

    async def ask(self, token: str) -> httpx.Response:
        return await self.form(f"/original/{token}", reason="急ぎです")


def read(mail: bytes) -> Letter:
    """Of the letter's text."""
    body = message_from_bytes(mail, policy=default).get_body(("plain",))  # type: ignore[attr-defined]
    text = body.get_content()
    link = re.search(r"https://kiyome\.city\.example\.jp/unlock/(\S+)", text)
    code = re.search(r"確認コード: ([0-9 ]+)", text)
    assert link
    assert code
    return Letter(link[1], code[1].strip())
