"""A gateway that serves a real store and does nothing else, and people who are signed in to its pages."""

from pathlib import Path
from typing import Any

import httpx
import pyotp
from argon2 import PasswordHasher

from gateway.access.callers import csrf_token, new_token, token_hash, utc_now
from gateway.access.model import PasswordState, Person
from gateway.access.passwords import Passwords
from gateway.access.rights import Role
from gateway.access.signin import STRONG, Step
from gateway.access.totp import Seal, recovery_hash
from gateway.intake.acceptance import FileAcceptance
from gateway.intake.upload import Uploads
from gateway.model import Direction, Transfer
from gateway.settings import Listener, Route, Settings, StoreSettings, WebSettings
from gateway.settings.keys import access_key_path, kept_key
from gateway.store.items import Store
from gateway.store.people import NewPassword, NewPerson
from gateway.store.sessions import NewSession
from gateway.web.app import build
from gateway.web.pages import Trial
from sanitizers.rules import Profile, Rules

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # no test is about how long it takes
ORIGIN = "http://127.0.0.1:8080"
PASSWORD = "correct horse battery staple"
RECOVERY_CODE = "0123-4567-89AB-CDEF"


class FakeGateway:
    """What the web interface needs of a gateway."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self._uploads: Uploads | None = None
        self.told: list[tuple[Transfer, str]] = []  # whom letters went to, and the link in them
        self.rules = Rules(profiles={"standard": Profile()})
        self.viewer = None
        self.try_out = None
        self.locksmith = None
        self.doing: dict[str, Any] = {
            "roles": ["intake", "web"],
            "listeners": ["in 127.0.0.1:25"],
            "children": 2,
            "processing": 0,
            "delivering": 0,
            "folders": [],
            "next_hops_down": ["mail.secret.example.jp:25"],
            "free_bytes": 2**40,
        }

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

    def hops(self) -> list[Any]:
        return []

    def wake(self) -> None:
        pass


def settings(folder: Path, **web: Any) -> Settings:
    """Of a gateway in a folder of its own, over plain HTTP."""
    return Settings(
        hostname="kiyome.example.jp",
        accepted_domains=("city.example.jp",),
        routes=(Route(domain="*", host="127.0.0.1"),),
        listeners=(
            Listener(name="in", segment="internet", direction=Direction.INBOUND, host="127.0.0.1"),  # type: ignore[arg-type]
        ),
        store=StoreSettings(url=f"sqlite:///{folder}/kiyome.db", blobs=str(folder / "blobs"), minimum_free_bytes=1),
        web=WebSettings(**{"secure_cookies": False, **web}),
    )


class Web:
    """The application on a store, and browsers in front of it."""

    def __init__(self, gateway: FakeGateway, trial: Trial | None = None) -> None:
        self.gateway = gateway
        self.store = gateway.store
        self.app = build(gateway, trial)
        self.cookie = self.app.state.guard.cookies.name
        self._seal = Seal(kept_key(access_key_path(gateway.settings)))
        self.door = self.app.state.guard._doorkeeper
        self._passwords = self.door._passwords = Passwords(CHEAP)

    def browser(self, address: str = "192.0.2.10", origin: str = ORIGIN) -> httpx.AsyncClient:
        """Somebody who is not signed in."""
        transport = httpx.ASGITransport(self.app, client=(address, 40000))
        return httpx.AsyncClient(transport=transport, base_url=origin)

    async def person(self, role: Role, login: str = "", **more: Any) -> Person:
        """An account without a password."""
        name = login or role.value
        values = {"name": name.title(), "address": f"{name}@city.example.jp", "domains": None} | more
        return await self.store.people.add(NewPerson(login=name, role=role, **values), None, actor="test")

    async def with_password(self, role: Role, login: str = "", **more: Any) -> tuple[Person, str]:
        """An account that signs in with PASSWORD; and its TOTP secret."""
        person, secret = await self.person(role, login, **more), pyotp.random_base32()
        kept = NewPassword(self._passwords.hash(PASSWORD), PasswordState.OWN)
        await self.store.people.set_password(person.id, kept, actor="test")
        codes = [recovery_hash(person.id, RECOVERY_CODE)]
        await self.store.people.set_totp(person.id, self._seal.close(secret, person.id), 0, codes, actor="test")
        return person, secret

    async def signed_in(self, person: Person, *, strong: bool = True) -> httpx.AsyncClient:
        """A browser with the person's session; its forms and scripts are our own."""
        token, now = new_token(), utc_now()
        new = NewSession(
            token=token_hash(token),
            person_id=person.id,
            step=Step.DONE.value,
            client="192.0.2.10",
            agent="test",
            at=now,
            ends_at=now + 10 * STRONG,
        )
        await self.store.people.sessions.begin(new)
        if strong:
            await self.store.people.sessions.strengthen(token_hash(token), now + STRONG, actor="test")
        browser = self.browser()
        browser.cookies.set(self.cookie, token)
        browser.headers["X-CSRF-Token"] = csrf_token(token)
        return browser
