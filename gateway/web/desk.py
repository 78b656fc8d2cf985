"""Makes pages: templates in the reader's language, with what every page knows."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import jinja2
import msgspec
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from gateway.access.accounts import Accounts
from gateway.access.callers import csrf_token
from gateway.access.model import Caller
from gateway.access.rights import Right
from gateway.access.signin import Doorkeeper
from gateway.web.bench import Bench
from gateway.web.doors import door_of
from gateway.web.guard import Guard
from gateway.web.health import Served
from gateway.web.reading.plain import details, number, octets, seconds
from gateway.web.routes import ROUTES
from gateway.web.static_files import StaticFiles
from gateway.web.wording import LANGUAGES, WORDS, actor_said, enum_word, finding_said, symbol, word

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGE_COOKIE = "kiyome_language"
LANGUAGE_SECONDS = 365 * 24 * 3600


class Section(msgspec.Struct, frozen=True):
    """One entry of the main menu; shown to whoever has the right."""

    path: str
    word: str
    need: Right


#: In the order of the menu.
SECTIONS = (
    Section("/", "section_overview", Right.STATISTICS),
    Section("/items", "section_items", Right.ITEMS_SEE),
    Section("/approvals", "section_approvals", Right.ITEMS_RELEASE),
    Section("/approvals", "section_approvals", Right.ITEMS_APPROVE),
    Section("/transfers", "section_transfers", Right.TRANSFER),
    Section("/try", "section_try", Right.TRY),
    Section("/rules", "section_rules", Right.RULES),
    Section("/audit", "section_audit", Right.AUDIT),
    Section("/people", "section_people", Right.PEOPLE),
    Section("/system", "section_system", Right.SYSTEM),
    Section("/mailbox", "section_mailbox", Right.SYSTEM),
)


class Desk:
    """What pages need: the gateway, the door, and the words."""

    def __init__(self, gateway: Served, doorkeeper: Doorkeeper, guard: Guard, *, trial: bool) -> None:
        self.gateway = gateway
        self.doorkeeper = doorkeeper
        self.accounts = Accounts(gateway.store.people)
        self.bench = Bench(gateway)
        self.guard = guard
        self.static = StaticFiles()
        self._trial = trial
        self._zone = ZoneInfo(gateway.settings.zone)
        loader = jinja2.FileSystemLoader(TEMPLATES)
        self._templates = jinja2.Environment(
            loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.filters.update(octets=octets, seconds=seconds, number=number, details=details)

    def language(self, request: Request) -> str:
        """?lang, else the cookie, else the settings' first language."""
        asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
        return asked if asked in LANGUAGES else self.gateway.settings.language

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page in the reader's language; a language asked for by ?lang is remembered."""
        language = self.language(request)
        caller: Caller | None = getattr(request.state, "caller", None)
        token = self.guard.cookies.of(request)
        fresh = token or self.guard.cookies.fresh(request)
        body = self._templates.get_template(template).render(
            language=language,
            t=lambda key, **filled: word(key, language, **filled),
            known=WORDS.__contains__,
            say=lambda member: enum_word(member, language),
            symbol=symbol,
            sentence=lambda found, kind: finding_said(found.threat, found.action, kind, language),
            who=lambda actor: actor_said(actor, language),
            when=self.when,
            when_said=lambda text: self.when(datetime.fromisoformat(text)),
            caller=caller,
            can=lambda right: caller is not None and Right(right) in caller.rights,
            sections=self._sections(request, caller),
            here=_here(request),
            static=self.static.path,
            csrf=csrf_token(fresh),
            trial=self._trial,
            **values,
        )
        response = HTMLResponse(body, status_code=status)
        if not token:
            self.guard.cookies.set(response, fresh)
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, language, LANGUAGE_SECONDS, httponly=True, samesite="strict")
        return response

    def when(self, moment: datetime) -> str:
        """To the minute in the configured zone."""
        return moment.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")

    def _sections(self, request: Request, caller: Caller | None) -> list[tuple[str, str, bool]]:
        """Path, word and whether it is the one shown now, of each that there is and that the caller may see."""
        if caller is None:
            return []
        served, door = request.app.state.served, door_of(request)
        here = [each for each in SECTIONS if each.path in served and door.serves(ROUTES[f"GET {each.path}"].where)]
        shown = {each.path: each.word for each in here if each.need in caller.rights}
        return [(path, word_, _within(request.scope["path"], path)) for path, word_ in shown.items()]


def see_other(path: str) -> RedirectResponse:
    """After something was done: the page that shows it."""
    return RedirectResponse(path, 303)


def _within(path: str, section: str) -> bool:
    return re.match(rf"{re.escape(section)}(?:/|$)", path) is not None


def _here(request: Request) -> str:
    """The start of a link to this page in another language."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return "?" + (urlencode(query) + "&" if query else "")
