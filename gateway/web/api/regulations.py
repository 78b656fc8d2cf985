"""Rules and profiles: what they say, whether a text of rules is sound, whom they mean, and trying them out."""

import asyncio
from datetime import datetime
from typing import Annotated, Final

import msgspec
from fastapi import Response
from msgspec import Meta

from gateway.model import Decision, Direction
from gateway.settings import SettingsError
from gateway.settings.checks import together_problems
from gateway.settings.icap_checks import icap_rule_problems
from gateway.settings.loading import rules_of
from gateway.viewing import Tried as TriedBytes
from gateway.web.api.calls import Answer, Ask, Book, Nothing, Raw, answered
from gateway.web.api.looks import PagesOut, PageSpan, pages_out, seen, viewer_of
from gateway.web.api.problem import Problem
from gateway.web.api.shapes import PartOut, parts_out
from gateway.web.desk import Desk
from gateway.web.downloads import MEDIA_TYPE, attachment
from gateway.web.reading.matrix import profile_for
from gateway.web.trying import MOST_BYTES, Tried
from sanitizers.rules import Assignment, Budget, FileBudget, Kind, Profile, Retention
from sanitizers.views import Shown, ViewWish

RULES_BYTES: Final = 262_144
PLAIN: Final = "text/plain"


class RulesOut(msgspec.Struct, frozen=True, kw_only=True):
    """All of rules.toml, as it is in force."""

    profiles: dict[str, Profile]
    assignments: tuple[Assignment, ...]
    budget: Budget
    file_budget: FileBudget
    retention: Retention


class CheckOut(msgspec.Struct, frozen=True):
    """Every problem of a text of rules, in a line each that names the key."""

    sound: bool
    problems: tuple[str, ...]


class Whose(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A recipient."""

    recipient: Annotated[str, Meta(min_length=3, max_length=320, pattern="^[^@]+@[^@]+$")]
    direction: Direction = Direction.INBOUND


class ChosenOut(msgspec.Struct, frozen=True):
    """Their profile, and the number of the assignment that says so, from 1; null: none matches."""

    profile: str
    assignment: int | None


class HowToTry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What it is, what it is called, and under which profile."""

    kind: Kind = Kind.FILE
    name: Annotated[str, Meta(max_length=255, description="the claimed file name")] = ""
    profile: Annotated[str, Meta(max_length=100)] = "standard"


class TriedOut(msgspec.Struct, frozen=True, kw_only=True):
    """What would have become of it."""

    id: str
    kind: Kind
    name: str
    profile: str
    decision: Decision
    parts: tuple[PartOut, ...]
    clean: "CleanOut | None"  #: null: nothing would go on
    ends_at: datetime  #: forgotten then


class CleanOut(msgspec.Struct, frozen=True):
    """What would go on: `GET /try/{tried_id}/clean` gives it."""

    name: str
    type: str
    size: int


def add_regulations(book: Book, desk: Desk) -> None:
    """Adds the calls."""
    _add_rules(book, desk)
    _add_tries(book, desk)


def _add_rules(book: Book, desk: Desk) -> None:
    gateway = desk.gateway

    @book.call(
        "GET", "/rules", tag="rules", title="The rules in force", answers=Answer(what=RulesOut, text="The rules.")
    )
    async def rules(ask: Ask[Nothing, Nothing]) -> RulesOut:  # noqa: ARG001 - every call is asked alike
        said = gateway.rules
        return RulesOut(
            profiles=said.profiles,
            assignments=said.assignments,
            budget=said.budget,
            file_budget=said.file_budget,
            retention=said.retention,
        )

    @book.call(
        "GET",
        "/rules/profile",
        tag="rules",
        title="Which profile a recipient gets",
        query=Whose,
        answers=Answer(what=ChosenOut, text="The profile."),
        problems=("invalid",),
    )
    async def profile(ask: Ask[Whose, Nothing]) -> ChosenOut:
        chosen = profile_for(gateway.rules, ask.query.recipient, ask.query.direction.value)
        return ChosenOut(chosen.profile, chosen.number)

    @book.call(
        "POST",
        "/rules/check",
        tag="rules",
        title="Check a text of rules",
        more="The text of a rules.toml; nothing is changed. Every problem is named, not the first alone.",
        body=Raw,
        body_media=PLAIN,
        body_bytes=RULES_BYTES,
        answers=Answer(what=CheckOut, text="What is wrong with it."),
    )
    async def check(ask: Ask[Nothing, Raw]) -> CheckOut:
        problems = await asyncio.to_thread(_problems, ask.body.data, desk)
        return CheckOut(not problems, problems)


def _problems(text: bytes, desk: Desk) -> tuple[str, ...]:
    try:
        rules = rules_of(text)
    except SettingsError as error:
        return error.problems
    settings = desk.gateway.settings
    return (*together_problems(settings, rules), *icap_rule_problems(settings, rules))


def _add_tries(book: Book, desk: Desk) -> None:
    trying = desk.bench.trying

    @book.call(
        "POST",
        "/try",
        tag="rules",
        title="Try a mail or a file",
        more="The bytes as the body. They are cleaned as if they had come in; the result stays in memory for 15 "
        "minutes, for the caller alone, and is written nowhere.",
        query=HowToTry,
        body=Raw,
        body_media=MEDIA_TYPE,
        body_bytes=MOST_BYTES,
        answers=Answer(status=201, what=TriedOut, text="What would become of it."),
        problems=("invalid",),
    )
    async def begin(ask: Ask[HowToTry, Raw]) -> Response:
        how = ask.query
        tried = await trying.begin(ask.caller, ask.body.data, how.kind, how.name, how.profile)
        return answered(tried_out(tried), 201, Location=f"/api/v1/try/{tried.id}")

    @book.call(
        "GET",
        "/try/{tried_id}",
        tag="rules",
        title="What came of a try",
        answers=Answer(what=TriedOut, text="What would become of it."),
        problems=("not_found",),
    )
    async def get(ask: Ask[Nothing, Nothing]) -> TriedOut:
        return tried_out(trying.get(ask.caller, ask["tried_id"]))

    @book.call(
        "GET",
        "/try/{tried_id}/clean",
        tag="rules",
        title="The clean version of a try",
        answers=Answer(media=MEDIA_TYPE, text="The bytes, to be saved and not shown."),
        problems=("not_found", "conflict"),
    )
    async def clean(ask: Ask[Nothing, Nothing]) -> Response:
        tried = trying.get(ask.caller, ask["tried_id"])
        if tried.cleaned.data is None:
            raise Problem("conflict", reason="nothing_clean")
        return attachment(tried.cleaned.data, clean_name(tried))

    @book.call(
        "GET",
        "/try/{tried_id}/pages/{side}",
        tag="rules",
        title="Pictures of the pages of a try, as it came or as it would go on",
        query=PageSpan,
        answers=Answer(what=PagesOut, text="The pictures, PNG in Base64."),
        problems=("not_found", "conflict"),
    )
    async def pages(ask: Ask[PageSpan, Nothing]) -> PagesOut:
        tried = trying.get(ask.caller, ask["tried_id"])
        asked = ask.query
        wish = ViewWish(Shown.PAGES, path="1", first=asked.first, count=asked.count, width=asked.width)
        return pages_out(await seen(viewer_of(desk).of_tried(_side(tried, ask["side"], desk), wish)))

    @book.call(
        "DELETE",
        "/try/{tried_id}",
        tag="rules",
        title="Forget a try",
        answers=Answer(status=204, text="Forgotten."),
        problems=("not_found",),
    )
    async def forget(ask: Ask[Nothing, Nothing]) -> None:
        trying.forget(ask.caller, ask["tried_id"])


def _side(tried: Tried, side: str, desk: Desk) -> TriedBytes:
    profile = desk.gateway.rules.profiles[tried.profile]
    if side == "before":
        return TriedBytes(tried.original, tried.kind, tried.name, profile=profile)
    if side == "after" and tried.cleaned.data is not None:
        return TriedBytes(tried.cleaned.data, tried.kind, tried.cleaned.name, profile=profile)
    raise Problem("not_found")


def clean_name(tried: Tried) -> str:
    """What the clean version is called."""
    return tried.cleaned.name or ("clean.eml" if tried.kind is Kind.MAIL else "clean")


def tried_out(tried: Tried) -> TriedOut:
    """As the API says it."""
    cleaned = tried.cleaned
    clean = None
    if cleaned.data is not None:
        clean = CleanOut(clean_name(tried), cleaned.type, len(cleaned.data))
    return TriedOut(
        id=tried.id,
        kind=tried.kind,
        name=tried.name,
        profile=tried.profile,
        decision=tried.decision,
        parts=parts_out(cleaned.report),
        clean=clean,
        ends_at=tried.ends_at,
    )
