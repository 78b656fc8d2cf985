"""The administration of people as pages: list, add, change."""

from typing import Any

from fastapi import FastAPI, Request, Response

from gateway.access.accounts import Description, Made, OutOfReach
from gateway.access.callers import Unfit
from gateway.access.model import Person, PersonState
from gateway.access.rights import Role
from gateway.store.errors import LastAdministrator, LoginTaken
from gateway.store.people import PeopleQuery, PersonChange
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk, see_other
from gateway.web.guard import Form, caller_of, form_of

PAGE_SIZE = 50
FIELDS = ("login", "name", "address", "role", "domains")


def add_people(app: FastAPI, desk: Desk) -> None:
    """Adds the routes."""
    _add_list(app, desk)
    _add_new(app, desk)
    _add_one(app, desk)
    _add_resets(app, desk)


def _add_list(app: FastAPI, desk: Desk) -> None:
    @app.get("/people", include_in_schema=False)
    async def people(request: Request, q: str = "", after: str = "") -> Response:
        within = caller_of(request).person.domains
        query = PeopleQuery(text=q.strip(), within=within, after=after, limit=PAGE_SIZE + 1)
        found = await desk.gateway.store.people.list(query)
        more = found[PAGE_SIZE - 1].login if len(found) > PAGE_SIZE else ""
        return desk.page(request, "people.html", people=found[:PAGE_SIZE], q=q, after=after, more=more)


def _add_new(app: FastAPI, desk: Desk) -> None:
    @app.get("/people/new", include_in_schema=False)
    async def form(request: Request) -> Response:
        return desk.page(
            request, "person_new.html", given=dict.fromkeys(FIELDS, ""), roles=list(Role), field="", problem=""
        )

    @app.post("/people/new", include_in_schema=False)
    async def add(request: Request) -> Response:
        form, caller = form_of(request), caller_of(request)
        wanted = Description(
            login=form.get("login"),
            name=form.get("name"),
            address=form.get("address"),
            role=_role(form),
            domains=_domains(form),
        )
        try:
            made = await desk.accounts.add(wanted, caller.person, actor=caller.actor)
        except (Unfit, OutOfReach, LoginTaken) as error:
            field, problem = _why(error)
            given = {name: form.get(name) for name in FIELDS}
            values: dict[str, Any] = {"given": given, "roles": list(Role), "field": field, "problem": problem}
            return desk.page(request, "person_new.html", 422, **values)
        return _handed_over(desk, request, made)


def _add_one(app: FastAPI, desk: Desk) -> None:
    @app.get("/people/{person_id}", include_in_schema=False)
    async def person(request: Request, person_id: str) -> Response:
        found = await desk.accounts.get(person_id, caller_of(request).person)
        return await _page(desk, request, found)

    @app.post("/people/{person_id}", include_in_schema=False)
    async def change(request: Request, person_id: str) -> Response:
        form, caller = form_of(request), caller_of(request)
        wanted = PersonChange(
            name=form.get("name"),
            address=form.get("address"),
            role=_role(form),
            domains=_domains(form),
            state=PersonState.DISABLED if form.get("state") == PersonState.DISABLED else PersonState.ACTIVE,
        )
        try:
            changed = await desk.accounts.change(person_id, wanted, caller.person, actor=caller.actor)
        except (Unfit, OutOfReach, LastAdministrator) as error:
            field, problem = _why(error)
            found = await desk.accounts.get(person_id, caller.person)
            return await _page(desk, request, found, 422, field=field, problem=problem)
        return await _page(desk, request, changed, said="saved")


def _add_resets(app: FastAPI, desk: Desk) -> None:
    @app.post("/people/{person_id}/reset-password", include_in_schema=False)
    async def reset_password(request: Request, person_id: str) -> Response:
        caller = caller_of(request)
        return _handed_over(
            desk, request, await desk.accounts.reset_password(person_id, caller.person, actor=caller.actor)
        )

    @app.post("/people/{person_id}/reset-second-factor", include_in_schema=False)
    async def reset_totp(request: Request, person_id: str) -> Response:
        caller = caller_of(request)
        await desk.accounts.reset_totp(person_id, caller.person, actor=caller.actor)
        return see_other(f"/people/{person_id}")

    @app.post("/people/{person_id}/end-sessions", include_in_schema=False)
    async def end_sessions(request: Request, person_id: str) -> Response:
        caller = caller_of(request)
        person = await desk.accounts.get(person_id, caller.person)
        await desk.gateway.store.people.shut_out(person.id, actor=caller.actor)
        return see_other(f"/people/{person_id}")

    @app.post("/people/{person_id}/remove", include_in_schema=False)
    async def remove(request: Request, person_id: str) -> Response:
        caller = caller_of(request)
        person = await desk.accounts.get(person_id, caller.person)
        if form_of(request).get("login").strip().casefold() != person.login:
            return await _page(desk, request, person, 422, field="remove", problem="type_login_to_remove")
        try:
            await desk.accounts.remove(person_id, caller.person, actor=caller.actor)
        except LastAdministrator as error:
            return await _page(desk, request, person, 409, field="remove", problem=_why(error)[1])
        return see_other("/people")


def _handed_over(desk: Desk, request: Request, made: Made) -> Response:
    """The one-time password, shown this once."""
    return desk.page(request, "person_password.html", person=made.person, password=made.password)


async def _page(desk: Desk, request: Request, person: Person, status: int = 200, **values: Any) -> Response:
    shown = {"field": "", "problem": "", "said": ""} | values
    return desk.page(
        request,
        "person.html",
        status,
        person=person,
        roles=list(Role),
        states=list(PersonState),
        sessions=await desk.gateway.store.people.sessions.list(person.id),
        tokens=await desk.gateway.store.people.tokens.list(person.id),
        **shown,
    )


def _why(error: Unfit | OutOfReach | LoginTaken | LastAdministrator) -> tuple[str, str]:
    """The field that is to blame, and the words."""
    if isinstance(error, Unfit):
        return error.field, error.why
    if isinstance(error, LoginTaken):
        return "login", "login_taken"
    return ("domains", "out_of_reach") if isinstance(error, OutOfReach) else ("role", "last_administrator")


def _role(form: Form) -> Role:
    try:
        return Role(form.get("role"))
    except ValueError as error:
        raise Problem("invalid") from error


def _domains(form: Form) -> frozenset[str] | None:
    return frozenset(form.get("domains").replace(",", " ").split()) or None
