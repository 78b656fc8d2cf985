"""The door as pages: sign-in, second factor, first set-up, and the proof that is asked for again."""

from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response

from gateway.access.attempts import Closed
from gateway.access.model import SecondFactor
from gateway.access.signin import Progress, Step, Weak, Wrong
from gateway.settings import Oidc
from gateway.web.desk import Desk, see_other
from gateway.web.doors import door_of
from gateway.web.guard import Form, caller_of, form_of, own_path

#: Where each step is taken.
PAGES = {
    Step.TOTP: "/sign-in/code",
    Step.CHANGE_PASSWORD: "/sign-in/password",
    Step.SET_TOTP: "/sign-in/second-factor",
}


def add_signing_in(app: FastAPI, desk: Desk) -> None:
    """Adds the routes."""
    _add_password(app, desk)
    _add_code(app, desk)
    _add_new_password(app, desk)
    _add_second_factor(app, desk)
    _add_confirm(app, desk)
    _add_sign_out(app, desk)


def _add_password(app: FastAPI, desk: Desk) -> None:
    @app.get("/sign-in", include_in_schema=False)
    async def sign_in_form(request: Request) -> Response:
        if request.state.caller is not None:
            return see_other(_next(request))
        return desk.page(request, "sign_in.html", login="", next=_next(request), problem="", oidc=_oidc(desk, request))

    @app.post("/sign-in", include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        form = form_of(request)
        try:
            client = desk.guard.client(request)
            progress = await desk.doorkeeper.sign_in(form.get("login"), form.get("password"), client)
        except (Wrong, Closed) as error:
            values = {"login": form.get("login"), "next": own_path(form.get("next")), "oidc": _oidc(desk, request)}
            return _refused(desk, request, "sign_in.html", error, "login_wrong", **values)
        return further(desk, progress, own_path(form.get("next")))


def _add_code(app: FastAPI, desk: Desk) -> None:
    @app.get("/sign-in/code", include_in_schema=False)
    async def code_form(request: Request) -> Response:
        elsewhere = await _elsewhere(desk, request, Step.TOTP)
        return elsewhere or desk.page(request, "sign_in_code.html", next=_next(request), problem="")

    @app.post("/sign-in/code", include_in_schema=False)
    async def code(request: Request) -> Response:
        form = form_of(request)
        going_to = own_path(form.get("next"))
        try:
            progress = await desk.doorkeeper.give_code(desk.guard.cookies.of(request), form.get("code"))
        except (Wrong, Closed) as error:
            return _refused(desk, request, "sign_in_code.html", error, "code_wrong", next=going_to)
        return further(desk, progress, going_to)


def _add_new_password(app: FastAPI, desk: Desk) -> None:
    @app.get("/sign-in/password", include_in_schema=False)
    async def new_password_form(request: Request) -> Response:
        elsewhere = await _elsewhere(desk, request, Step.CHANGE_PASSWORD)
        return elsewhere or desk.page(request, "sign_in_password.html", next=_next(request), problem="")

    @app.post("/sign-in/password", include_in_schema=False)
    async def new_password(request: Request) -> Response:
        form = form_of(request)
        going_to = own_path(form.get("next"))
        try:
            progress = await desk.doorkeeper.choose_password(desk.guard.cookies.of(request), typed_twice(form))
        except Weak as error:
            return desk.page(request, "sign_in_password.html", 422, next=going_to, problem=error.why)
        return further(desk, progress, going_to)


def _add_second_factor(app: FastAPI, desk: Desk) -> None:
    @app.get("/sign-in/second-factor", include_in_schema=False)
    async def second_factor_form(request: Request) -> Response:
        elsewhere = await _elsewhere(desk, request, Step.SET_TOTP)
        return elsewhere or await second_factor_page(desk, request, "/sign-in/second-factor", _next(request))

    @app.post("/sign-in/second-factor", include_in_schema=False)
    async def second_factor(request: Request) -> Response:
        going_to = own_path(form_of(request).get("next"))
        return await confirm_second_factor(desk, request, "/sign-in/second-factor", going_to)

    @app.post("/sign-in/second-factor/later", include_in_schema=False)
    async def later(request: Request) -> Response:
        progress = await desk.doorkeeper.put_off_totp(desk.guard.cookies.of(request))
        return further(desk, progress, own_path(form_of(request).get("next")))


def typed_twice(form: Form) -> str:
    """A new password. Raises Weak when the two fields differ."""
    if form.get("new") != form.get("again"):
        raise Weak("passwords_differ")
    return form.get("new")


async def second_factor_page(
    desk: Desk, request: Request, action: str, going_to: str, status: int = 200, problem: str = "", seconds: int = 0
) -> Response:
    """The QR code and the field for the first code."""
    offer = await desk.doorkeeper.offer_totp(desk.guard.cookies.of(request))
    may_wait = desk.doorkeeper.second_factor is SecondFactor.OFFERED and action.startswith("/sign-in/")
    values = {"action": action, "next": going_to, "problem": problem, "seconds": seconds, "may_wait": may_wait}
    return desk.page(request, "second_factor.html", status, offer=offer, **values)


async def confirm_second_factor(desk: Desk, request: Request, action: str, going_to: str) -> Response:
    """The first code; then the recovery codes are shown, this once."""
    try:
        token = desk.guard.cookies.of(request)
        progress, codes = await desk.doorkeeper.confirm_totp(token, form_of(request).get("code"))
    except Wrong:
        return await second_factor_page(desk, request, action, going_to, 403, "code_wrong")
    except Closed as error:
        return await second_factor_page(desk, request, action, going_to, 429, "too_many_tries", error.seconds)
    response = desk.page(request, "recovery_codes.html", codes=codes, next=going_to)
    desk.guard.cookies.set(response, progress.token)
    return response


def _add_confirm(app: FastAPI, desk: Desk) -> None:
    @app.get("/confirm", include_in_schema=False)
    async def confirm_form(request: Request) -> Response:
        with_code = caller_of(request).person.totp_set
        return desk.page(request, "confirm.html", next=_next(request), with_code=with_code, problem="")

    @app.post("/confirm", include_in_schema=False)
    async def confirm(request: Request) -> Response:
        form = form_of(request)
        values = {"next": own_path(form.get("next")), "with_code": caller_of(request).person.totp_set}
        try:
            await desk.doorkeeper.strengthen(desk.guard.cookies.of(request), form.get("password"), form.get("code"))
        except (Wrong, Closed) as error:
            return _refused(desk, request, "confirm.html", error, "password_wrong", **values)
        return see_other(own_path(form.get("next")))


def _add_sign_out(app: FastAPI, desk: Desk) -> None:
    @app.post("/sign-out", include_in_schema=False)
    async def sign_out(request: Request) -> Response:
        await desk.doorkeeper.sign_out(desk.guard.cookies.of(request))
        response = see_other("/sign-in")
        desk.guard.cookies.forget(request, response)
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response


def _oidc(desk: Desk, request: Request) -> Oidc | None:
    """For the button; None where there is no identity provider, or no address at which it sends people back."""
    door = door_of(request)
    return desk.gateway.settings.web.oidc if door.is_admin or door.public_url else None


def _next(request: Request) -> str:
    return own_path(request.query_params.get("next", "/"))


def further(desk: Desk, progress: Progress, going_to: str) -> Response:
    """To the page of the next step, under the next token."""
    page = PAGES.get(progress.step)
    response = see_other(going_to if page is None else f"{page}?{urlencode({'next': going_to})}")
    desk.guard.cookies.set(response, progress.token)
    return response


async def _elsewhere(desk: Desk, request: Request, step: Step) -> Response | None:
    """Where this sign-in really is, when it is not at this step."""
    now_at = await desk.doorkeeper.step(desk.guard.cookies.of(request))
    return None if now_at is step else see_other(PAGES.get(now_at, _next(request)) if now_at else "/sign-in")


def _refused(
    desk: Desk, request: Request, template: str, error: Wrong | Closed, wrong: str, **values: object
) -> Response:
    """The same form again, with what may be said."""
    if isinstance(error, Closed):
        page = desk.page(request, template, 429, problem="too_many_tries", seconds=error.seconds, **values)
        page.headers["Retry-After"] = str(error.seconds)
        return page
    return desk.page(request, template, 403, problem=wrong, **values)
