"""Two doors, one on each side, in front of a real store and real uploads; whoever cleans is played by the test."""

import asyncio
import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from gateway.access.callers import csrf_token, new_token, token_hash
from gateway.access.rights import Right, Role
from gateway.access.signin import STRONG
from gateway.model import Decision, Segment
from gateway.settings import Settings, TransferListener, TransferSettings
from gateway.store.drafts import Settlement
from gateway.store.items import Store
from gateway.store.sessions import NewSession
from gateway.web.doors import AtDoor, Door, admin_door, transfer_door
from sanitizers.model import Action, Finding, Outcome, PartReport, Report, Severity, Threat
from sanitizers.rules import Verdict
from tests.unit.web.api.world import CITY, NOON, Entrance, FakeGateway, World, settings_in

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}
INTERNET = TransferListener(
    name="internet", segment=Segment.INTERNET, host="127.0.0.1", port=0, public_url="https://out.example"
)
LGWAN = TransferListener(name="lgwan", segment=Segment.LGWAN, host="127.0.0.1", port=0, public_url="https://in.example")
SYSTEMS = TransferListener(name="systems", segment=Segment.LGWAN, host="127.0.0.1", port=0, same_side=True)


def settings_with_doors(folder: Path, **transfers: Any) -> Settings:
    given = {"listeners": (INTERNET, LGWAN, SYSTEMS), "webhook_hosts": ("hooks.example",), **transfers}
    return msgspec.structs.replace(settings_in(folder), transfers=TransferSettings(**given))


class House:
    """The application at its doors."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.world = World(FakeGateway(settings, store))
        self.store = store
        self.settings = settings
        self.doors: dict[str, Door] = {"": admin_door(settings)}
        self.doors |= {each.name: transfer_door(each) for each in settings.transfers.listeners}
        self._clients = {
            name: httpx.AsyncClient(
                transport=httpx.ASGITransport(AtDoor(self.world.app, door), raise_app_exceptions=True),
                base_url="http://kiyome.test",
            )
            for name, door in self.doors.items()
        }

    async def at(self, door: str, login: str, role: Role = Role.USER, **more: Any) -> Entrance:
        """Somebody who signed in at a door."""
        found = await self.store.people.find(login)
        if found is None:
            await self.world.person(login, role, address=more.get("address", f"{login}@{CITY}"))
            found = await self.store.people.find(login)
        assert found is not None
        mark = self.doors[door].mark
        token, cookie = new_token(mark), self.world.app.state.guard.cookies.at(mark)
        now = datetime.now(UTC)
        session = NewSession(
            token=token_hash(token),
            person_id=found.id,
            step="done",
            client="192.0.2.1",
            agent="test",
            at=now,
            ends_at=now + 6 * STRONG,
        )
        await self.store.people.sessions.begin(session)
        return Entrance({"X-CSRF-Token": csrf_token(token)}, {cookie: token})

    async def token(self, login: str, role: Role = Role.OPERATOR) -> Entrance:
        """A system of somebody's."""
        if await self.store.people.find(login) is None:
            await self.world.person(login, role, address=f"{login}@{CITY}")
        return await self.world.token(login, role, frozenset({Right.TRANSFER}))

    async def ask(self, door: str, who: Entrance, method: str, path: str, **options: Any) -> httpx.Response:
        client = self._clients[door]
        headers = who.headers | options.pop("headers", {})
        cookie = "; ".join(f"{name}={value}" for name, value in who.cookies.items())
        if cookie:
            headers["Cookie"] = cookie
        client.cookies.clear()
        return await client.request(method, f"/api/v1{path}", headers=headers, **options)

    async def begin(self, door: str, who: Entrance, **wish: Any) -> str:
        answer = await self.ask(door, who, "POST", "/transfers", json=wish)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def announce(
        self, door: str, who: Entrance, transfer: str, name: str, length: int, path: str = "", **headers: str
    ) -> httpx.Response:
        said = {"filename": name, "path": path}
        pairs = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
        sent = TUS | {"Upload-Length": str(length), "Upload-Metadata": pairs} | headers
        return await self.ask(door, who, "POST", f"/transfers/{transfer}/uploads", headers=sent)

    async def piece(self, door: str, who: Entrance, upload: str, offset: int, data: Any, **headers: str) -> Any:
        sent = PIECE | {"Upload-Offset": str(offset)} | headers
        return await self.ask(door, who, "PATCH", f"/uploads/{upload}", headers=sent, content=data)

    async def hand_in(
        self, door: str, who: Entrance, transfer: str, name: str = "a.txt", data: bytes = b"data", path: str = ""
    ) -> str:
        """The item."""
        announced = await self.announce(door, who, transfer, name, len(data), path)
        assert announced.status_code == 201, announced.text
        upload = announced.headers["Location"].rpartition("/")[2]
        assert (await self.piece(door, who, upload, 0, data)).status_code == 204
        found = await self.store.uploads.get(upload)
        assert found is not None
        assert found.item
        return found.item

    async def clean(
        self, clean: bytes = b"clean", name: str = "a.txt", verdict: Verdict = Verdict.DELIVER, rule: str = "deliver"
    ) -> list[str]:
        """Everything that waits comes out like this."""
        items = await self.store.lease_for_cleaning("test", 100, 60)
        finding = Finding(Threat.ACTIVE_CONTENT, Severity.DANGER, Action.REMOVED, "macro", "a macro")
        for item in items:
            part = PartReport(
                "1",
                "a.txt",
                "",
                "text/plain",
                "text",
                Outcome.REBUILT,
                4,
                len(clean),
                "a" * 64,
                "b" * 64,
                (finding,),
                1.0,
            )
            settlement = Settlement(
                decision=Decision(verdict, f"standard.{rule}", "as the test wants"),
                clean=clean,
                report=Report((part,)),
                facts=None,
                name=name,
                type="text/plain",
            )
            await self.store.settle("test", item.id, settlement)
        return [item.id for item in items]

    async def as_soon_as_it_comes(self, **how: Any) -> list[str]:
        """The same, of the next that is handed in."""
        while True:
            items = await self.clean(**how)
            if items:
                return items
            await asyncio.sleep(0.05)

    def client(self, door: str) -> httpx.AsyncClient:
        """A stranger's."""
        return self._clients[door]

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()
        await self.world.close()


__all__ = ["CITY", "NOON", "PIECE", "TUS", "House", "settings_with_doors"]
