"""Accounts: who they are, what they prove themselves with. Every change is one transaction with its audit row."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, or_, select, update

from gateway.access.model import PasswordState, Person, PersonState, Source, reaches
from gateway.access.rights import Role
from gateway.store.deeds import Doing, Reading
from gateway.store.errors import LastAdministrator, LoginTaken, NoSuchPerson
from gateway.store.failures import Failures
from gateway.store.person_rows import PERSON, Proof, by_id, domains_text, person_of, proof_of
from gateway.store.rows import Values, storable, to_microseconds
from gateway.store.saved_searches import SavedSearches
from gateway.store.schema import people, recovery_codes, saved_searches, sessions, tokens
from gateway.store.sessions import Sessions
from gateway.store.tokens import Tokens
from gateway.store.writer import Transaction

_PAGE = 200


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """An account to be made. Login and address in lower case."""

    login: str
    name: str
    address: str
    role: Role
    domains: frozenset[str] | None
    source: Source = Source.LOCAL
    subject: str = ""  #: by which an identity provider knows them: issuer and "sub"


class PersonChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different; what is UNSET stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    address: str | msgspec.UnsetType = msgspec.UNSET
    role: Role | msgspec.UnsetType = msgspec.UNSET
    domains: frozenset[str] | msgspec.UnsetType | None = msgspec.UNSET
    state: PersonState | msgspec.UnsetType = msgspec.UNSET


class NewPassword(msgspec.Struct, frozen=True):
    """A hash, and what it is good for."""

    hash: str  #: argon2id in PHC form
    state: PasswordState
    ends_at: datetime | None = None


class PeopleQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts to list, by login; `within` are the domains of whoever asks (None: all)."""

    text: str = ""
    within: frozenset[str] | None = None
    after: str = ""  #: the last login of the page before
    limit: int = 50


class People:
    """The accounts of a store, and what belongs to them."""

    def __init__(self, do: Doing, read: Reading) -> None:
        self.sessions = Sessions(do, read)
        self.tokens = Tokens(do, read)
        self.searches = SavedSearches(do, read)
        self.failures = Failures(do, read)
        self._do = do
        self._read = read

    # Reading

    async def get(self, person_id: str) -> Person | None:
        """One account, or None."""
        row = await self._read(lambda connection: by_id(connection, person_id))
        return None if row is None else person_of(row)

    async def find(self, login: str) -> Person | None:
        """The account with this login, or None."""
        found = await self.proof(login)
        return None if found is None else found.person

    async def known_as(self, subject: str) -> Person | None:
        """The account of whom an identity provider knows by this, or None."""
        query = PERSON.where(people.c.subject == storable(subject), people.c.subject != "")
        row = await self._read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else person_of(row)

    async def proof(self, login: str) -> Proof | None:
        """What a sign-in with this login is held against."""
        query = PERSON.where(people.c.login == storable(login))
        row = await self._read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else proof_of(row)

    async def proof_of(self, person_id: str) -> Proof | None:
        """The same by the account's id."""
        row = await self._read(lambda connection: by_id(connection, person_id))
        return None if row is None else proof_of(row)

    async def list(self, query: PeopleQuery) -> list[Person]:
        """A page of accounts, by login."""
        found: list[Person] = []
        after = query.after
        while True:
            rows = await self._read(partial(_page, query.text, after))
            page = [person_of(row) for row in rows]
            found += [person for person in page if reaches(query.within, person.realm)]
            if len(page) < _PAGE or len(found) >= query.limit:
                return found[: query.limit]
            after = page[-1].login

    # Changing

    async def add(self, new: NewPerson, password: NewPassword | None, *, actor: str) -> Person:
        """Make an account. Raises LoginTaken."""
        return await self._do(lambda transaction: _add(transaction, new, password, actor))

    async def change(self, person_id: str, change: PersonChange, *, actor: str) -> Person:
        """Make something different; another role, scope or state ends the person's sessions.

        Raises NoSuchPerson, or LastAdministrator when nobody would be left to administer.
        """
        return await self._do(lambda transaction: _change(transaction, person_id, change, actor))

    async def remove(self, person_id: str, *, actor: str) -> None:
        """Take an account away, and what belongs to it. Raises NoSuchPerson or LastAdministrator."""
        await self._do(lambda transaction: _remove(transaction, person_id, actor))

    async def set_password(self, person_id: str, new: NewPassword, *, actor: str, keep: str = "") -> None:
        """Another password; sessions end, but for the one with the id `keep`. Raises NoSuchPerson."""

        def deed(transaction: Transaction) -> None:
            row = _existing(transaction, person_id)
            _update(transaction, person_id, _password_values(new))
            end_sessions(transaction, person_id, keep)
            transaction.audit(actor, "password_set", "", person=row.login, kind=new.state.value)

        await self._do(deed)

    async def rehash(self, person_id: str, old: str, new: str) -> None:
        """The same password under better parameters; nothing else, and nothing when it was changed meanwhile."""
        statement = update(people).where(people.c.id == person_id, people.c.password == old).values(password=new)

        def deed(transaction: Transaction) -> None:
            transaction.connection.execute(statement)

        await self._do(deed)

    async def set_totp(self, person_id: str, sealed: str, step: int, codes: Sequence[str], *, actor: str) -> None:
        """A second factor and the hashes of its recovery codes; `step` is of the code that proved it."""

        def deed(transaction: Transaction) -> None:
            row = _existing(transaction, person_id)
            _update(transaction, person_id, {"totp": sealed, "totp_step": step})
            _replace_codes(transaction, person_id, codes)
            transaction.audit(actor, "totp_set", "", person=row.login)

        await self._do(deed)

    async def reset_totp(self, person_id: str, *, actor: str) -> None:
        """Take the second factor away, for somebody who lost it; sessions end. Raises NoSuchPerson."""

        def deed(transaction: Transaction) -> None:
            row = _existing(transaction, person_id)
            _update(transaction, person_id, {"totp": ""})
            _replace_codes(transaction, person_id, ())
            end_sessions(transaction, person_id)
            transaction.audit(actor, "totp_reset", "", person=row.login)

        await self._do(deed)

    async def shut_out(self, person_id: str, *, actor: str) -> int:
        """End the sessions and the API tokens of an account that may be in other hands; how many sessions that were.

        Raises NoSuchPerson.
        """
        theirs = delete(tokens).where(tokens.c.person_id == person_id)

        def deed(transaction: Transaction) -> int:
            row, ended = _existing(transaction, person_id), end_sessions(transaction, person_id)
            gone = transaction.connection.execute(theirs).rowcount
            if ended or gone:
                transaction.audit(actor, "sessions_ended", "", person=row.login, number=ended, tokens=gone)
            return ended

        return await self._do(deed)

    async def use_step(self, person_id: str, step: int) -> bool:
        """Whether a TOTP step was not used yet, nor a later one; from now on it was (RFC 6238 section 5.2)."""
        fresh = update(people).where(people.c.id == person_id, people.c.totp_step < step).values(totp_step=step)
        return await self._do(lambda transaction: transaction.connection.execute(fresh).rowcount == 1)

    async def set_recovery_codes(self, person_id: str, codes: Sequence[str], *, actor: str) -> None:
        """New hashes instead of the old ones. Raises NoSuchPerson."""

        def deed(transaction: Transaction) -> None:
            row = _existing(transaction, person_id)
            _replace_codes(transaction, person_id, codes)
            transaction.audit(actor, "codes_made", "", person=row.login)

        await self._do(deed)

    async def use_recovery_code(self, person_id: str, code: str, *, actor: str) -> bool:
        """Whether the hash was one of the person's codes; from now on it is none."""
        used = delete(recovery_codes).where(recovery_codes.c.person_id == person_id, recovery_codes.c.hash == code)

        def deed(transaction: Transaction) -> bool:
            if transaction.connection.execute(used).rowcount != 1:
                return False
            transaction.audit(actor, "recovery_used", "")
            return True

        return await self._do(deed)

    async def note(self, action: str, *, actor: str, **detail: str | int | bool) -> None:
        """Put on record what changed nothing, such as a sign-in that was refused."""

        def deed(transaction: Transaction) -> None:
            transaction.audit(actor, action, "", **detail)

        await self._do(deed)


def _page(text: str, after: str, connection: Connection) -> Sequence[Any]:
    chosen = PERSON.where(people.c.login > after).order_by(people.c.login).limit(_PAGE)
    if text:
        columns = (people.c.login, people.c.name, people.c.address)
        chosen = chosen.where(or_(*(column.icontains(storable(text), autoescape=True) for column in columns)))
    return connection.execute(chosen).all()


def end_sessions(transaction: Transaction, person_id: str, keep: str = "") -> int:
    """End what is open for a person, but for the session with the id `keep`; how many that were."""
    ended = delete(sessions).where(sessions.c.person_id == person_id, sessions.c.id != keep)
    return transaction.connection.execute(ended).rowcount


def _existing(transaction: Transaction, person_id: str) -> Any:
    row = by_id(transaction.connection, person_id)
    if row is None:
        raise NoSuchPerson(person_id)
    return row


def _update(transaction: Transaction, person_id: str, values: Values) -> None:
    if values:
        transaction.connection.execute(update(people).where(people.c.id == person_id).values(values))


def _password_values(password: NewPassword | None) -> Values:
    if password is None:
        return {"password": "", "password_state": PasswordState.NONE.value, "password_ends_at": None}
    ends_at = None if password.ends_at is None else to_microseconds(password.ends_at)
    return {"password": password.hash, "password_state": password.state.value, "password_ends_at": ends_at}


def _replace_codes(transaction: Transaction, person_id: str, codes: Sequence[str]) -> None:
    transaction.connection.execute(delete(recovery_codes).where(recovery_codes.c.person_id == person_id))
    transaction.write(insert(recovery_codes), [{"hash": code, "person_id": person_id} for code in codes])


def _add(transaction: Transaction, new: NewPerson, password: NewPassword | None, actor: str) -> Person:
    connection = transaction.connection
    if connection.execute(select(people.c.id).where(people.c.login == new.login)).one_or_none():
        raise LoginTaken(new.login)
    person_id = secrets.token_hex(8)
    values = {
        "id": person_id,
        "login": new.login,
        "name": storable(new.name),
        "address": storable(new.address),
        "role": new.role.value,
        "domains": domains_text(new.domains),
        "state": PersonState.ACTIVE.value,
        "source": new.source.value,
        "subject": new.subject,
        "totp": "",
        "totp_step": 0,
        "created_at": transaction.now,
        **_password_values(password),
    }
    connection.execute(insert(people).values(values))
    domains = domains_text(new.domains) or "*"
    transaction.audit(actor, "person_added", "", person=new.login, role=new.role.value, domains=domains)
    return person_of(by_id(connection, person_id))


def _change(transaction: Transaction, person_id: str, change: PersonChange, actor: str) -> Person:
    before = person_of(_existing(transaction, person_id))
    wanted = {
        name: value
        for name, value in msgspec.structs.asdict(change).items()
        if value is not msgspec.UNSET and value != getattr(before, name)
    }
    if not wanted:
        return before
    after = msgspec.structs.replace(before, **wanted)
    if _administers(before) and not _administers(after):
        _refuse_the_last(transaction, person_id)
    values = {name: _column(name, value) for name, value in wanted.items()}
    _update(transaction, person_id, values)
    if wanted.keys() & {"role", "domains", "state", "address"}:
        end_sessions(transaction, person_id)
    said = {name: "*" if value is None else value for name, value in values.items()}
    transaction.audit(actor, "person_changed", "", person=before.login, **said)
    return after


def _column(name: str, value: Any) -> str | None:
    if name == "domains":
        return domains_text(value)
    return storable(str(value))


def _remove(transaction: Transaction, person_id: str, actor: str) -> None:
    person = person_of(_existing(transaction, person_id))
    if _administers(person):
        _refuse_the_last(transaction, person_id)
    for table in (sessions, tokens, saved_searches, recovery_codes):
        transaction.connection.execute(delete(table).where(table.c.person_id == person_id))
    transaction.connection.execute(delete(people).where(people.c.id == person_id))
    transaction.audit(actor, "person_removed", "", person=person.login)


def _administers(person: Person) -> bool:
    return person.role is Role.ADMINISTRATOR and person.domains is None and person.state is PersonState.ACTIVE


def _refuse_the_last(transaction: Transaction, person_id: str) -> None:
    """Locks the rows of all administrators, so that two cannot take each other's place away at the same moment."""
    chosen = select(people.c.id).where(
        people.c.role == Role.ADMINISTRATOR.value,
        people.c.domains.is_(None),
        people.c.state == PersonState.ACTIVE.value,
    )
    if set(transaction.connection.execute(chosen.with_for_update()).scalars()) <= {person_id}:
        raise LastAdministrator
