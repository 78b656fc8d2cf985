"""The web interface: builds the application from its pages, its API and the guard in front of both."""

from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from gateway.access.model import SecondFactor
from gateway.access.passwords import NoPassword
from gateway.access.signin import Doorkeeper, SignedOut
from gateway.access.totp import Seal
from gateway.settings.keys import access_key_path, kept_key
from gateway.store.errors import (
    LastAdministrator,
    LoginTaken,
    NameTaken,
    NoSuchItem,
    NoSuchPerson,
    NoSuchSession,
    NothingToDeliver,
    StoreError,
    StoreUnavailable,
    WrongState,
)
from gateway.web.api.problem import FieldProblem, Problem, answer, detail_of, is_api, of_status
from gateway.web.api.serving import add_api
from gateway.web.desk import Desk, see_other
from gateway.web.doors import admin_door, door_of
from gateway.web.guard import Guard, GuardedRoute, SendTo
from gateway.web.headers import HEADERS, STRICT_TRANSPORT, SecurityHeaders
from gateway.web.health import Served, examine
from gateway.web.pages import Trial, add_pages
from gateway.web.static_files import add_static


def build(gateway: Served, trial: Trial | None = None) -> FastAPI:
    """The application. A trial run adds its mailbox, and may put the second factor off."""
    settings = gateway.settings.web
    doorkeeper = Doorkeeper(
        gateway.store.people,
        settings,
        Seal(kept_key(access_key_path(gateway.settings))),
        issuer=f"Kiyome {gateway.settings.hostname}",
        second_factor=SecondFactor.REQUIRED if trial is None else SecondFactor.OFFERED,
    )
    guard = Guard(doorkeeper, settings)
    desk = Desk(gateway, doorkeeper, guard, trial=trial is not None)
    app = FastAPI(title="Kiyome", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.router.route_class = GuardedRoute
    app.state.guard = guard
    app.state.desk = desk
    app.state.admin_door = admin_door(gateway.settings)
    headers = HEADERS | (STRICT_TRANSPORT if settings.secure_cookies else {})
    app.add_middleware(SecurityHeaders, headers=headers)
    _add_health(app, gateway)
    add_static(app, desk.static)
    add_api(app, desk)
    add_pages(app, desk, trial)
    _add_problems(app, desk)
    app.state.served = frozenset(path for method, path in routes_of(app) if method == "GET")
    return app


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of everything that is served; raises RuntimeError for a route that the guard does not guard."""
    found = []
    for route in app.routes:
        if not isinstance(route, GuardedRoute):
            raise RuntimeError(f"{getattr(route, 'path', route)} is not guarded")  # noqa: TRY004 - the program is wrong, not a value
        found += [(method, route.path) for method in sorted(route.methods or ())]
    return found


def _add_health(app: FastAPI, gateway: Served) -> None:
    @app.get("/health", include_in_schema=False)
    async def health(request: Request) -> JSONResponse:
        found = await examine(gateway)
        # How much lies in quarantine is nobody's business at the doors of the segments.
        body = found.body if door_of(request).is_admin else {"status": found.body["status"]}
        return JSONResponse(body, status_code=200 if found.well else 503)


def _add_problems(app: FastAPI, desk: Desk) -> None:
    """Whatever a route raises becomes a problem: JSON for programs, a page for people."""

    def say(request: Request, problem: Problem) -> Response:
        language = desk.language(request)
        if is_api(request):
            return answer(problem, language)
        detail = detail_of(problem, language)
        page = desk.page(request, "problem.html", problem.status, kind=problem.kind, detail=detail)
        page.headers.update(problem.headers)
        return page

    async def failed(request: Request, error: Exception) -> Response:  # noqa: ARG001 - starlette's signature
        response = say(request, Problem("failed"))
        response.headers.update(HEADERS)  # this answer is made outside of every middleware
        return response

    def handler(kind: type[Exception], problem_of: Callable[[Exception], Problem]) -> None:
        async def handle(request: Request, error: Exception) -> Response:
            return say(request, problem_of(error))

        app.add_exception_handler(kind, handle)

    app.add_exception_handler(SendTo, _send_on)
    app.add_exception_handler(SignedOut, _to_the_door)
    app.add_exception_handler(Exception, failed)
    for kind, problem_of in PROBLEMS.items():
        handler(kind, problem_of)


async def _send_on(request: Request, error: Exception) -> Response:  # noqa: ARG001 - starlette's signature
    return see_other(error.path if isinstance(error, SendTo) else "/")


async def _to_the_door(request: Request, error: Exception) -> Response:  # noqa: ARG001 - starlette's signature
    return see_other("/sign-in")


def _itself(error: Exception) -> Problem:
    return error if isinstance(error, Problem) else Problem("failed")


def _by_status(error: Exception) -> Problem:
    return of_status(error.status_code if isinstance(error, HTTPException) else 500)


def _invalid(error: Exception) -> Problem:
    """Which values, and why; never what they were."""
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    fields = tuple(FieldProblem(".".join(map(str, each["loc"])), each["msg"]) for each in errors)
    return Problem("invalid", fields=fields)


#: The one of the nearest class is taken.
PROBLEMS: dict[type[Exception], Callable[[Exception], Problem]] = {
    Problem: _itself,
    HTTPException: _by_status,
    RequestValidationError: _invalid,
    NoSuchItem: lambda _: Problem("not_found"),
    NoSuchPerson: lambda _: Problem("not_found"),
    NoSuchSession: lambda _: Problem("not_found"),
    NoPassword: lambda _: Problem("conflict", reason="no_password"),
    StoreUnavailable: lambda _: Problem("unavailable", headers={"Retry-After": "10"}),
    **dict.fromkeys(
        (WrongState, NothingToDeliver, NameTaken, LoginTaken, LastAdministrator),
        lambda error: Problem("conflict", str(error)),
    ),
    StoreError: lambda _: Problem("failed"),
}
