"""From what an identity provider says of a person to their account: made at the first sign-in, kept up at each."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.access.accounts import login_of, name_of
from gateway.access.callers import Unfit
from gateway.access.model import Person, PersonState, Source
from gateway.access.rights import Role
from gateway.settings import Oidc
from gateway.settings.checks import is_hostname
from gateway.store.errors import LastAdministrator, LoginTaken, NoSuchPerson
from gateway.store.people import NewPerson, People, PersonChange

ACTOR = "oidc"
EVERY_DOMAIN = "*"
LONGEST = 255  #: characters of "sub" (OpenID Connect Core 1.0 section 2)


class Refused(Exception):
    """Nobody with a place here; `why` is a key of the wording, `login` of whom for the record ("" when unknown)."""

    def __init__(self, why: str, login: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.login = login


class Vouched(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the provider knows them."""

    subject: str  #: issuer and "sub": never given to somebody else
    login: str
    name: str
    address: str
    role: Role
    domains: frozenset[str] | None
    second_factor: bool  #: was asked for over there


def vouched(claims: Mapping[str, Any], settings: Oidc) -> Vouched:
    """What the claims say in our words. Raises Refused."""
    try:
        login = login_of(_text(claims, settings.login_claim))
    except Unfit as error:
        raise Refused("oidc_no_login") from error
    subject = _text(claims, "sub")
    if not subject or len(subject) > LONGEST:
        raise Refused("oidc_no_login")
    role = _role(claims, settings, login)
    address = _address(claims)
    if role is Role.USER and not address:
        raise Refused("oidc_no_address", login)  # it decides which mail is theirs
    return Vouched(
        subject=f"{settings.issuer} {subject}",
        login=login,
        name=_name(claims),
        address=address,
        role=role,
        domains=_domains(claims, settings, login),
        second_factor=bool(_several(claims, "amr", "acr") & set(settings.mfa_values)),
    )


async def account_of(people: People, them: Vouched) -> Person:
    """The account, as the provider says it is now. Raises Refused."""
    person = await people.known_as(them.subject)
    if person is None:
        new = NewPerson(
            login=them.login,
            name=them.name,
            address=them.address,
            role=them.role,
            domains=them.domains,
            source=Source.OIDC,
            subject=them.subject,
        )
        try:
            return await people.add(new, None, actor=ACTOR)
        except LoginTaken as error:  # of a local account, or of somebody who had the name before: nobody inherits it
            raise Refused("oidc_login_taken", them.login) from error
    if person.state is not PersonState.ACTIVE:
        raise Refused("oidc_disabled", person.login)
    change = PersonChange(name=them.name, address=them.address, role=them.role, domains=them.domains)
    try:
        return await people.change(person.id, change, actor=ACTOR)
    except LastAdministrator as error:
        raise Refused("oidc_last_administrator", person.login) from error
    except NoSuchPerson as error:
        raise Refused("oidc_disabled", person.login) from error


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _several(claims: Mapping[str, Any], *names: str) -> set[str]:
    """Of claims that hold one word or a list."""
    values = [claims.get(name) for name in names]
    listed = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return {each for each in listed if isinstance(each, str)}


def _role(claims: Mapping[str, Any], settings: Oidc, login: str) -> Role:
    held = _several(claims, settings.role_claim)
    fitting = [role for value, role in settings.roles.items() if value in held]
    if not fitting:
        raise Refused("oidc_no_role", login)
    return Role(fitting[0])


def _domains(claims: Mapping[str, Any], settings: Oidc, login: str) -> frozenset[str] | None:
    if not settings.domains_claim:
        return None
    named = {each.strip().lower() for each in _several(claims, settings.domains_claim)}
    if EVERY_DOMAIN in named:
        return None
    if not named or not all(map(is_hostname, named)):
        raise Refused("oidc_no_domains", login)
    return frozenset(named)


def _address(claims: Mapping[str, Any]) -> str:
    """Not one that the provider itself does not believe."""
    address = _text(claims, "email").strip().lower()
    local_part, _, domain = address.rpartition("@")
    fits = local_part and is_hostname(domain) and address.isprintable() and " " not in address
    return address if fits and claims.get("email_verified", True) is True else ""


def _name(claims: Mapping[str, Any]) -> str:
    try:
        return name_of(_text(claims, "name"))
    except Unfit:
        return ""
