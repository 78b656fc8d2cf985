"""Takes the pictures of the manual: `python -m tools.pictures [PAGE…]` runs a gateway of its own with invented mail.

Needs Chromium in /usr/bin, Playwright, Japanese fonts and the rights that a gateway needs. Writes docs/pictures.
"""

import asyncio
import email
import email.policy
import io
import mailbox
import random
import re
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pyotp
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from gateway.access.accounts import Accounts, Description
from gateway.access.callers import new_token, token_hash
from gateway.access.links import of_originals
from gateway.access.rights import Role
from gateway.app import ROLES, Gateway
from gateway.commands.doctor_checks import of_running
from gateway.commands.trial_mailbox import start_mailbox
from gateway.intake.acceptance import Acceptance
from gateway.model import Direction, Envelope, ItemState, MailOptions, Recipient, Transfer, TransferState
from gateway.processing.trace import report_key, written_by_us
from gateway.settings import load_configuration
from gateway.store.items import Store
from gateway.store.queries import Wanted
from gateway.store.sessions import NewSession
from gateway.store.transfers import TransferQuery
from gateway.web.doors import transfer_door
from tools.demonstration import CITY, FILES, QUOTATION, SAMPLES, TOWN, Sent, mails

OUT = Path(__file__).resolve().parents[1] / "docs" / "pictures"
CHROMIUM = "/usr/bin/chromium"
HOST = "127.0.0.1"
WIDTH, HEIGHT, ENLARGED = 1024, 720, 1.25  # a picture is 1280 pixels wide
MOST_BYTES = 150_000
LOCALES = {"ja": "ja-JP", "en": "en-GB"}
#: In how many of a hundred mails.
FOUND = {
    "metadata": 22,
    "external_reference": 14,
    "active_content": 6,
    "hidden_content": 4,
    "embedded_object": 3,
    "deception": 2,
    "type_mismatch": 1,
}
SETTINGS = """\
hostname = "kiyome.example.jp"
accepted_domains = ["{city}", "{town}"]
contact = "情報政策課 内線 1234"
rules = "rules.toml"
report_key = {{ file = "report.key" }}
listeners = [
    {{ name = "internet", segment = "internet", direction = "inbound", host = "{host}", port = {smtp}, tls = "off" }},
]
routes = [
    {{ domain = "{city}", host = "{host}", port = {hop}, tls = "none" }},
    {{ domain = "{town}", host = "{host}", port = {closed}, tls = "none" }},
]
[store]
url = "sqlite:///kiyome.db"
blobs = "blobs"
minimum_free_bytes = 1
[web]
host = "{host}"
port = {web}
secure_cookies = false
public_url = "http://{host}:{web}"
[[transfers.listeners]]
name = "internet"
segment = "internet"
host = "{host}"
port = {outside}
public_url = "https://files.city.example.jp"
[[transfers.listeners]]
name = "lgwan"
segment = "lgwan"
host = "{host}"
port = {inside}
public_url = "https://files.{city}"
"""
RULES = f"""\
[profiles.standard]
removed_part = "hold"
[profiles.strict]
removed_part = "hold"
links = "defanged"
hold_on = ["encrypted", "malformed", "limit_exceeded", "deception", "active_content"]
dmarc_failure = "hold"
approval = "always"
pictures = "resampled"
svg = "picture"
html_files = "text"
[[assignments]]
profile = "strict"
recipients = ["soumu@{CITY}"]
[[assignments]]
profile = "standard"
"""
PEOPLE = {
    "hanada": ("花田 管理", Role.ADMINISTRATOR),
    "ogawa": ("小川 運用", Role.OPERATOR),
    "kacho": ("森 課長", Role.APPROVER),
    "kansa": ("木村 監査", Role.AUDITOR),
    "soumu": ("総務課", Role.USER),
    "kenko": ("健康課", Role.USER),
    "ito": ("伊藤 新任", Role.OPERATOR),
    "okada": ("岡田 新任", Role.OPERATOR),
}


def parsed(file: Any) -> Any:
    """A mail of the mailbox."""
    return email.message_from_binary_file(file, policy=email.policy.default)


class Demonstration(NamedTuple):
    """What runs, and what a picture needs of it."""

    gateway: Gateway
    browser: Browser
    addresses: dict[str, str]  #: by the name of the listener; "" is that of [web]
    items: dict[str, str]  #: number by subject
    sessions: dict[str, dict[str, str]]  #: cookies of each person, for every listener
    mailbox: Path

    @property
    def address(self) -> str:
        """Where the quarantine is."""
        return self.addresses[""]

    async def window(self, who: str, language: str, height: int = HEIGHT) -> Page:
        """A new one, signed in as somebody; "" is a stranger."""
        size = {"width": WIDTH, "height": height}
        context = await self.browser.new_context(
            viewport=size, device_scale_factor=ENLARGED, locale=LOCALES[language], color_scheme="light"
        )  # type: ignore[arg-type]
        cookies = {"kiyome_language": language} | (self.sessions[who] if who else {})
        await context.add_cookies(
            [{"name": name, "value": value, "url": self.address} for name, value in cookies.items()]
        )  # type: ignore[misc]
        return await context.new_page()

    def item(self, words: str) -> str:
        """The address of the item with these words in its subject."""
        return "/items/" + next(number for subject, number in self.items.items() if words in subject)

    def unlock_link(self) -> str:
        """From the letter to the recipient."""
        letters = mailbox.Maildir(self.mailbox / ".Unopened", factory=parsed)  # no mail that was sanitised
        for mail in letters:
            body = mail.get_body()
            found = re.search(r"/unlock/[\w-]+", body.get_content()) if body else None
            if found:
                return found[0]
        raise LookupError("no letter asks for a password")


Take = Callable[[Demonstration, Page], Awaitable[None]]


def opens(path: str) -> Take:
    """The page as it opens."""

    async def take(demo: Demonstration, page: Page) -> None:
        await page.goto(demo.address + path)

    return take


def opens_item(words: str, rest: str = "") -> Take:
    """A page of one item."""

    async def take(demo: Demonstration, page: Page) -> None:
        await page.goto(demo.address + demo.item(words) + rest)

    return take


async def searching(demo: Demonstration, page: Page) -> None:
    """The search form, opened."""
    await page.goto(f"{demo.address}/items?state=held&since={datetime.now(UTC):%Y}-01-01")
    await page.click("details:has(.grid) summary")


async def second_factor(demo: Demonstration, page: Page) -> None:
    """Setting it up."""
    await page.goto(f"{demo.address}/account/second-factor")


async def recovery_codes(demo: Demonstration, page: Page) -> None:
    """What follows."""
    await second_factor(demo, page)
    secret = (await page.inner_text("code.secret")).replace(" ", "")
    await page.fill("#code", pyotp.TOTP(secret).now())
    await page.click("main form:first-of-type button")


async def drawn(demo: Demonstration, page: Page) -> None:
    """Pages of an attachment as pictures."""
    await page.goto(demo.address + demo.item("番号発券機"))
    await page.click("a[href$='/1.2/pages']")
    await page.evaluate("Promise.all([...document.images].map(each => each.decode()))")


async def bulk(demo: Demonstration, page: Page) -> None:
    """Two are chosen, and confirmed."""
    await page.goto(f"{demo.address}/items?state=held")
    for box in (await page.locator("input[name=item]").all())[:2]:
        await box.check()
    await page.select_option("#bulk-action", "discard")
    await page.click("fieldset.bulk button")


async def chosen(demo: Demonstration, page: Page) -> None:
    """Two are chosen in the list."""
    await page.goto(f"{demo.address}/items?state=held")
    for box in (await page.locator("input[name=item]").all())[:2]:
        await box.check()
    await page.select_option("#bulk-action", "discard")


async def unlocking(demo: Demonstration, page: Page) -> None:
    """The page of a recipient."""
    await page.goto(demo.address + demo.unlock_link())


async def asking(demo: Demonstration, page: Page) -> None:
    """The other page of a recipient."""
    ends = datetime.now(UTC) + timedelta(days=7)
    number = demo.item("図面").rpartition("/")[2]
    token = of_originals(demo.gateway.settings).make(number, f"kikaku@{CITY}", ends)
    await page.goto(f"{demo.address}/original/{token}")


async def trying(demo: Demonstration, page: Page) -> None:
    """What became of a file."""
    await page.goto(f"{demo.address}/try")
    file = {"name": "請求書_11月分.xlsm", "mimeType": "", "buffer": (SAMPLES / "ooxml/excel-vba.xlsm").read_bytes()}
    await page.set_input_files("#file", file)  # type: ignore[arg-type]
    async with page.expect_navigation():
        await page.click(".try button")


async def beginning(demo: Demonstration, page: Page) -> None:
    """Who is to get files."""
    await page.goto(f"{demo.addresses['internet']}/transfers/new")
    await page.fill("#recipients", f"kenko@{CITY}")
    await page.uncheck("input[name=oneself]")
    await page.fill("#title", "就学時健診の資料")


async def handed_in(demo: Demonstration, page: Page) -> None:
    """Files, and what became of them, for whoever sends them."""
    transfer = await the_transfer(demo)
    await page.goto(f"{demo.addresses['internet']}/transfers/{transfer.id}")


async def fetching(demo: Demonstration, page: Page) -> None:
    """The same for whom they are sent to, on the other side."""
    transfer = await the_transfer(demo)
    if transfer.state is TransferState.OPEN:
        await demo.gateway.store.transfers.submit(transfer.id, actor="user:soumu")
    await page.goto(f"{demo.addresses['lgwan']}/transfers/{transfer.id}")


async def the_transfer(demo: Demonstration) -> Transfer:
    """The only one; it is made when it is first asked for."""
    found = (await demo.gateway.store.transfers.search(TransferQuery())).transfers
    if not found:
        page = await demo.window("soumu", "ja")
        await beginning(demo, page)
        await page.click("main form button")
        await page.set_input_files("#files", FILES)  # type: ignore[arg-type]
        over = "tbody tr:is([data-state=ready], [data-state=held], [data-state=locked])"
        await page.locator(over).nth(len(FILES) - 1).wait_for(timeout=60_000)
        await page.context.close()
        found = (await demo.gateway.store.transfers.search(TransferQuery())).transfers
    return found[0]


async def verified(demo: Demonstration, page: Page) -> None:
    """The record, found whole."""
    await page.goto(f"{demo.address}/audit")
    async with page.expect_navigation():
        await page.click("form[action='/audit/verify'] button")
    await page.wait_for_selector(".said")


async def person(demo: Demonstration, page: Page) -> None:
    """One account."""
    await page.goto(f"{demo.address}/people")
    await page.click("tbody a:has-text('ogawa')")


#: Where HEIGHT cuts something off, or leaves half of the picture empty.
HEIGHTS = {
    "overview": 980,
    "item": 1_040,
    "rules": 900,
    "person": 900,
    "account": 900,
    "drawn": 860,
    "sign-in": 400,
    "second-factor": 680,
    "recovery-codes": 560,
    "release": 480,
    "approvals": 380,
    "bulk": 460,
    "unlock": 600,
    "original": 540,
    "transfer-new": 620,
    "transfer-files": 1_235,
    "transfer-fetch": 940,
    "try": 500,
    "proof": 260,
}
#: By the name of the file: who looks (one for each language where it can be done once only), and at what.
PICTURES: dict[str, tuple[str, Take]] = {
    "sign-in": ("", opens("/sign-in")),
    "second-factor": ("ito", second_factor),
    "recovery-codes": ("ito okada", recovery_codes),
    "overview": ("hanada", opens("/")),
    "items": ("ogawa", opens("/items")),
    "search": ("ogawa", searching),
    "item": ("ogawa", opens_item("番号発券機")),
    "compare": ("ogawa", opens_item("庁内システム", "/content")),
    "drawn": ("ogawa", drawn),
    "release": ("ogawa", opens_item("市道12号線", "/release")),
    "approvals": ("kacho", opens("/approvals")),
    "chosen": ("ogawa", chosen),
    "bulk": ("ogawa", bulk),
    "unlock": ("", unlocking),
    "original": ("", asking),
    "transfer-new": ("soumu", beginning),
    "transfer-files": ("soumu", handed_in),
    "transfer-fetch": ("kenko", fetching),
    "try": ("ogawa", trying),
    "rules": ("kansa", opens("/rules")),
    "audit": ("kansa", opens("/audit")),
    "proof": ("kansa", verified),
    "people": ("hanada", opens("/people")),
    "person": ("hanada", person),
    "account": ("hanada", opens("/account")),
    "system": ("hanada", opens("/system")),
}


async def main(wanted: list[str]) -> None:
    """Takes them all, or those that are named."""
    OUT.mkdir(exist_ok=True)
    async with demonstration() as demo:
        for name, (who, take) in PICTURES.items():
            for at, language in enumerate(("ja", "en") if not wanted or name in wanted else ()):
                page = await demo.window(who.split()[at] if " " in who else who, language, HEIGHTS.get(name, HEIGHT))
                await take(demo, page)
                await page.wait_for_load_state("networkidle")
                (OUT / f"{name}.{language}.png").write_bytes(small(await page.screenshot()))
                await page.context.close()


def small(png: bytes) -> bytes:
    """With as many colours as MOST_BYTES allow."""
    with Image.open(io.BytesIO(png)) as opened:
        whole = opened.convert("RGB")
    for colours in (256, 128, 64, 32, 16):
        written = io.BytesIO()
        whole.quantize(colours, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
        if written.tell() <= MOST_BYTES:
            break
    return written.getvalue()


@asynccontextmanager
async def demonstration() -> AsyncIterator[Demonstration]:
    """Everything, in a folder that is gone afterwards."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        with tempfile.TemporaryDirectory(prefix="kiyome-", ignore_cleanup_errors=True) as temporary:
            folder = Path(temporary)
            configuration = configured(folder)
            settings = configuration.settings
            await invent_history(settings)
            key = report_key(settings)
            hop = await start_mailbox(
                folder / "mailbox", HOST, settings.routes[0].port, lambda it: written_by_us(it, key)
            )
            gateway = Gateway(settings, configuration.rules, checks=of_running, roles=ROLES)
            await gateway.start()
            addresses = {"": settings.web.public_url} | {
                each.name: f"http://{HOST}:{each.port}" for each in settings.transfers.listeners
            }
            items = await send_all(gateway, await quotation(browser))
            marks = ["", *(transfer_door(each).mark for each in settings.transfers.listeners)]
            sessions = {login: await signed_in(gateway.store, login, marks) for login in PEOPLE}
            demo = Demonstration(gateway, browser, addresses, items, sessions, folder / "mailbox")
            await ask_for_release(demo)
            yield demo
            await gateway.stop()
            hop.close()
        await browser.close()


def configured(folder: Path) -> Any:
    """Settings and rules of the demonstration."""
    names = ("smtp", "hop", "closed", "web", "outside", "inside")
    ports = dict(zip(names, random.sample(range(20_000, 30_000), len(names)), strict=True))
    text = SETTINGS.format(city=CITY, town=TOWN, host=HOST, **ports)
    folder.chmod(0o755)  # the children are somebody else
    (folder / "gateway.toml").write_text(text)
    (folder / "rules.toml").write_text(RULES)
    (folder / "report.key").write_text("0" * 64)
    (folder / "report.key").chmod(0o600)
    return load_configuration(folder / "gateway.toml")


async def invent_history(settings: Any) -> None:
    """A week of figures for the overview: office hours are busy."""
    await (await Store.open(settings.store)).close()
    this_hour = int(datetime.now(UTC).timestamp()) // 3600
    draw = random.Random(7)  # noqa: S311 - the same week each time
    rows = []
    for hour in range(this_hour - 24 * 9, this_hour):
        moment = datetime.fromtimestamp(hour * 3600, UTC) + timedelta(hours=9)
        busy = 1.0 if 8 <= moment.hour < 18 else 0.15
        inside, outside = int(draw.randint(60, 140) * busy), int(draw.randint(20, 60) * busy)
        held = draw.choice((0, 0, 1, 1, 2, 3)) if busy == 1 else 0
        measures = {"mails.in": inside, "mails.out": outside, "items.held": held, "items.delivered": inside - held}
        measures |= {"files.in": inside // 9, "files.out": outside // 8}
        measures |= {f"findings.{threat}": inside * share // 100 for threat, share in FOUND.items()}
        rows += [("", hour, measure, value) for measure, value in measures.items() if value]
    with sqlite3.connect(settings.store.url.removeprefix("sqlite:///")) as database:
        database.executemany("INSERT INTO hours (domain, hour, measure, value) VALUES (?, ?, ?, ?)", rows)
    database.close()


async def quotation(browser: Browser) -> bytes:
    """The PDF that several mails carry."""
    page = await browser.new_page()
    await page.set_content(QUOTATION)
    return await page.pdf(format="A4")


async def send_all(gateway: Gateway, pdf: bytes) -> dict[str, str]:
    """Lets every mail in, and waits until it was sanitised: number by subject."""
    accept, now, items = Acceptance(gateway.store, gateway.rules, gateway.wake), datetime.now(UTC), {}
    for mail in mails(pdf):
        at = now - mail.ago
        spool = gateway.store.blobs.spool()
        spool.write(mail.message(at))
        ids = await accept(envelope(mail, at), spool)
        items[mail.subject] = ids[0]
        for each in ids:
            await sanitised(gateway.store, each)
    await asyncio.sleep(5)  # the letters go out, and the next hop that is closed is tried
    return items


async def sanitised(store: Store, number: str) -> None:
    """Waits for it."""
    for _ in range(600):
        found = await store.item(number)
        if found is not None and found.state is not ItemState.RECEIVED:
            return
        await asyncio.sleep(0.2)
    raise TimeoutError(number)


def envelope(mail: Sent, at: datetime) -> Envelope:
    """As the session would have said it."""
    return Envelope(
        mail_from=mail.sender,
        recipients=tuple(Recipient(address) for address in mail.recipients),
        client="192.0.2.25",
        helo=f"mail.{mail.sender.partition('@')[2]}",
        tls="TLSv1.3 TLS_AES_256_GCM_SHA384",
        options=MailOptions(),
        direction=Direction.INBOUND,
        received_at=at,
        listener="internet",
    )


async def signed_in(store: Store, login: str, marks: list[str]) -> dict[str, str]:
    """An account, and the cookies of its sessions: one for each listener, by its mark."""
    name, role = PEOPLE[login]
    address = f"{login}@{CITY}"
    made = await Accounts(store.people).add(
        Description(login=login, name=name, address=address, role=role), None, actor="demonstration"
    )
    tokens = {mark: new_token(mark) for mark in marks}
    for token in tokens.values():
        await begin_session(store, made.person.id, login, token)
    return {f"kiyome-{mark}" if mark else "kiyome": token for mark, token in tokens.items()}


async def begin_session(store: Store, person_id: str, login: str, token: str) -> None:
    """As if they had just given password and code."""
    now = datetime.now(UTC)
    session = NewSession(
        token=token_hash(token), person_id=person_id, step="done", client="192.0.2.80",
        agent="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0", at=now, ends_at=now + timedelta(hours=8),
    )  # fmt: skip
    await store.people.sessions.begin(session)
    until = now + timedelta(hours=1)
    await store.people.sessions.sign_in(token_hash(token), strong_until=until, actor=f"user:{login}")


async def ask_for_release(demo: Demonstration) -> None:
    """What the second person decides about."""
    page = await demo.window("ogawa", "ja")
    await page.goto(demo.address + demo.item("番号発券機") + "/release")
    await page.fill("#reason", "差出人に電話で確認した")
    await page.click("main form button")
    await page.context.close()
    number = demo.item("お荷物").rpartition("/")[2]
    reason, actor = "送り状の番号を確かめたい", f"recipient:soumu@{CITY}"
    await demo.gateway.store.approvals.ask(number, Wanted.ORIGINAL, reason=reason, actor=actor)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
