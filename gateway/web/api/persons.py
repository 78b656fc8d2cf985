"""People, their sessions, API tokens and saved searches as the API takes and tells them."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.access.model import Person, PersonState
from gateway.access.rights import Right, Role
from gateway.store.saved_searches import SavedSearch
from gateway.store.sessions import Session
from gateway.store.tokens import Token

Text = Annotated[str, Meta(max_length=500)]


class PersonOut(msgspec.Struct, frozen=True, kw_only=True):
    """An account."""

    id: str
    login: str
    name: str
    address: str
    role: Role
    domains: Annotated[list[str] | None, Meta(description="null: every domain")]
    state: PersonState
    source: str
    password: str
    totp_set: bool
    recovery_codes: int
    created_at: datetime
    signed_in_at: datetime | None


class PeopleOut(msgspec.Struct, frozen=True):
    """A page of accounts."""

    items: list[PersonOut]
    next: Annotated[str | None, Meta(description="give it as `after` for the next page")]


class PersonIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An account to be made."""

    login: Text
    name: Text = ""
    address: Text = ""
    role: Role
    domains: list[Text] | None = None


class PersonPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be different; what is left out stays."""

    name: Text | UnsetType = UNSET
    address: Text | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    domains: list[Text] | UnsetType | None = UNSET
    state: PersonState | UnsetType = UNSET


class MadeOut(msgspec.Struct, frozen=True):
    """An account and its one-time password, which is shown this once."""

    person: PersonOut
    one_time_password: str


class MeOut(msgspec.Struct, frozen=True):
    """Who asks, and what they may do."""

    person: PersonOut
    rights: list[Right]
    actor: str


class ProofIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who one is, once more."""

    password: Text
    code: Text = ""


class PasswordIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another password."""

    old: Text
    new: Text


class SessionOut(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in."""

    id: str
    this: bool
    client: str
    agent: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime


class TokenIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token to be made."""

    name: Text
    rights: list[Right]
    days: Annotated[int, Meta(ge=1, le=366)] = 90


class TokenOut(msgspec.Struct, frozen=True, kw_only=True):
    """An API token, without its value."""

    id: str
    name: str
    rights: list[Right]
    created_at: datetime
    ends_at: datetime
    used_at: datetime | None


class MadeTokenOut(msgspec.Struct, frozen=True):
    """A new API token; its value is shown this once."""

    token: TokenOut
    value: str


class SearchIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A search to be kept."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    query: Annotated[str, Meta(max_length=2_000)]


class SearchOut(msgspec.Struct, frozen=True, kw_only=True):
    """A search that is kept."""

    id: str
    name: str
    query: str
    created_at: datetime


class EndedOut(msgspec.Struct, frozen=True):
    """How many sessions were ended."""

    ended: int


def person_out(person: Person) -> PersonOut:
    """As the API says it."""
    return PersonOut(
        id=person.id,
        login=person.login,
        name=person.name,
        address=person.address,
        role=person.role,
        domains=None if person.domains is None else sorted(person.domains),
        state=person.state,
        source=person.source.value,
        password=person.password.value,
        totp_set=person.totp_set,
        recovery_codes=person.recovery_codes,
        created_at=person.created_at,
        signed_in_at=person.signed_in_at,
    )


def session_out(session: Session, this: str) -> SessionOut:
    """As the API says it; `this` is the caller's own."""
    return SessionOut(
        id=session.id,
        this=session.id == this,
        client=session.client,
        agent=session.agent,
        created_at=session.created_at,
        seen_at=session.seen_at,
        ends_at=session.ends_at,
    )


def token_out(token: Token) -> TokenOut:
    """As the API says it."""
    return TokenOut(
        id=token.id,
        name=token.name,
        rights=sorted(token.rights),
        created_at=token.created_at,
        ends_at=token.ends_at,
        used_at=token.used_at,
    )


def search_out(search: SavedSearch) -> SearchOut:
    """As the API says it."""
    return SearchOut(id=search.id, name=search.name, query=search.query, created_at=search.created_at)
