"""Between rows of accounts and the frozen data that others see of them."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from gateway.access.model import PasswordState, Person, PersonState, Source
from gateway.access.rights import Role
from gateway.store.rows import json_text, to_datetime
from gateway.store.schema import people, recovery_codes

_CODES_LEFT = (
    select(func.count())
    .select_from(recovery_codes)
    .where(recovery_codes.c.person_id == people.c.id)
    .scalar_subquery()
    .label("codes_left")
)
#: A person as `person_of` needs the row.
PERSON = select(people, _CODES_LEFT)


class Proof(msgspec.Struct, frozen=True):
    """What a sign-in is held against; stays inside the gateway."""

    person: Person
    password: str  #: argon2id in PHC form; "" when nobody can sign in with one
    password_ends_at: datetime | None
    totp: str  #: sealed; "" when not set up


def person_of(row: Any) -> Person:
    """The account in a row of PERSON."""
    return Person(
        id=row.id,
        login=row.login,
        name=row.name,
        address=row.address,
        role=Role(row.role),
        domains=None if row.domains is None else frozenset(msgspec.json.decode(row.domains, type=list[str])),
        state=PersonState(row.state),
        source=Source(row.source),
        password=PasswordState(row.password_state),
        totp_set=bool(row.totp),
        recovery_codes=row.codes_left,
        created_at=to_datetime(row.created_at),
        signed_in_at=moment(row.signed_in_at),
    )


def proof_of(row: Any) -> Proof:
    """What the person of a row of PERSON can prove themselves with."""
    return Proof(person_of(row), row.password, moment(row.password_ends_at), row.totp)


def moment(microseconds: int | None) -> datetime | None:
    """A time that may be none."""
    return None if microseconds is None else to_datetime(microseconds)


def domains_text(domains: frozenset[str] | None) -> str | None:
    """As the column has it."""
    return None if domains is None else json_text(sorted(domains))


def by_id(connection: Connection, person_id: str) -> Any:
    """The row, or None."""
    return connection.execute(PERSON.where(people.c.id == person_id)).one_or_none()
