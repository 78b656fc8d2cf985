"""People of a transfer gateway who are signed in at its listeners; to be made while it does not run."""

import asyncio
from datetime import UTC, datetime, timedelta

from gateway.access.callers import new_token, token_hash
from gateway.access.rights import Role
from gateway.settings import load_settings
from gateway.store.items import Store
from gateway.store.people import NewPerson
from gateway.store.sessions import NewSession
from gateway.web.doors import transfer_door
from tests.servers.transferring import TransferGateway

#: The gateway's name of each listener.
DOORS = ("out", "inside")


def signed_in(gateway: TransferGateway, *logins: str) -> dict[str, dict[str, str]]:
    """The cookies of each person: one for each listener."""
    return asyncio.run(_signed_in(gateway, logins))


async def _signed_in(gateway: TransferGateway, logins: tuple[str, ...]) -> dict[str, dict[str, str]]:
    settings = load_settings(gateway.settings)
    marks = {each.name: transfer_door(each).mark for each in settings.transfers.listeners if each.name in DOORS}
    store = await Store.open(settings.store)
    try:
        return {login: dict([await _session(store, login, mark) for mark in marks.values()]) for login in logins}
    finally:
        await store.close()


async def _session(store: Store, login: str, mark: str) -> tuple[str, str]:
    person = await store.people.find(login)
    if person is None:
        address = f"{login}@city.example.lg.jp"
        new = NewPerson(login=login, name=login.title(), address=address, role=Role.USER, domains=None)
        person = await store.people.add(new, None, actor="test")
    token, now = new_token(mark), datetime.now(UTC)
    session = NewSession(
        token=token_hash(token),
        person_id=person.id,
        step="done",
        client="127.0.0.1",
        agent="test",
        at=now,
        ends_at=now + timedelta(hours=8),
    )
    await store.people.sessions.begin(session)
    return f"kiyome-{mark}", token
