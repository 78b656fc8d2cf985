"""From what a request carries, a cookie or an API token, to who asks and what they may do."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

import msgspec

from gateway.access.model import Caller, PersonState
from gateway.access.rights import NOT_FOR_TOKENS, Right
from gateway.settings import WebSettings
from gateway.store.people import People
from gateway.store.sessions import Found
from gateway.store.tokens import NewToken, Token

Clock = Callable[[], datetime]

TOKEN_BYTES = 32
TOKEN_PREFIX = "kiyome_"  # noqa: S105 - so that a scanner of leaked secrets knows one when it sees it
SEEN_EVERY = timedelta(seconds=60)
LONGEST_TOKEN_DAYS = 366
LONGEST_NAME = 80


class Unfit(Exception):
    """Something that was typed cannot be taken: which field, and why, as a key of the wording."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class MadeToken(msgspec.Struct, frozen=True):
    """A new API token; `value` is shown once and kept nowhere."""

    token: Token
    value: str


def utc_now() -> datetime:
    """The clock of every day."""
    return datetime.now(UTC)


def new_token(door: str = "") -> str:
    """256 random bits, and the mark of the door that they are for: they are worth nothing at another."""
    random = secrets.token_urlsafe(TOKEN_BYTES)
    return f"{random}.{door}" if door else random


def door_mark(token: str) -> str:
    """The door that a session's token is for; "" is that of the web interface. Whoever changes it has another token."""
    return token.partition(".")[2]


def token_hash(token: str) -> str:
    """What is kept of a token. It is random: no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def csrf_token(token: str) -> str:
    """What forms of this session carry: known to its pages alone, and worthless for any other session."""
    return hmac.digest(token.encode("utf-8", "replace"), b"kiyome csrf", "sha256").hex()


def csrf_fits(token: str, given: str) -> bool:
    """Whether a form was made for this session."""
    return hmac.compare_digest(csrf_token(token).encode(), given.encode("utf-8", "replace"))


class Callers:
    """Knows sessions and API tokens again."""

    def __init__(self, people: People, settings: WebSettings, clock: Clock) -> None:
        self._people = people
        self._idle = timedelta(minutes=settings.session_minutes)
        self._clock = clock

    async def found(self, token: str) -> Found | None:
        """The session that goes on under this token, however far its sign-in is."""
        found = await self._people.sessions.find(token_hash(token)) if token else None
        return found if found is not None and self._goes_on(found) else None

    def _goes_on(self, found: Found) -> bool:
        now, session = self._clock(), found.session
        lives = now < session.ends_at and now - session.seen_at < self._idle
        return lives and found.person.state is PersonState.ACTIVE

    async def seen(self, token: str, found: Found) -> None:
        """The person did something; the idle time begins anew."""
        now = self._clock()
        if now - found.session.seen_at >= SEEN_EVERY:
            await self._people.sessions.seen(token_hash(token), now)

    async def by_token(self, value: str) -> Caller | None:
        """Who an API token speaks for; None when it is none, or has ended."""
        if not value.startswith(TOKEN_PREFIX):
            return None
        hashed, now = token_hash(value), self._clock()
        found = await self._people.tokens.find(hashed)
        if found is None or found.token.ends_at <= now or found.person.state is not PersonState.ACTIVE:
            return None
        if found.token.used_at is None or now - found.token.used_at >= SEEN_EVERY:
            await self._people.tokens.used(hashed, now)
        person = found.person
        return Caller(
            person=person,
            rights=found.token.rights & person.rights - NOT_FOR_TOKENS,
            scope=person.scope,
            actor=f"token:{person.login}:{found.token.name}",
        )

    async def make_token(self, caller: Caller, name: str, rights: Collection[Right], days: int) -> MadeToken:
        """An API token with some of the caller's rights. Raises Unfit, or NameTaken."""
        name = name.strip()
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise Unfit("name", "name_unfit")
        if not rights or not set(rights) <= caller.rights - NOT_FOR_TOKENS:
            raise Unfit("rights", "rights_unfit")
        if not 1 <= days <= LONGEST_TOKEN_DAYS:
            raise Unfit("days", "days_unfit")
        value = TOKEN_PREFIX + new_token()
        new = NewToken(
            token=token_hash(value),
            person_id=caller.person.id,
            name=name,
            rights=rights,
            ends_at=self._clock() + timedelta(days=days),
        )
        return MadeToken(await self._people.tokens.add(new, actor=caller.actor), value)


def caller_of_session(found: Found) -> Caller:
    """Who a session that is signed in speaks for."""
    person = found.person
    return Caller(
        person=person,
        rights=person.rights,
        scope=person.scope,
        actor=f"user:{person.login}",
        session=found.session.id,
        strong_until=found.session.strong_until,
    )
