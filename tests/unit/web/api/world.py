"""A real store behind the whole application: people of every role, their sessions and tokens, mail of two towns."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec

from gateway.access.callers import TOKEN_PREFIX, csrf_token, new_token, token_hash
from gateway.access.rights import RIGHTS, Right, Role
from gateway.delivery.smtp import HopState, hops_of
from gateway.intake.acceptance import FileAcceptance
from gateway.intake.upload import Uploads
from gateway.model import Channel, Decision, Direction, Envelope, Item, ItemState, MailOptions, Recipient, Transfer
from gateway.settings import Listener, Route, Settings, StoreSettings, WebSettings
from gateway.store.drafts import Draft, Settlement
from gateway.store.items import Store
from gateway.store.people import NewPerson
from gateway.store.sessions import NewSession
from gateway.store.tokens import NewToken
from gateway.viewing import Tried as TriedBytes
from gateway.web.app import build
from sanitizers.model import (
    Action,
    Cleaned,
    Finding,
    MailFacts,
    Outcome,
    PartReport,
    Report,
    Severity,
    Threat,
)
from sanitizers.rules import Approval, Assignment, Kind, Profile, Rules, Verdict
from sanitizers.views import (
    CleanPart,
    Difference,
    Field,
    Headers,
    NoView,
    Page,
    Pages,
    Run,
    Side,
    Texts,
    Tree,
    TreePart,
    View,
    ViewWish,
    Why,
    Words,
)

CITY, TOWN = "city.example.jp", "town.example.jp"
NOON = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
ORIGINAL = b"Subject: original\r\n\r\noriginal\r\n"
CLEAN = b"Subject: clean\r\n\r\nclean\r\n"
NASTY = "../../<b>\u202egpj.exe"
PNG = b"\x89PNG\r\n\x1a\n picture"


class FakeViewer:
    """Answers like gateway.viewing.Viewer; what is shown is on record."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.none: NoView | None = None

    async def _seen(self, item: Item, what: str, actor: str, reason: str, view: View) -> View:
        await self._store.viewed(item.id, what=what, actor=actor, reason=reason)
        return self.none or view

    async def headers(self, item: Item, *, actor: str, reason: str = "") -> View:
        return await self._seen(item, "headers", actor, reason, Headers((Field("Subject", NASTY, "=?x?="),), ()))

    async def texts(self, item: Item, *, actor: str, reason: str = "") -> View:
        words = Words("1.1", "text/html", NASTY, "<b>")
        return await self._seen(item, "texts", actor, reason, Texts((words,), "after"))

    async def difference(self, item: Item, *, actor: str, reason: str = "") -> View:
        return await self._seen(item, "difference", actor, reason, Difference((Run(Side.REMOVED, "x"),)))

    async def tree(self, item: Item, *, actor: str, reason: str = "") -> View:
        part = TreePart("1", "", "message/rfc822", "message/rfc822", 10, drawn=True)
        return await self._seen(item, "tree", actor, reason, Tree((part,)))

    async def pages(
        self, item: Item, path: str, first: int = 1, count: int = 1, width: int = 1_000, *, actor: str, reason: str = ""
    ) -> View:
        pages = tuple(Page(number, width, 100, PNG) for number in range(first, min(first + count, 4)))
        return await self._seen(item, "pages", actor, reason, Pages(path, "application/pdf", 3, pages))

    async def clean_part(self, item: Item, path: str, *, actor: str, reason: str = "") -> View:
        if not any(part.path == path for part in (item.report.parts if item.report else ())):
            return NoView(Why.NO_SUCH_PART)
        return await self._seen(item, f"clean_part {path}", actor, reason, CleanPart(NASTY, "text/html", b"<script>"))

    async def of_tried(self, tried: TriedBytes, wish: ViewWish) -> View:
        return NoView(Why.NO_PICTURE)


class Opened(msgspec.Struct, frozen=True):
    """What the locksmith says."""

    answer: Any
    wait_seconds: int = 0
    tries_left: int = 0


class FakeLocksmith:
    """Knows one password."""

    def __init__(self, answers: Any) -> None:
        self._answers = answers

    async def open_by_link(self, token: str, code: str, passwords: Sequence[str]) -> Opened:
        if token != "link":
            return Opened(self._answers.OVER)
        if code == "slow":
            return Opened(self._answers.WAIT, 7)
        return Opened(self._answers.OPENED) if "himitsu" in passwords else Opened(self._answers.WRONG, 1, 4)

    async def open_by_administrator(self, item: Item, recipient: str, passwords: Sequence[str], actor: str) -> Opened:
        return Opened(self._answers.OPENED) if "himitsu" in passwords else Opened(self._answers.WRONG)


class FakeGateway:
    """A gateway that serves a real store and does nothing else."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self._uploads: Uploads | None = None
        self.told: list[tuple[Transfer, str]] = []  # whom letters went to, and the link in them
        self.rules = Rules(
            {"standard": Profile(), "strict": Profile(approval=Approval.ALWAYS)},  # type: ignore[arg-type]
            (Assignment("strict", (f"*@{TOWN}",)),),
        )
        self.viewer: Any = FakeViewer(store)
        self.locksmith: Any = FakeLocksmith(
            StrEnum("Answers", {name.upper(): name for name in ("opened", "partly", "held", "wrong", "wait", "over")})
        )
        self.woken = 0
        self.doing: dict[str, Any] = {
            "roles": ["web"],
            "listeners": ["in 127.0.0.1:25"],
            "children": 2,
            "processing": 0,
            "delivering": 0,
            "folders": [],
            "next_hops_down": [],
            "free_bytes": 2**40,
        }

    async def try_out(self, kind: Kind, name: str, data: bytes, profile: str) -> tuple[Cleaned, Decision]:
        part = PartReport("1", name[:50], "", "text/plain", "text", Outcome.CLEAN, len(data), 5, "0" * 64, "", (), 1.0)
        return Cleaned(b"clean", NASTY, "text/plain", Report((part,))), Decision(
            Verdict.DELIVER, "standard.deliver", "ok"
        )

    def health(self) -> dict[str, Any]:
        return self.doing

    @property
    def uploads(self) -> Uploads:
        if self._uploads is None:
            acceptance = FileAcceptance(self.store, self.rules, self.wake)
            self._uploads = Uploads(self.settings, self.store, acceptance, self.wake)
        return self._uploads

    async def tell_recipients(self, transfer: Transfer, link: str) -> None:
        self.told.append((transfer, link))

    async def checks(self) -> list[Any]:
        return []

    def hops(self) -> list[HopState]:
        return hops_of(self.settings.routes, {})

    def wake(self) -> None:
        self.woken += 1


class Listening:
    """A reader of a stream, straight at the application: each piece is taken when the test asks for it."""

    def __init__(self, world: "World", who: "Entrance", path: str, headers: dict[str, str] | None = None) -> None:
        self.status = 0
        self._world = world
        cookie = "; ".join(f"{name}={value}" for name, value in who.cookies.items())
        sent = who.headers | (headers or {}) | ({"Cookie": cookie} if cookie else {})
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": ("192.0.2.1", 1),
            "server": ("kiyome.test", 80),
        }
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(1)  # a slow reader slows the writer down
        self._begun = asyncio.Event()
        self._gone = asyncio.Event()
        self._text = b""

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._world.app(self._scope, self._receive, self._send))
        await asyncio.wait_for(self._begun.wait(), 60)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._gone.set()
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._begun.set()
        else:
            await self._pieces.put(message.get("body", b""))
            if not message.get("more_body"):
                await self._pieces.put(None)

    async def event(self) -> str:
        """The next event or comment, as it stands in the stream; "" at its end."""
        while b"\n\n" not in self._text:
            piece = await asyncio.wait_for(self._pieces.get(), 60)
            if piece is None:
                return ""
            self._text += piece
        event, _, self._text = self._text.partition(b"\n\n")
        return event.decode()


def settings_in(folder: Path) -> Settings:
    return Settings(
        hostname="kiyome.example.jp",
        accepted_domains=(CITY, TOWN),
        routes=(Route(domain=CITY, host="mail.city.example.jp"), Route(domain=TOWN, host="mail.town.example.jp")),
        listeners=(
            Listener(name="in", segment="internet", direction=Direction.INBOUND, host="127.0.0.1"),  # type: ignore[arg-type]
        ),
        store=StoreSettings(url=f"sqlite:///{folder}/kiyome.db", blobs=str(folder / "blobs"), minimum_free_bytes=1),
        web=WebSettings(secure_cookies=False),
    )


class Entrance:
    """How somebody asks: the headers that say who they are."""

    def __init__(self, headers: dict[str, str], cookies: dict[str, str]) -> None:
        self.headers = headers
        self.cookies = cookies


NOBODY = Entrance({}, {})


class World:
    """The application with its people."""

    def __init__(self, gateway: FakeGateway) -> None:
        self.gateway = gateway
        self.store = gateway.store
        self.app = build(gateway)  # type: ignore[arg-type]
        # No test is about how fast one client may ask, but the one that says so.
        self.app.state.guard._addresses.seconds_to_wait = lambda client: 0
        self.app.state.guard._people.seconds_to_wait = lambda client: 0
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=True), base_url="http://kiyome.test"
        )

    async def person(
        self, login: str, role: Role, domains: frozenset[str] | None = None, address: str = "", *, strong: bool = True
    ) -> Entrance:
        """Somebody who is signed in."""
        found = await self.store.people.find(login)
        new = NewPerson(login=login, name=login, address=address, role=role, domains=domains)
        person = found or await self.store.people.add(new, None, actor="test")
        token, now = new_token(), datetime.now(UTC)
        session = NewSession(
            token=token_hash(token),
            person_id=person.id,
            step="done",
            client="192.0.2.1",
            agent="test",
            at=now,
            ends_at=now + timedelta(hours=1),
        )
        await self.store.people.sessions.begin(session)
        until = now + timedelta(minutes=10 if strong else -10)
        await self.store.people.sessions.sign_in(token_hash(token), strong_until=until, actor=f"user:{login}")
        return Entrance({"X-CSRF-Token": csrf_token(token)}, {"kiyome": token})

    async def token(self, login: str, role: Role, rights: frozenset[Right] | None = None) -> Entrance:
        """A program of somebody's."""
        await self.person(login, role)
        person = await self.store.people.find(login)
        assert person is not None
        value, now = TOKEN_PREFIX + new_token(), datetime.now(UTC)
        new = NewToken(
            token=token_hash(value),
            person_id=person.id,
            name=f"t{value[-6:]}",
            rights=RIGHTS[role] if rights is None else rights,
            ends_at=now + timedelta(days=1),
        )
        await self.store.people.tokens.add(new, actor="test")
        return Entrance({"Authorization": f"Bearer {value}"}, {})

    async def ask(self, who: Entrance, method: str, path: str, **options: Any) -> httpx.Response:
        headers = who.headers | options.pop("headers", {})
        cookie = "; ".join(f"{name}={value}" for name, value in who.cookies.items())
        if cookie:
            headers["Cookie"] = cookie
        self._client.cookies.clear()  # who asks is said by the headers alone
        return await self._client.request(method, path, headers=headers, **options)

    async def first_status(self, who: Entrance, path: str) -> int:
        """The status of an answer that does not end by itself."""
        async with Listening(self, who, path) as listening:
            return listening.status

    async def get(self, who: Entrance, path: str, **options: Any) -> httpx.Response:
        return await self.ask(who, "GET", f"/api/v1{path}", **options)

    async def post(self, who: Entrance, path: str, body: Any = None, **options: Any) -> httpx.Response:
        if body is not None:
            options["json"] = body
        return await self.ask(who, "POST", f"/api/v1{path}", **options)

    async def close(self) -> None:
        await self._client.aclose()
        await self.app.state.desk.bench.stop()
        await self.store.close()

    # Mail

    async def item(
        self,
        recipient: str = f"hanako@{CITY}",
        *others: str,
        subject: str = "見積の件",
        sender: str = "taro@example.jp",
        verdict: Verdict = Verdict.HOLD,
        clean: bytes | None = CLEAN,
        profile: str = "standard",
    ) -> str:
        """A cleaned mail; held unless the verdict says otherwise."""
        envelope = Envelope(
            mail_from=sender,
            recipients=tuple(Recipient(address) for address in (recipient, *others)),
            client="192.0.2.7",
            helo="mail.example.jp",
            tls="",
            options=MailOptions(),
            direction=Direction.INBOUND,
            received_at=NOON,
            listener="in",
        )
        spool = self.store.blobs.spool()
        spool.write(ORIGINAL)
        (item_id,) = await self.store.accept([Draft(Channel.SMTP, profile, envelope)], spool)
        await self.store.lease_for_cleaning("test", 100, 60)
        finding = Finding(Threat.ACTIVE_CONTENT, Severity.DANGER, Action.REMOVED, "link 1", "a script")
        report = Report(
            (
                part("1", "", "message/rfc822", Outcome.REBUILT),
                part("1.1", "", "text/html", Outcome.CONVERTED, finding),
                part("1.2", "請求書.pdf", "application/pdf", Outcome.REBUILT),
            )
        )
        settlement = Settlement(
            decision=Decision(verdict, "standard.hold_on", "encrypted"),
            clean=clean,
            report=report,
            facts=MailFacts(subject=subject, header_from=f"太郎 <{sender}>"),
        )
        await self.store.settle("test", item_id, settlement)
        return item_id

    async def state(self, item_id: str) -> ItemState:
        item = await self.store.item(item_id)
        assert item is not None
        return item.state

    async def actions(self, item_id: str | None = None) -> list[tuple[str, str]]:
        """Who did what, as the record has it."""
        return [(row.actor, row.action) async for row in self.store.audit_rows(item_id)]


def part(path: str, name: str, detected: str, outcome: Outcome, *findings: Finding) -> PartReport:
    return PartReport(path, name, "", detected, "x", outcome, 10, 5, "a" * 64, "b" * 64, findings, 1.5)
