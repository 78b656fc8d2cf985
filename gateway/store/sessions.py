"""Sessions: who is signed in, or on the way to it. Only the SHA-256 of a cookie's value is kept."""

import secrets
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from gateway.access.model import Person
from gateway.store.deeds import Doing, Reading
from gateway.store.errors import NoSuchSession
from gateway.store.person_rows import by_id, moment, person_of
from gateway.store.rows import Values, storable, to_datetime, to_microseconds
from gateway.store.schema import failures, people, sessions, tokens
from gateway.store.writer import Transaction

_DAY = 86_400_000_000


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that begins: after the password, before whatever else is asked for."""

    token: str  #: SHA-256
    person_id: str
    step: str
    client: str
    agent: str
    at: datetime
    ends_at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One row, without its token."""

    id: str
    person_id: str
    step: str
    offered: str  #: a sealed TOTP secret that is being set up
    client: str
    agent: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    strong_until: datetime | None


class Found(msgspec.Struct, frozen=True):
    """A session and whose it is."""

    session: Session
    person: Person


class Sessions:
    """The sessions of a store."""

    def __init__(self, do: Doing, read: Reading) -> None:
        self._do = do
        self._read = read

    async def begin(self, new: NewSession) -> None:
        """Keep one; a person who is signed in with it is put on record by `go_on`."""
        values = {
            "token": new.token,
            "id": secrets.token_hex(8),
            "person_id": new.person_id,
            "step": new.step,
            "offered": "",
            "client": storable(new.client),
            "agent": storable(new.agent),
            "created_at": to_microseconds(new.at),
            "seen_at": to_microseconds(new.at),
            "ends_at": to_microseconds(new.ends_at),
        }

        def deed(transaction: Transaction) -> None:
            transaction.connection.execute(insert(sessions).values(values))

        await self._do(deed)

    async def go_on(self, token: str, new_token: str, step: str, ends_at: datetime) -> None:
        """Another step under another token: what was known before is worth nothing now. Raises NoSuchSession."""
        values = {"token": new_token, "step": step, "offered": "", "ends_at": to_microseconds(ends_at)}
        await self._do(lambda transaction: _change(transaction, token, values))

    async def sign_in(self, token: str, *, strong_until: datetime, actor: str) -> None:
        """Everything was proven: on record, with the client. Raises NoSuchSession."""

        def deed(transaction: Transaction) -> None:
            row = _change(transaction, token, {"strong_until": to_microseconds(strong_until)})
            when = update(people).where(people.c.id == row.person_id).values(signed_in_at=transaction.now)
            transaction.connection.execute(when)
            transaction.audit(actor, "signed_in", "", client=row.client)

        await self._do(deed)

    async def find(self, token: str) -> Found | None:
        """Whose session this is; whether it goes on, its times tell."""
        return await self._read(lambda connection: _find(connection, token))

    async def seen(self, token: str, at: datetime) -> None:
        """It was used; not on record."""
        values = {"seen_at": to_microseconds(at)}
        statement = update(sessions).where(sessions.c.token == token).values(values)

        def deed(transaction: Transaction) -> None:
            transaction.connection.execute(statement)

        await self._do(deed)

    async def offer(self, token: str, sealed: str) -> None:
        """Keep the secret that is shown for setting up. Raises NoSuchSession."""
        await self._do(lambda transaction: _change(transaction, token, {"offered": sealed}))

    async def strengthen(self, token: str, until: datetime, *, actor: str) -> None:
        """The person has just proven again who they are. Raises NoSuchSession."""

        def deed(transaction: Transaction) -> None:
            _change(transaction, token, {"strong_until": to_microseconds(until)})
            transaction.audit(actor, "strengthened", "")

        await self._do(deed)

    async def end(self, token: str, *, actor: str) -> None:
        """Sign out; nothing to do when it has ended already."""

        def deed(transaction: Transaction) -> None:
            if transaction.connection.execute(delete(sessions).where(sessions.c.token == token)).rowcount:
                transaction.audit(actor, "signed_out", "")

        await self._do(deed)

    async def end_one(self, person_id: str, session_id: str, *, actor: str) -> None:
        """End a session of this person by its id. Raises NoSuchSession."""
        one = delete(sessions).where(sessions.c.person_id == person_id, sessions.c.id == session_id)

        def deed(transaction: Transaction) -> None:
            if not transaction.connection.execute(one).rowcount:
                raise NoSuchSession
            transaction.audit(actor, "session_ended", "", session=session_id)

        await self._do(deed)

    async def end_all(self, person_id: str, *, actor: str, keep: str = "") -> int:
        """End the person's sessions, but for the one with the id `keep`; how many that were."""
        those = delete(sessions).where(sessions.c.person_id == person_id, sessions.c.id != keep)

        def deed(transaction: Transaction) -> int:
            ended = transaction.connection.execute(those).rowcount
            row = by_id(transaction.connection, person_id)
            if ended and row is not None:
                transaction.audit(actor, "sessions_ended", "", person=row.login, number=ended)
            return ended

        return await self._do(deed)

    async def list(self, person_id: str) -> list[Session]:
        """What was begun for this person, newest first; some may have ended by their times."""
        query = select(sessions).where(sessions.c.person_id == person_id).order_by(sessions.c.seen_at.desc())
        rows = await self._read(lambda connection: connection.execute(query).all())
        return [_session(row) for row in rows]

    async def tidy(self, now: datetime, idle_before: datetime) -> None:
        """Remove what has ended by itself: sessions, tokens, failed attempts of yesterday."""
        at, idle = to_microseconds(now), to_microseconds(idle_before)

        def deed(transaction: Transaction) -> None:
            run = transaction.connection.execute
            run(delete(sessions).where((sessions.c.ends_at <= at) | (sessions.c.seen_at <= idle)))
            run(delete(tokens).where(tokens.c.ends_at <= at))
            run(delete(failures).where(failures.c.last_at <= at - _DAY))

        await self._do(deed)


def _find(connection: Connection, token: str) -> Found | None:
    row = connection.execute(select(sessions).where(sessions.c.token == token)).one_or_none()
    if row is None:
        return None
    return Found(_session(row), person_of(by_id(connection, row.person_id)))


def _session(row: Any) -> Session:
    return Session(
        id=row.id,
        person_id=row.person_id,
        step=row.step,
        offered=row.offered,
        client=row.client,
        agent=row.agent,
        created_at=to_datetime(row.created_at),
        seen_at=to_datetime(row.seen_at),
        ends_at=to_datetime(row.ends_at),
        strong_until=moment(row.strong_until),
    )


def _change(transaction: Transaction, token: str, values: Values) -> Any:
    """The row as it was before."""
    row = transaction.connection.execute(select(sessions).where(sessions.c.token == token)).one_or_none()
    if row is None:
        raise NoSuchSession
    transaction.connection.execute(update(sessions).where(sessions.c.token == token).values(values))
    return row
