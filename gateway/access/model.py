"""People and what they may reach: frozen data, no behaviour but what follows from it."""

from datetime import datetime
from enum import StrEnum

import msgspec

from gateway.access.rights import RIGHTS, Right, Role


class Scope(msgspec.Struct, frozen=True):
    """Which items may be reached; applied in SQL. Nothing given: all of them; an empty set: none.

    An item is within it when a recipient (inbound) or the sender (outbound) is of these domains, or is one of these
    addresses; all in lower case.
    """

    domains: frozenset[str] | None = None
    addresses: frozenset[str] | None = None


EVERYTHING = Scope()


class PersonState(StrEnum):
    """Whether somebody may sign in."""

    ACTIVE = "active"
    DISABLED = "disabled"


class Source(StrEnum):
    """Who vouches for a person."""

    LOCAL = "local"  # a password kept here
    OIDC = "oidc"  # an identity provider


class PasswordState(StrEnum):
    """What a password is good for."""

    NONE = "none"  # signs nobody in
    ONE_TIME = "one_time"  # must be changed at sign-in, and ends by itself
    OWN = "own"


class SecondFactor(StrEnum):
    """Whether roles that need a second factor may put it off."""

    REQUIRED = "required"
    OFFERED = "offered"  # in a trial run


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An account. Nothing secret is in it."""

    id: str
    login: str  #: lower case
    name: str
    address: str  #: lower case; "" when there is none
    role: Role
    domains: frozenset[str] | None  #: None: every domain
    state: PersonState
    source: Source
    password: PasswordState
    totp_set: bool
    recovery_codes: int  #: that are left
    created_at: datetime
    signed_in_at: datetime | None

    @property
    def rights(self) -> frozenset[Right]:
        """What the role may do."""
        return RIGHTS[self.role]

    @property
    def scope(self) -> Scope:
        """A user reaches their own mail, everybody else that of their domains."""
        if self.role is Role.USER:
            return Scope(addresses=frozenset({self.address} if self.address else ()))
        return Scope(domains=self.domains)

    @property
    def realm(self) -> frozenset[str] | None:
        """The domains that administering this person is about; None: every domain."""
        if self.role is Role.USER and self.address:
            return frozenset({self.address.rpartition("@")[2]})
        return self.domains


def may_administer(administrator: Person, other: Person) -> bool:
    """Within their own domains only: one gateway serves several municipalities."""
    return reaches(administrator.domains, other.realm)


def reaches(domains: frozenset[str] | None, realm: frozenset[str] | None) -> bool:
    """Whether everything in `realm` is within `domains`; what belongs to no domain is within all of them alone."""
    return domains is None or bool(realm and realm <= domains)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for something now, by a session or by an API token."""

    person: Person
    rights: frozenset[Right]
    scope: Scope
    actor: str  #: as the audit has it: "user:LOGIN" or "token:LOGIN:NAME"
    session: str = ""  #: the session's id; "" for a token
    strong_until: datetime | None = None  #: until then the person need not prove again who they are
