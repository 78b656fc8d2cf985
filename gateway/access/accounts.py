"""Administering people: what may be typed, who may change whom, and one-time passwords."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import msgspec

from gateway.access.callers import Unfit
from gateway.access.model import PasswordState, Person, PersonState, Source, may_administer, reaches
from gateway.access.passwords import NoPassword, Passwords, one_time_password
from gateway.access.rights import Role
from gateway.settings.checks import is_hostname
from gateway.store.errors import NoSuchPerson
from gateway.store.people import NewPassword, NewPerson, People, PersonChange

ONE_TIME_DAYS = 3
LONGEST_NAME = 100
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_LOCAL_PART = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}")


class OutOfReach(Exception):
    """The account belongs, or would belong, to domains that are not the administrator's."""


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """An account as somebody types it."""

    login: str
    name: str = ""
    address: str = ""
    role: Role
    domains: frozenset[str] | None = None


class Made(msgspec.Struct, frozen=True):
    """An account and the one-time password to hand over; it is kept nowhere."""

    person: Person
    password: str


class Accounts:
    """Makes and changes accounts. `by` is the administrator; None is whoever has the host itself."""

    def __init__(self, people: People, passwords: Passwords | None = None) -> None:
        self._people = people
        self._passwords = passwords or Passwords()

    async def get(self, person_id: str, by: Person | None) -> Person:
        """An account within reach. Raises NoSuchPerson, also for one that is not within reach."""
        person = await self._people.get(person_id)
        if person is None or (by is not None and not may_administer(by, person)):
            raise NoSuchPerson(person_id)
        return person

    async def add(self, wanted: Description, by: Person | None, *, actor: str) -> Made:
        """An account with a one-time password. Raises Unfit, OutOfReach or LoginTaken."""
        new = NewPerson(
            login=login_of(wanted.login),
            name=name_of(wanted.name),
            address=_address(wanted.address, wanted.role),
            role=wanted.role,
            domains=_domains(wanted.domains),
        )
        realm = _realm(new.role, new.address, new.domains)
        if by is not None and not (reaches(by.domains, realm) and reaches(by.domains, new.domains or realm)):
            raise OutOfReach
        password, kept = await self._one_time()
        return Made(await self._people.add(new, kept, actor=actor), password)

    async def change(self, person_id: str, change: PersonChange, by: Person | None, *, actor: str) -> Person:
        """Raises NoSuchPerson, Unfit, OutOfReach or LastAdministrator."""
        before = await self.get(person_id, by)
        role = before.role if change.role is msgspec.UNSET else change.role
        fields = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not msgspec.UNSET}
        if "name" in fields:
            fields["name"] = name_of(fields["name"])
        if "address" in fields or "role" in fields:
            fields["address"] = _address(fields.get("address", before.address), role)
        if "domains" in fields:
            fields["domains"] = _domains(fields["domains"])
        after = msgspec.structs.replace(before, **fields)
        if by is not None and not may_administer(by, after):
            raise OutOfReach
        return await self._people.change(person_id, PersonChange(**fields), actor=actor)

    async def reset_password(self, person_id: str, by: Person | None, *, actor: str) -> Made:
        """A new one-time password; all sessions end. Raises NoSuchPerson or NoPassword."""
        person = await self.get(person_id, by)
        if person.source is Source.OIDC:
            raise NoPassword
        password, kept = await self._one_time()
        await self._people.set_password(person.id, kept, actor=actor)
        return Made(person, password)

    async def reset_totp(self, person_id: str, by: Person | None, *, actor: str) -> None:
        """The next sign-in sets the second factor up anew; all sessions end. Raises NoSuchPerson."""
        person = await self.get(person_id, by)
        await self._people.reset_totp(person.id, actor=actor)

    async def remove(self, person_id: str, by: Person | None, *, actor: str) -> None:
        """Raises NoSuchPerson or LastAdministrator."""
        person = await self.get(person_id, by)
        await self._people.remove(person.id, actor=actor)

    async def first_administrator(self, login: str, *, actor: str) -> Made:
        """The administrator of a trial run: made, or given another one-time password as long as it has no own one."""
        person = await self._people.find(login)
        if person is None:
            return await self.add(Description(login=login, role=Role.ADMINISTRATOR), None, actor=actor)
        if person.password is PasswordState.OWN or person.state is not PersonState.ACTIVE:
            return Made(person, "")
        return await self.reset_password(person.id, None, actor=actor)

    async def _one_time(self) -> tuple[str, NewPassword]:
        password = one_time_password()
        hashed = await asyncio.to_thread(self._passwords.hash, password)
        ends_at = datetime.now(UTC) + timedelta(days=ONE_TIME_DAYS)
        return password, NewPassword(hashed, PasswordState.ONE_TIME, ends_at)


def login_of(text: str) -> str:
    """A login as it is kept. Raises Unfit."""
    login = text.strip().casefold()
    if not _LOGIN.fullmatch(login):
        raise Unfit("login", "login_unfit")
    return login


def name_of(text: str) -> str:
    """A name as it is kept. Raises Unfit."""
    name = text.strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Unfit("name", "name_unfit")
    return name


def _address(text: str, role: Role) -> str:
    address = text.strip().lower()
    if not address and role is not Role.USER:
        return ""
    local_part, _, domain = address.rpartition("@")
    if not _LOCAL_PART.fullmatch(local_part) or not address.isprintable() or not is_hostname(domain):
        raise Unfit("address", "address_unfit")
    return address


def _domains(domains: frozenset[str] | None) -> frozenset[str] | None:
    if domains is None:
        return None
    named = frozenset(domain.strip().lower() for domain in domains)
    if not named or not all(map(is_hostname, named)):
        raise Unfit("domains", "domains_unfit")
    return named


def _realm(role: Role, address: str, domains: frozenset[str] | None) -> frozenset[str] | None:
    return frozenset({address.rpartition("@")[2]}) if role is Role.USER and address else domains
