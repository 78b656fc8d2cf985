"""The door: password, then the second factor, then what has to be set up; every step gets a token of its own.

Nothing here tells whether an account exists: an unknown login, a wrong password, a disabled account and a one-time
password that has ended take the same work and end in the same words.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from gateway.access import totp
from gateway.access.attempts import Attempts
from gateway.access.callers import Callers, Clock, caller_of_session, door_mark, new_token, token_hash, utc_now
from gateway.access.model import Caller, PasswordState, Person, PersonState, SecondFactor, Source
from gateway.access.passwords import NoPassword, Passwords, weakness
from gateway.access.rights import needs_second_factor
from gateway.access.totp import Offer, Seal
from gateway.settings import WebSettings
from gateway.store.errors import NoSuchSession
from gateway.store.people import NewPassword, People
from gateway.store.person_rows import Proof
from gateway.store.sessions import Found, NewSession

PENDING = timedelta(minutes=10)  #: how long each step of a sign-in waits
STRONG = timedelta(minutes=10)  #: how long a proof is fresh enough for an original
AT_ONCE = 2  #: passwords that are hashed at the same time: each takes 64 MiB
LONGEST_AGENT = 200
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Answer = TypeVar("Answer")


class Step(StrEnum):
    """What the door asks for next."""

    TOTP = "totp"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - the name of a step
    SET_TOTP = "set_totp"
    DONE = "done"


class Client(msgspec.Struct, frozen=True):
    """Who stands at the door."""

    address: str
    agent: str = ""
    door: str = ""  #: the mark of the listener; the session is for this one alone


class Progress(msgspec.Struct, frozen=True):
    """How far it is, and the token that says so from now on; the one before is worth nothing."""

    step: Step
    token: str


class Wrong(Exception):
    """It was not right; what of it, nobody is told."""


class Weak(Exception):
    """A password that is not taken; `why` is a key of the wording."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class SignedOut(Exception):
    """There is no such sign-in, or it took too long."""


class Doorkeeper:
    """Lets people in, and knows them again."""

    def __init__(
        self,
        people: People,
        settings: WebSettings,
        seal: Seal,
        *,
        issuer: str = totp.ISSUER,
        second_factor: SecondFactor = SecondFactor.REQUIRED,
        passwords: Passwords | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.callers = Callers(people, settings, clock)
        self.second_factor = second_factor
        self._people = people
        self._longest = timedelta(hours=settings.session_hours)
        self._seal = seal
        self._issuer = issuer
        self._passwords = passwords or Passwords()
        self._attempts = Attempts(people.failures)
        self._clock = clock
        self._hashing = asyncio.Semaphore(AT_ONCE)

    # The steps

    async def sign_in(self, login: str, password: str, client: Client) -> Progress:
        """The first step. Raises Wrong, or Closed after too many attempts."""
        login = login.strip().casefold()
        await self._attempts.at_login(login, client.address, self._clock())
        proof = await self._people.proof(login)
        checked = await self._slowly(self._passwords.check, proof.password if proof else "", password)
        if proof is None or not checked.right or not self._may_begin(proof):
            known = "" if proof is None else proof.person.login  # what was typed may be a password
            await self._people.note("sign_in_refused", actor=f"client:{client.address}", person=known)
            raise Wrong
        await self._attempts.login_was_right(login, client.address)
        if checked.rehashed:
            await self._people.rehash(proof.person.id, proof.password, checked.rehashed)
        return await self._begin(proof.person, client, self._next(proof.person, totp_given=False), self._clock())

    def _may_begin(self, proof: Proof) -> bool:
        ended = proof.password_ends_at is not None and proof.password_ends_at <= self._clock()
        return proof.person.state is PersonState.ACTIVE and not ended

    async def give_code(self, token: str, code: str) -> Progress:
        """A code of the app, or a recovery code. Raises Wrong, Closed or SignedOut."""
        found = await self._at(token, Step.TOTP)
        if not await self._code_fits(found.person.id, code):
            actor = f"client:{found.session.client}"
            await self._people.note("sign_in_refused", actor=actor, person=found.person.login, step=Step.TOTP.value)
            raise Wrong
        return await self._go_on(token, self._next(found.person, totp_given=True), found.person)

    async def choose_password(self, token: str, password: str) -> Progress:
        """Another password instead of the one-time one. Raises Weak or SignedOut."""
        found = await self._at(token, Step.CHANGE_PASSWORD)
        await self._set_password(found, password)
        person = await self._person(found.person.id)
        return await self._go_on(token, self._next(person, totp_given=True), person)

    async def offer_totp(self, token: str) -> Offer:
        """A secret to set up, the same until it is confirmed. Raises SignedOut."""
        found = await self._at(token, Step.SET_TOTP, Step.DONE)
        secret = self._seal.open(found.session.offered, found.person.id) if found.session.offered else ""
        if not secret:
            secret = totp.new_secret()
            await self._people.sessions.offer(token_hash(token), self._seal.close(secret, found.person.id))
        return totp.offer(secret, found.person.login, self._issuer)

    async def confirm_totp(self, token: str, code: str) -> tuple[Progress, tuple[str, ...]]:
        """A first code proves that the app is set up: the recovery codes, shown this once.

        Raises Wrong, Closed or SignedOut; SignedOut too when nothing was offered.
        """
        found = await self._at(token, Step.SET_TOTP, Step.DONE)
        person = found.person
        if not found.session.offered:
            raise SignedOut
        await self._attempts.at_proof(person.id, self._clock())
        step = totp.matching_step(self._seal.open(found.session.offered, person.id), code, self._clock())
        if step is None:
            raise Wrong
        await self._attempts.proof_was_right(person.id)
        codes = totp.new_recovery_codes()
        hashes = [totp.recovery_hash(person.id, each) for each in codes]
        await self._people.set_totp(person.id, found.session.offered, step, hashes, actor=f"user:{person.login}")
        return await self._go_on(token, Step.DONE, person), codes

    async def put_off_totp(self, token: str) -> Progress:
        """Only where the second factor is offered, not required. Raises Wrong or SignedOut."""
        found = await self._at(token, Step.SET_TOTP)
        if self.second_factor is not SecondFactor.OFFERED:
            raise Wrong
        return await self._go_on(token, Step.DONE, found.person)

    # Whom somebody else vouches for

    async def vouched_for(
        self, person: Person, client: Client, *, second_factor: bool, proven_at: datetime | None
    ) -> Progress:
        """Somebody whom an identity provider knows; without its second factor we ask for ours.

        `proven_at` is when they proved over there who they are: an old sign-in is no fresh proof here.
        """
        step = Step.DONE if second_factor else self._next(person, totp_given=False)
        return await self._begin(person, client, step, proven_at or _LONG_AGO)

    async def leave(self, token: str) -> None:
        """A session that another one follows, in the same browser."""
        found = await self.callers.found(token)
        if found is not None:
            await self._people.sessions.end(token_hash(token), actor=f"user:{found.person.login}")

    # Whoever is in

    async def session(self, token: str, *, quiet: bool = False) -> Caller | None:
        """Who is signed in with this token; `quiet` requests do not keep the session awake."""
        found = await self.callers.found(token)
        if found is None or found.session.step != Step.DONE:
            return None
        if not quiet:
            await self.callers.seen(token, found)
        return caller_of_session(found)

    async def step(self, token: str) -> Step | None:
        """How far this sign-in is; None when there is none."""
        found = await self.callers.found(token)
        return None if found is None else Step(found.session.step)

    def is_strong(self, caller: Caller) -> bool:
        """Whether the person proved lately who they are."""
        return caller.strong_until is not None and self._clock() < caller.strong_until

    async def strengthen(self, token: str, password: str, code: str = "") -> None:
        """Prove again who one is. Raises Wrong, Closed, NoPassword or SignedOut."""
        found = await self._at(token, Step.DONE)
        await self._check_password(found, password)
        if found.person.totp_set and not await self._code_fits(found.person.id, code):
            raise Wrong
        until = self._clock() + STRONG
        await self._people.sessions.strengthen(token_hash(token), until, actor=f"user:{found.person.login}")

    async def change_password(self, token: str, old: str, new: str) -> None:
        """By whoever is signed in; all other sessions end. Raises Wrong, Weak, Closed, NoPassword or SignedOut."""
        found = await self._at(token, Step.DONE)
        await self._check_password(found, old)
        await self._set_password(found, new)

    async def new_recovery_codes(self, token: str) -> tuple[str, ...]:
        """Instead of those that are left. Raises SignedOut."""
        found = await self._at(token, Step.DONE)
        codes, person = totp.new_recovery_codes(), found.person
        hashes = [totp.recovery_hash(person.id, each) for each in codes]
        await self._people.set_recovery_codes(person.id, hashes, actor=f"user:{person.login}")
        return codes

    async def sign_out(self, token: str) -> None:
        """The session ends; an unknown token is nothing to do."""
        found = await self.callers.found(token)
        actor = "user:" + (found.person.login if found else "")
        await self._people.sessions.end(token_hash(token), actor=actor)

    # How it is done

    async def _at(self, token: str, *steps: Step) -> Found:
        found = await self.callers.found(token)
        if found is None or Step(found.session.step) not in steps:
            raise SignedOut
        return found

    async def _person(self, person_id: str) -> Person:
        person = await self._people.get(person_id)
        if person is None:
            raise SignedOut
        return person

    def _next(self, person: Person, *, totp_given: bool) -> Step:
        if person.totp_set and not totp_given:
            return Step.TOTP
        if person.password is PasswordState.ONE_TIME:
            return Step.CHANGE_PASSWORD
        if not person.totp_set and needs_second_factor(person.role):
            return Step.SET_TOTP
        return Step.DONE

    async def _begin(self, person: Person, client: Client, step: Step, proven_at: datetime) -> Progress:
        now, token = self._clock(), new_token(client.door)
        new = NewSession(
            token=token_hash(token),
            person_id=person.id,
            step=step.value,
            client=client.address,
            agent=client.agent[:LONGEST_AGENT],
            at=now,
            ends_at=now + PENDING,
        )
        await self._people.sessions.begin(new)
        return await self._go_on(token, step, person, proven_at) if step is Step.DONE else Progress(step, token)

    async def _go_on(self, token: str, step: Step, person: Person, proven_at: datetime | None = None) -> Progress:
        """`proven_at`: when the person proved who they are; None: just now."""
        found = await self._at(token, *Step)
        signed_in_already = found.session.step == Step.DONE and found.session.strong_until is not None
        fresh, now = new_token(door_mark(token)), self._clock()
        ends_at = (
            found.session.ends_at if signed_in_already else now + (self._longest if step is Step.DONE else PENDING)
        )
        try:
            await self._people.sessions.go_on(token_hash(token), token_hash(fresh), step.value, ends_at)
            if step is Step.DONE:
                hashed, actor = token_hash(fresh), f"user:{person.login}"
                await self._people.sessions.sign_in(hashed, strong_until=(proven_at or now) + STRONG, actor=actor)
        except NoSuchSession as error:
            raise SignedOut from error
        return Progress(step, fresh)

    async def _check_password(self, found: Found, password: str) -> None:
        if found.person.source is Source.OIDC:
            raise NoPassword
        await self._attempts.at_proof(found.person.id, self._clock())
        proof = await self._people.proof_of(found.person.id)
        checked = await self._slowly(self._passwords.check, proof.password if proof else "", password)
        if not checked.right:
            raise Wrong
        await self._attempts.proof_was_right(found.person.id)

    async def _set_password(self, found: Found, password: str) -> None:
        person = found.person
        why = weakness(password, person.login, person.address)
        if why:
            raise Weak(why)
        proof = await self._people.proof_of(person.id)
        if proof and (await self._slowly(self._passwords.check, proof.password, password)).right:
            raise Weak("password_same")
        hashed = await self._slowly(self._passwords.hash, password)
        new = NewPassword(hashed, PasswordState.OWN)
        await self._people.set_password(person.id, new, actor=f"user:{person.login}", keep=found.session.id)

    async def _code_fits(self, person_id: str, code: str) -> bool:
        """Each code once, whichever kind it is."""
        await self._attempts.at_proof(person_id, self._clock())
        proof = await self._people.proof_of(person_id)
        if proof is None or not proof.totp:
            return False
        step = totp.matching_step(self._seal.open(proof.totp, person_id), code, self._clock())
        if step is not None:
            fits = await self._people.use_step(person_id, step)
        else:
            hashed = totp.recovery_hash(person_id, code)
            fits = await self._people.use_recovery_code(person_id, hashed, actor=f"user:{proof.person.login}")
        if fits:
            await self._attempts.proof_was_right(person_id)
        return fits

    async def _slowly(self, work: Callable[..., Answer], *values: Any) -> Answer:
        """In a thread, few at a time."""
        async with self._hashing:
            return await asyncio.to_thread(work, *values)
