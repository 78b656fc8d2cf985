"""/api/v1/people: the accounts within the caller's domains."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta

from gateway.access.accounts import Description, OutOfReach
from gateway.access.callers import Unfit
from gateway.store.people import PeopleQuery, PersonChange
from gateway.web.api.calls import Answer, Ask, Book, Nothing, invalid_at
from gateway.web.api.persons import (
    EndedOut,
    MadeOut,
    PeopleOut,
    PersonIn,
    PersonOut,
    PersonPatch,
    SessionOut,
    person_out,
    session_out,
)
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk
from gateway.web.wording import word

_DONE = Answer(status=204)
_EXAMPLE = {"login": "hanako", "name": "清水 花子", "address": "hanako@city.example.lg.jp", "role": "operator"}


class PeopleSearch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which accounts, and the page."""

    q: Annotated[str, Meta(max_length=200, description="in the login, the name or the address")] = ""
    after: Annotated[str, Meta(max_length=64, description="`next` of the page before")] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


def add_people(book: Book, desk: Desk) -> None:
    """Adds the calls."""
    _add_list(book, desk)
    _add_changes(book, desk)
    _add_resets(book, desk)
    _add_sessions(book, desk)


def _add_list(book: Book, desk: Desk) -> None:
    @book.call(
        "GET",
        "/people",
        tag="people",
        title="Accounts by login",
        query=PeopleSearch,
        answers=Answer(what=PeopleOut, text="A page of accounts."),
    )
    async def people(ask: Ask[PeopleSearch, Nothing]) -> PeopleOut:
        asked, limit = ask.query, ask.query.limit
        query = PeopleQuery(
            text=asked.q.strip(), within=ask.caller.person.domains, after=asked.after, limit=limit + 1
        )  # fmt: skip
        found = await desk.gateway.store.people.list(query)
        more = found[limit - 1].login if len(found) > limit else None
        return PeopleOut([person_out(person) for person in found[:limit]], more)

    @book.call(
        "GET",
        "/people/{person_id}",
        tag="people",
        title="One account",
        answers=Answer(what=PersonOut, text="The account."),
        problems=("not_found",),
    )
    async def person(ask: Ask[Nothing, Nothing]) -> PersonOut:
        return person_out(await desk.accounts.get(ask["person_id"], ask.caller.person))


def _add_changes(book: Book, desk: Desk) -> None:
    @book.call(
        "POST",
        "/people",
        tag="people",
        title="Make an account",
        more="Its one-time password is in this answer and nowhere else.",
        body=PersonIn,
        example=_EXAMPLE,
        answers=Answer(status=201, what=MadeOut, text="Made."),
        problems=("conflict",),
    )
    async def add(ask: Ask[Nothing, PersonIn]) -> MadeOut:
        given, caller = ask.body, ask.caller
        wanted = Description(
            login=given.login, name=given.name, address=given.address, role=given.role, domains=_domains(given.domains)
        )
        try:
            made = await desk.accounts.add(wanted, caller.person, actor=caller.actor)
        except (Unfit, OutOfReach) as error:
            raise _refusal(error, desk.language(ask.request)) from error
        return MadeOut(person_out(made.person), made.password)

    @book.call(
        "PATCH",
        "/people/{person_id}",
        tag="people",
        title="Change an account",
        more="What is left out stays. Another role, scope, address or state ends its sessions.",
        body=PersonPatch,
        example={"role": "auditor"},
        answers=Answer(what=PersonOut, text="The account as it is now."),
        problems=("not_found", "conflict"),
    )
    async def change(ask: Ask[Nothing, PersonPatch]) -> PersonOut:
        given, caller = msgspec.structs.asdict(ask.body), ask.caller
        fields: dict[str, Any] = {name: value for name, value in given.items() if value is not UNSET}
        if "domains" in fields:
            fields["domains"] = _domains(fields["domains"])
        try:
            changed = await desk.accounts.change(
                ask["person_id"], PersonChange(**fields), caller.person, actor=caller.actor
            )  # fmt: skip
        except (Unfit, OutOfReach) as error:
            raise _refusal(error, desk.language(ask.request)) from error
        return person_out(changed)

    @book.call(
        "DELETE",
        "/people/{person_id}",
        tag="people",
        title="Remove an account",
        more="With its sessions and tokens; the audit stays.",
        answers=_DONE,
        problems=("not_found", "conflict"),
    )
    async def remove(ask: Ask[Nothing, Nothing]) -> None:
        await desk.accounts.remove(ask["person_id"], ask.caller.person, actor=ask.caller.actor)


def _add_resets(book: Book, desk: Desk) -> None:
    @book.call(
        "POST",
        "/people/{person_id}/reset-password",
        tag="people",
        title="A new one-time password",
        more="All sessions end.",
        answers=Answer(what=MadeOut, text="The account and its one-time password."),
        problems=("not_found", "conflict"),
    )
    async def reset_password(ask: Ask[Nothing, Nothing]) -> MadeOut:
        made = await desk.accounts.reset_password(ask["person_id"], ask.caller.person, actor=ask.caller.actor)
        return MadeOut(person_out(made.person), made.password)

    @book.call(
        "POST",
        "/people/{person_id}/reset-second-factor",
        tag="people",
        title="Have the second factor set up anew",
        more="At the next sign-in; all sessions end.",
        answers=_DONE,
        problems=("not_found",),
    )
    async def reset_totp(ask: Ask[Nothing, Nothing]) -> None:
        await desk.accounts.reset_totp(ask["person_id"], ask.caller.person, actor=ask.caller.actor)


def _add_sessions(book: Book, desk: Desk) -> None:
    store = desk.gateway.store.people

    @book.call(
        "GET",
        "/people/{person_id}/sessions",
        tag="people",
        title="The sessions of an account",
        more="The latest first.",
        answers=Answer(what=list[SessionOut], text="The sessions."),
        problems=("not_found",),
    )
    async def sessions(ask: Ask[Nothing, Nothing]) -> list[SessionOut]:
        person = await desk.accounts.get(ask["person_id"], ask.caller.person)
        return [session_out(each, ask.caller.session) for each in await store.sessions.list(person.id)]

    @book.call(
        "DELETE",
        "/people/{person_id}/sessions",
        tag="people",
        title="End all sessions and API tokens of an account",
        answers=Answer(what=EndedOut),
        problems=("not_found",),
    )
    async def end_sessions(ask: Ask[Nothing, Nothing]) -> EndedOut:
        person = await desk.accounts.get(ask["person_id"], ask.caller.person)
        return EndedOut(await store.shut_out(person.id, actor=ask.caller.actor))


def _domains(domains: Sequence[str] | None) -> frozenset[str] | None:
    return None if domains is None else frozenset(domains)


def _refusal(error: Unfit | OutOfReach, language: str) -> Problem:
    if isinstance(error, OutOfReach):
        return Problem("no_right", word("out_of_reach", language))
    return invalid_at(error.field, word(error.why, language))
