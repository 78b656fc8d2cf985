"""A whole municipality: Postfix, `kiyome run`, Postfix and a mailbox; and people who sign in to it with a Chromium."""

import asyncio
import email
import email.policy
import json
import re
import smtplib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from shutil import chown
from typing import Any

import pyotp

from gateway.access.rights import Role
from gateway.web.wording import word
from tests.browser.chromium import Windows, chromium, screenshots
from tests.servers.gateway import ROOT, Gateway
from tests.servers.postfix import Postfix

CITY, TOWN = "city.example.lg.jp", "town.example.lg.jp"
HANAKO = f"hanako@{CITY}"
SENDER = "eigyo@example.com"
WIDTH = 1280
STEP = 30  #: seconds for which a code is good

MAILBOX = """\
virtual_mailbox_domains = {city}, {town}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_mailbox_limit = 0
"""
WEB = """\
secure_cookies = false
public_url = "http://127.0.0.1:{web}"

[[routes]]
domain = "{town}"
host = "127.0.0.1"
port = {next_hop}
tls = "none"
"""
#: Rows of the rules that come with Kiyome, and what a careful municipality makes of them.
CAREFUL = {
    'hold_on = ["encrypted"]': 'hold_on = ["encrypted", "active_content"]',
    'approval = "none"': 'approval = "always"',
    'tell_held = "digest"': 'tell_held = "at_once"',
}


@dataclass
class Person:
    """An account, and what its owner knows."""

    login: str
    role: Role
    one_time: str
    password: str = ""
    secret: str = ""
    kept: Any = None  #: cookies of the browser in which they are signed in
    codes_used: set[str] = field(default_factory=set)

    def code(self) -> str:
        """Of the authenticator app; the next one when this one was used already, as it would soon show."""
        now = time.time()
        fresh = [pyotp.TOTP(self.secret).at(int(now + later)) for later in (0, STEP)]
        code = next(each for each in fresh if each not in self.codes_used)
        self.codes_used.add(code)
        return code


class Town:
    """What a test does outside of the browser, and how its people get in."""

    def __init__(self, language: str, windows: Windows, gateway: Gateway, front: Postfix, inbox: Path) -> None:
        self.language = language
        self.gateway = gateway
        self.windows = windows
        self._front = front
        self._inbox = inbox
        self._people: dict[str, Person] = {}
        self._shots = screenshots(gateway.folder)

    def say(self, key: str, **values: object) -> str:
        """What stands on a page, in its language."""
        return word(key, self.language, **values)

    async def see(self, page: Any, name: str) -> None:
        """Keep what a person sees now."""
        await page.screenshot(path=self._shots / f"{name}-{self.language}.png", full_page=True)

    # Mail

    async def send(self, content: EmailMessage, recipient: str = HANAKO) -> None:
        """From the Internet, through the Postfix in front."""

        def deliver() -> None:
            with smtplib.SMTP("127.0.0.1", self._front.port) as client:
                client.sendmail(SENDER, [recipient], content.as_bytes())

        await asyncio.to_thread(deliver)

    def arrived(self) -> list[EmailMessage]:
        """Everything in the mailbox behind."""
        files = sorted(self._inbox.glob("new/*"))
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]  # type: ignore[misc]

    async def mail(self, wanted: Callable[[EmailMessage], bool], seconds: float = 240) -> EmailMessage:
        """The first that arrives of this kind."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for got in self.arrived():
                if wanted(got):
                    return got
            await asyncio.sleep(0.2)
        raise AssertionError([str(each["Subject"]) for each in self.arrived()])

    async def items(self, subject: str, state: str = "", count: int = 1, seconds: float = 240) -> list[dict[str, Any]]:
        """As the API tells of them to an administrator, once there are so many in this state."""
        page = await self.signed_in(Role.ADMINISTRATOR)
        deadline = time.monotonic() + seconds
        found: list[dict[str, Any]] = []
        while True:
            answer = await _asked(page, "/api/v1/items", subject=subject)
            found = [each for each in answer["items"] if state in {"", each["state"]}]
            if len(found) >= count or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.3)
        await page.context.close()
        assert len(found) == count, (found, self.gateway.log())
        return found

    async def held(self, content: EmailMessage, recipient: str = HANAKO) -> str:
        """Send it, and wait until it is held; its number."""
        await self.send(content, recipient)
        (item,) = await self.items(str(content["Subject"]), "held")
        return str(item["id"])

    async def state(self, item_id: str) -> str:
        """Of one item."""
        page = await self.signed_in(Role.ADMINISTRATOR)
        item = await _asked(page, f"/api/v1/items/{item_id}")
        await page.context.close()
        return str(item["state"])

    # People

    def add(self, login: str, role: Role, domains: str = "*") -> Person:
        """As an administrator does on the host."""
        words = ("--role", role.value, "--address", f"{login}@{CITY}", "--domains", domains, "--json")
        done = self.gateway.command("users", "add", login, *words)
        assert done.returncode == 0, done.stderr
        return Person(login, role, json.loads(done.stdout)["one_time_password"])

    async def signed_in(self, role: Role, login: str = "", domains: str = "*") -> Any:
        """A new window of somebody of this role; the first time they come in by the door."""
        name = login or role.value
        if name not in self._people:
            person = self.add(name, role, domains)
            page = await self.windows.open((self.language, False, WIDTH))
            await self.first_sign_in(page, person)
            person.kept = await page.context.storage_state()
            await page.context.close()
            self._people[name] = person
        return await self.windows.open((self.language, False, WIDTH), storage_state=self._people[name].kept)

    async def first_sign_in(self, page: Any, person: Person) -> None:
        """With the one-time password; afterwards with a password of one's own, and an app where the role needs one."""
        await page.goto("/sign-in")
        await self.give_password(page, person.login, person.one_time)
        person.password = f"{person.login[::-1]} correct horse battery"
        await page.get_by_label(self.say("new_password"), exact=True).fill(person.password)
        await page.get_by_label(self.say("new_password_again")).fill(person.password)
        await self.press(page, "go_on")
        if person.role in {Role.AUDITOR, Role.USER}:
            return
        person.secret = (await page.locator("code.secret").inner_text()).replace(" ", "")
        await page.get_by_label(self.say("code"), exact=True).fill(person.code())
        await self.press(page, "go_on")

    async def give_password(self, page: Any, login: str, password: str) -> None:
        """The first step of the door."""
        await page.get_by_label(self.say("login")).fill(login)
        await page.get_by_label(self.say("password"), exact=True).fill(password)
        await self.press(page, "sign_in")

    async def press(self, page: Any, key: str, **values: object) -> None:
        """A button or a link that looks like one, by what it says; waits for where it leads."""
        name = self.say(key, **values)
        button = page.get_by_role("button", name=name, exact=True)
        target = button.or_(page.get_by_role("link", name=name, exact=True))
        async with page.expect_navigation():
            await target.click()


async def _asked(page: Any, path: str, **query: str) -> Any:
    answer = await page.context.request.get(path, params=query)
    assert answer.status == 200, await answer.text()
    return await answer.json()


def link_in(letter: EmailMessage, path: str) -> str:
    """The address of a page in a letter."""
    found = re.search(rf"http://127\.0\.0\.1:\d+{path}\S+", text_of(letter))
    assert found, text_of(letter)
    return found[0]


def text_of(mail: EmailMessage) -> str:
    """What its reader reads."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def files_of(mail: EmailMessage) -> dict[str, bytes]:
    """What is attached, by name."""
    return {str(part.get_filename()): part.get_payload(decode=True) for part in mail.iter_attachments()}  # type: ignore[misc]


def letter(subject: str, text: str, *files: tuple[str, bytes], html: str = "") -> EmailMessage:
    """As a company writes it."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"営業部 <{SENDER}>", HANAKO, subject
    made["Message-ID"] = f"<{subject.encode().hex()}@example.com>"
    made["X-Mailer"] = "Mailer of the sender"
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    for name, data in files:
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made


@asynccontextmanager
async def town(language: str, folder: Path) -> AsyncIterator[Town]:
    """Everything started; what the browser complained of in the end is an error."""
    mailboxes = folder / "behind" / "mail"
    mailboxes.mkdir(parents=True)
    chown(mailboxes, 65534, 65534)
    inner = MAILBOX.format(folder=folder / "behind", city=CITY, town=TOWN)
    with Postfix(folder / "behind", inner, hostname="inner.test", processes=5) as behind:
        gateway = Gateway(folder / "kiyome", behind.port, rules=_careful_rules(folder))
        _furnish(gateway, language, behind.port)
        outer = f"relayhost = [127.0.0.1]:{gateway.port}\n"
        with gateway, Postfix(folder / "front", outer, hostname="outer.test", processes=5) as front:
            async with chromium() as browser:
                windows = Windows(browser, f"http://127.0.0.1:{gateway.web}")
                yield Town(language, windows, gateway, front, mailboxes / "inbox")


def _furnish(gateway: Gateway, language: str, next_hop: int) -> None:
    text = gateway.settings.read_text()
    domains = f'accepted_domains = ["{CITY}"'
    assert domains in text
    text = text.replace(domains, f'language = "{language}"\n{domains}, "{TOWN}"')
    gateway.settings.write_text(text + WEB.format(web=gateway.web, town=TOWN, next_hop=next_hop))


def _careful_rules(folder: Path) -> Path:
    text = (ROOT / "config" / "rules.toml").read_text()
    for row, other in CAREFUL.items():
        assert row in text
        text = text.replace(row, other, 1)
    rules = folder / "rules.toml"
    rules.write_text(text)
    return rules


__all__: Sequence[str] = (
    "CITY",
    "HANAKO",
    "TOWN",
    "Person",
    "Town",
    "files_of",
    "letter",
    "link_in",
    "text_of",
    "town",
)
