"""Sign-in through an identity provider: out to it, and back."""

import hmac
import logging
from typing import Final

import msgspec
from fastapi import FastAPI, Request, Response

from gateway.access.callers import utc_now
from gateway.access.provider import Journey, NotProven, Provider, ProviderFailed, proven_at
from gateway.access.signin import PENDING
from gateway.access.totp import Seal, SealBroken
from gateway.access.vouching import Refused, account_of, vouched
from gateway.settings import secret_value
from gateway.settings.keys import access_key_path, kept_key
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk, see_other
from gateway.web.doors import door_of, transfer_door
from gateway.web.guard import own_path
from gateway.web.pages.signing_in import further

BACK: Final = "/sign-in/oidc/back"
SEALED_FOR: Final = "oidc"
LONGEST_CODE: Final = 4_096

log = logging.getLogger(__name__)


def add_oidc(app: FastAPI, desk: Desk) -> None:
    """Adds the routes; without `[web.oidc]` there is nothing behind them."""
    web = desk.gateway.settings.web
    app.state.provider, app.state.providers = None, {}
    if web.oidc is not None:
        secret = secret_value(web.oidc.client_secret, "web.oidc.client_secret").decode()
        app.state.provider = Provider(web.oidc, secret, web.public_url.rstrip("/") + BACK)
        # Whoever begins at a door comes back to it; one without an address of its own signs nobody in this way.
        for door in map(transfer_door, desk.gateway.settings.transfers.listeners):
            if door.public_url:
                app.state.providers[door.name] = Provider(web.oidc, secret, door.public_url.rstrip("/") + BACK)
    travels = Travels(desk)

    @app.get("/sign-in/oidc", include_in_schema=False)
    async def out(request: Request) -> Response:
        going_to = own_path(request.query_params.get("next", "/"))
        afresh = request.query_params.get("afresh") == "1"
        try:
            address, journey = await _provider(request).begin(going_to, afresh=afresh, now=utc_now())
        except ProviderFailed as error:
            return _failed(desk, request, error)
        response = see_other(address)
        travels.send(response, journey)
        return response

    @app.get(BACK, include_in_schema=False)
    async def back(request: Request) -> Response:
        provider = _provider(request)
        journey = travels.returned(request)
        try:
            response = await _back(desk, provider, request, journey)
        except ProviderFailed as error:
            response = _failed(desk, request, error)
        except NotProven as error:
            response = await _refused(desk, request, Refused("oidc_not_proven"), str(error))
        except Refused as error:
            response = await _refused(desk, request, error, error.why)
        travels.end(response)
        return response


async def _back(desk: Desk, provider: Provider, request: Request, journey: Journey | None) -> Response:
    asked = request.query_params
    if journey is None or not hmac.compare_digest(journey.state.encode(), asked.get("state", "").encode()):
        raise NotProven("the browser that came back is not the one that went")
    settings = desk.gateway.settings.web.oidc
    if settings is None or asked.get("iss", settings.issuer) != settings.issuer:  # RFC 9207: which provider answers
        raise NotProven("another provider answers")
    if "error" in asked:
        raise Refused("oidc_denied")
    code = asked.get("code", "")
    if not code or len(code) > LONGEST_CODE:
        raise NotProven("there is no code")
    now, store = utc_now(), desk.gateway.store
    claims = await provider.claims(journey, code, now)
    if not await store.tellings.once(f"oidc {journey.nonce}", now):
        raise NotProven("this sign-in is over already")
    them = vouched(claims, settings)
    person = await account_of(store.people, them)
    old = desk.guard.cookies.of(request)
    progress = await desk.doorkeeper.vouched_for(
        person, desk.guard.client(request), second_factor=them.second_factor, proven_at=proven_at(claims)
    )
    await desk.doorkeeper.leave(old)
    return further(desk, progress, journey.going_to)


async def _refused(desk: Desk, request: Request, error: Refused, why: str) -> Response:
    log.warning("a sign-in through the identity provider was refused: %s", why)
    client = desk.guard.client(request).address
    await desk.gateway.store.people.note(
        "sign_in_refused", actor=f"client:{client}", person=error.login, step="oidc", why=error.why
    )
    return desk.page(request, "sign_in_refused.html", 403, why=error.why, contact=desk.gateway.settings.contact)


def _failed(desk: Desk, request: Request, error: ProviderFailed) -> Response:
    log.warning("sign-in through the identity provider: %s", error)
    contact = desk.gateway.settings.contact
    return desk.page(request, "sign_in_refused.html", 503, why="oidc_failed", contact=contact)


def _provider(request: Request) -> Provider:
    door, state = door_of(request), request.app.state
    provider: Provider | None = state.provider if door.is_admin else state.providers.get(door.name)
    if provider is None:
        raise Problem("not_found")
    return provider


class Travels:
    """What a browser keeps while its person is at the provider: it can be neither read nor made by anybody else."""

    def __init__(self, desk: Desk) -> None:
        settings = desk.gateway.settings
        self._seal = Seal(kept_key(access_key_path(settings)))
        self._secure = settings.web.secure_cookies
        self.name = "__Host-kiyome-oidc" if self._secure else "kiyome-oidc"

    def send(self, response: Response, journey: Journey) -> None:
        """Lax: the provider sends the browser back by a link."""
        sealed = self._seal.close(msgspec.json.encode(journey).decode(), SEALED_FOR)
        seconds = int(PENDING.total_seconds())
        response.set_cookie(self.name, sealed, seconds, secure=self._secure, httponly=True, samesite="lax", path="/")

    def returned(self, request: Request) -> Journey | None:
        """None when this browser has begun nothing, or too long ago."""
        try:
            text = self._seal.open(request.cookies.get(self.name, ""), SEALED_FOR)
            journey = msgspec.json.decode(text, type=Journey)
        except (SealBroken, msgspec.DecodeError):
            return None
        return journey if utc_now().timestamp() - journey.begun_at < PENDING.total_seconds() else None

    def end(self, response: Response) -> None:
        """Once."""
        response.delete_cookie(self.name, secure=self._secure, httponly=True, samesite="lax", path="/")
