"""The page about oneself: password, second factor, sessions, API tokens."""

from typing import Any

from fastapi import FastAPI, Request, Response

from gateway.access.attempts import Closed
from gateway.access.callers import Unfit
from gateway.access.rights import NOT_FOR_TOKENS, Right
from gateway.access.signin import Weak, Wrong
from gateway.store.errors import NameTaken
from gateway.web.desk import Desk, see_other
from gateway.web.guard import caller_of, form_of
from gateway.web.pages.signing_in import confirm_second_factor, second_factor_page, typed_twice

TOKEN_DAYS = 90


def add_account(app: FastAPI, desk: Desk) -> None:
    """Adds the routes."""

    @app.get("/account", include_in_schema=False)
    async def account(request: Request) -> Response:
        return await _page(desk, request)

    _add_password(app, desk)
    _add_second_factor(app, desk)
    _add_sessions(app, desk)
    _add_tokens(app, desk)


def _add_password(app: FastAPI, desk: Desk) -> None:
    @app.post("/account/password", include_in_schema=False)
    async def password(request: Request) -> Response:
        form = form_of(request)
        try:
            token = desk.guard.cookies.of(request)
            await desk.doorkeeper.change_password(token, form.get("old"), typed_twice(form))
        except Weak as error:
            return await _page(desk, request, 422, problem=error.why, at="password")
        except Wrong:
            return await _page(desk, request, 403, problem="password_wrong", at="password")
        except Closed as error:
            return await _page(desk, request, 429, problem="too_many_tries", seconds=error.seconds, at="password")
        return await _page(desk, request, said="password_changed")


def _add_second_factor(app: FastAPI, desk: Desk) -> None:
    @app.get("/account/second-factor", include_in_schema=False)
    async def form(request: Request) -> Response:
        return await second_factor_page(desk, request, "/account/second-factor", "/account")

    @app.post("/account/second-factor", include_in_schema=False)
    async def confirmed(request: Request) -> Response:
        return await confirm_second_factor(desk, request, "/account/second-factor", "/account")

    @app.post("/account/recovery-codes", include_in_schema=False)
    async def recovery_codes(request: Request) -> Response:
        codes = await desk.doorkeeper.new_recovery_codes(desk.guard.cookies.of(request))
        return desk.page(request, "recovery_codes.html", codes=codes, next="/account")


def _add_sessions(app: FastAPI, desk: Desk) -> None:
    @app.post("/account/sessions/end", include_in_schema=False)
    async def end(request: Request) -> Response:
        caller, session = caller_of(request), form_of(request).get("session")
        sessions = desk.gateway.store.people.sessions
        if session:
            await sessions.end_one(caller.person.id, session, actor=caller.actor)
        else:
            await sessions.end_all(caller.person.id, actor=caller.actor, keep=caller.session)
        return see_other("/account")


def _add_tokens(app: FastAPI, desk: Desk) -> None:
    @app.post("/account/tokens", include_in_schema=False)
    async def make(request: Request) -> Response:
        form, caller = form_of(request), caller_of(request)
        rights = [right for right in Right if right.value in form.all("rights")]
        days = int(form.get("days")) if form.get("days").isdecimal() and len(form.get("days")) < 5 else 0
        try:
            made = await desk.doorkeeper.callers.make_token(caller, form.get("name"), rights, days)
        except Unfit as error:
            return await _page(desk, request, 422, problem=error.why, at="token")
        except NameTaken:
            return await _page(desk, request, 409, problem="name_taken", at="token")
        return await _page(desk, request, made=made.value)

    @app.post("/account/tokens/end", include_in_schema=False)
    async def end(request: Request) -> Response:
        caller = caller_of(request)
        await desk.gateway.store.people.tokens.end(caller.person.id, form_of(request).get("token"), actor=caller.actor)
        return see_other("/account")


async def _page(desk: Desk, request: Request, status: int = 200, **values: Any) -> Response:
    caller = caller_of(request)
    people = desk.gateway.store.people
    shown = {"problem": "", "at": "", "said": "", "made": "", "seconds": 0} | values
    return desk.page(
        request,
        "account.html",
        status,
        person=caller.person,
        this_session=caller.session,
        sessions=await people.sessions.list(caller.person.id),
        tokens=await people.tokens.list(caller.person.id),
        token_rights=[right for right in Right if right in caller.rights - NOT_FOR_TOKENS],
        token_days=TOKEN_DAYS,
        **shown,
    )
