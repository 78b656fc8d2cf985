"""/api/v1/me: who asks, their sessions, API tokens and saved searches."""

from gateway.access.attempts import Closed
from gateway.access.callers import Unfit
from gateway.access.signin import Weak, Wrong
from gateway.web.api.calls import Answer, Ask, Book, Nothing, invalid_at
from gateway.web.api.persons import (
    EndedOut,
    MadeTokenOut,
    MeOut,
    PasswordIn,
    ProofIn,
    SearchIn,
    SearchOut,
    SessionOut,
    TokenIn,
    TokenOut,
    person_out,
    search_out,
    session_out,
    token_out,
)
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk
from gateway.web.wording import word

_DONE = Answer(status=204)


def add_me(book: Book, desk: Desk) -> None:
    """Adds the calls."""

    @book.call("GET", "/me", tag="me", title="Who asks, and what they may do", answers=Answer(what=MeOut))
    async def me(ask: Ask[Nothing, Nothing]) -> MeOut:
        return MeOut(person_out(ask.caller.person), sorted(ask.caller.rights), ask.caller.actor)

    _add_proofs(book, desk)
    _add_sessions(book, desk)
    _add_tokens(book, desk)
    _add_searches(book, desk)


def _add_proofs(book: Book, desk: Desk) -> None:
    @book.call(
        "POST",
        "/me/proof",
        tag="me",
        title="Prove again who one is",
        more="Needed for what matters, and good for some minutes. By session only; who signs in through an identity "
        "provider proves it there (`/sign-in/oidc?afresh=1`).",
        body=ProofIn,
        example={"password": "…", "code": "123456"},
        answers=_DONE,
        problems=("proof_needed", "conflict"),
    )
    async def proof(ask: Ask[Nothing, ProofIn]) -> None:
        _by_session(ask)
        try:
            token = desk.guard.cookies.of(ask.request)
            await desk.doorkeeper.strengthen(token, ask.body.password, ask.body.code)
        except (Wrong, Closed) as error:
            raise _not_proven(error, desk.language(ask.request)) from error

    @book.call(
        "POST",
        "/me/password",
        tag="me",
        title="Change one's password",
        more="All other sessions end. By session only; who signs in through an identity provider has none here.",
        body=PasswordIn,
        example={"old": "…", "new": "…"},
        answers=_DONE,
        problems=("proof_needed", "conflict"),
    )
    async def password(ask: Ask[Nothing, PasswordIn]) -> None:
        _by_session(ask)
        language = desk.language(ask.request)
        try:
            await desk.doorkeeper.change_password(desk.guard.cookies.of(ask.request), ask.body.old, ask.body.new)
        except (Wrong, Closed) as error:
            raise _not_proven(error, language) from error
        except Weak as error:
            raise invalid_at("new", word(error.why, language)) from error


def _not_proven(error: Wrong | Closed, language: str) -> Problem:
    if isinstance(error, Closed):
        return Problem("too_many", headers={"Retry-After": str(error.seconds)})
    return Problem("proof_needed", word("password_wrong", language))


def _by_session(ask: Ask[Nothing, ProofIn] | Ask[Nothing, PasswordIn]) -> None:
    """An API token has no password to prove."""
    if not ask.caller.session:
        raise Problem("proof_needed")


def _add_sessions(book: Book, desk: Desk) -> None:
    store = desk.gateway.store.people.sessions

    @book.call(
        "GET",
        "/me/sessions",
        tag="me",
        title="One's sessions",
        more="The latest first.",
        answers=Answer(what=list[SessionOut], text="The sessions."),
    )
    async def sessions(ask: Ask[Nothing, Nothing]) -> list[SessionOut]:
        return [session_out(each, ask.caller.session) for each in await store.list(ask.caller.person.id)]

    @book.call(
        "DELETE",
        "/me/sessions",
        tag="me",
        title="End all of one's sessions but this one",
        answers=Answer(what=EndedOut),
    )
    async def end_others(ask: Ask[Nothing, Nothing]) -> EndedOut:
        caller = ask.caller
        return EndedOut(await store.end_all(caller.person.id, actor=caller.actor, keep=caller.session))

    @book.call(
        "DELETE",
        "/me/sessions/{session_id}",
        tag="me",
        title="End one session",
        answers=_DONE,
        problems=("not_found",),
    )
    async def end(ask: Ask[Nothing, Nothing]) -> None:
        await store.end_one(ask.caller.person.id, ask["session_id"], actor=ask.caller.actor)


def _add_tokens(book: Book, desk: Desk) -> None:
    store = desk.gateway.store.people.tokens

    @book.call(
        "GET",
        "/me/tokens",
        tag="me",
        title="One's API tokens",
        answers=Answer(what=list[TokenOut], text="The tokens."),
    )
    async def tokens(ask: Ask[Nothing, Nothing]) -> list[TokenOut]:
        return [token_out(each) for each in await store.list(ask.caller.person.id)]

    @book.call(
        "POST",
        "/me/tokens",
        tag="me",
        title="Make a token",
        more="With some of one's own rights; its value is in this answer and nowhere else.",
        body=TokenIn,
        example={"name": "nightly", "rights": ["items.see"], "days": 90},
        answers=Answer(status=201, what=MadeTokenOut, text="Made."),
        problems=("conflict",),
    )
    async def make(ask: Ask[Nothing, TokenIn]) -> MadeTokenOut:
        given = ask.body
        try:
            made = await desk.doorkeeper.callers.make_token(ask.caller, given.name, given.rights, given.days)
        except Unfit as error:
            raise invalid_at(error.field, word(error.why, desk.language(ask.request))) from error
        return MadeTokenOut(token_out(made.token), made.value)

    @book.call("DELETE", "/me/tokens/{token_id}", tag="me", title="End a token", answers=_DONE, problems=("not_found",))
    async def end(ask: Ask[Nothing, Nothing]) -> None:
        await store.end(ask.caller.person.id, ask["token_id"], actor=ask.caller.actor)


def _add_searches(book: Book, desk: Desk) -> None:
    store = desk.gateway.store.people.searches

    @book.call(
        "GET",
        "/me/searches",
        tag="me",
        title="One's saved searches",
        answers=Answer(what=list[SearchOut], text="The searches."),
    )
    async def searches(ask: Ask[Nothing, Nothing]) -> list[SearchOut]:
        return [search_out(each) for each in await store.list(ask.caller.person.id)]

    @book.call(
        "POST",
        "/me/searches",
        tag="me",
        title="Keep a search under a name",
        body=SearchIn,
        example={"name": "保留中", "query": "state=held"},
        answers=Answer(status=201, what=SearchOut, text="Kept."),
        problems=("conflict",),
    )
    async def save(ask: Ask[Nothing, SearchIn]) -> SearchOut:
        caller = ask.caller
        return search_out(await store.save(caller.person.id, ask.body.name, ask.body.query, actor=caller.actor))

    @book.call(
        "DELETE",
        "/me/searches/{search_id}",
        tag="me",
        title="Remove a saved search",
        answers=_DONE,
        problems=("not_found",),
    )
    async def remove(ask: Ask[Nothing, Nothing]) -> None:
        await store.remove(ask.caller.person.id, ask["search_id"], actor=ask.caller.actor)
