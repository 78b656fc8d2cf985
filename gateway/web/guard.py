"""Between the network and every route: who asks, whether they may, whether the request came from our own page."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
from fastapi import Request, Response
from fastapi.routing import APIRoute

from gateway.access.callers import csrf_fits, door_mark, new_token
from gateway.access.model import Caller
from gateway.access.rights import Right
from gateway.access.signin import Client, Doorkeeper
from gateway.settings import WebSettings
from gateway.web.api.problem import Problem, is_api
from gateway.web.clients import Proxies
from gateway.web.doors import door_of
from gateway.web.pace import ADDRESS, LINK, PERSON, Pace
from gateway.web.routes import ROUTES, Access, Activity, Proof, Row

BODY_BYTES = 65_536  #: of a request, unless its route says more
FORM_FIELDS = 1_000
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TRANSFERS = "/transfers"  #: where a transfer door begins
FORM_TYPE = "application/x-www-form-urlencoded"


class SendTo(Exception):
    """A person is to go to another page first."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Form(msgspec.Struct, frozen=True):
    """The fields of a form."""

    fields: dict[str, list[str]]

    def get(self, name: str) -> str:
        """The first value; "" when there is none."""
        return self.fields.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Every value, as of check boxes."""
        return self.fields.get(name, [])


class Cookies:
    """The session's cookie: how it is named and set."""

    def __init__(self, settings: WebSettings) -> None:
        self._secure = settings.secure_cookies
        #: The prefix makes browsers refuse one that another host or path has set (RFC 6265bis section 4.1.3.2).
        self.name = "__Host-kiyome" if settings.secure_cookies else "kiyome"

    def at(self, mark: str) -> str:
        """Its name at one door: browsers send cookies to every port of a host (RFC 6265 section 8.5)."""
        return f"{self.name}-{mark}" if mark else self.name

    def of(self, request: Request) -> str:
        """The token that the request carries; "" for none, and for one of another door."""
        mark = door_of(request).mark
        token = request.cookies.get(self.at(mark), "")
        return token if door_mark(token) == mark else ""

    def fresh(self, request: Request) -> str:
        """For a stranger: nothing but what their forms are held against."""
        return new_token(door_of(request).mark)

    def set(self, response: Response, token: str) -> None:
        """Until the browser is closed; how long it is worth something, the store knows.

        Lax: a link in a notice finds its reader signed in. What changes something asks for more than the cookie.
        """
        name = self.at(door_mark(token))
        response.set_cookie(name, token, secure=self._secure, httponly=True, samesite="lax", path="/")

    def forget(self, request: Request, response: Response) -> None:
        """Sign out."""
        name = self.at(door_of(request).mark)
        response.delete_cookie(name, secure=self._secure, httponly=True, samesite="lax", path="/")


class Guard:
    """Admits a request to its route, or raises what is said instead."""

    def __init__(self, doorkeeper: Doorkeeper, settings: WebSettings) -> None:
        self.cookies = Cookies(settings)
        self._doorkeeper = doorkeeper
        self._proxies = Proxies(settings.trusted_proxies)
        self._addresses = Pace(ADDRESS)
        self._people = Pace(PERSON)
        self._links = Pace(LINK)

    def client(self, request: Request) -> Client:
        """Who stands at the door."""
        agent = request.headers.get("user-agent", "")
        return Client(self._proxies.address(request), agent, door_of(request).mark)

    def scheme(self, request: Request) -> str:
        """Http or https, as the client sees it."""
        return self._proxies.scheme(request)

    def try_link(self, request: Request) -> None:
        """Before what a link of a notice is about is even looked for. Raises Problem too_many."""
        _slow_down(self._links, self._proxies.address(request))

    async def admit(self, request: Request, row: Row) -> None:
        """Leaves the caller and the form in `request.state`. Raises Problem or SendTo."""
        _slow_down(self._addresses, self._proxies.address(request))
        _is_served_here(request, row)
        token = self.cookies.of(request)
        caller = await self._by_api_token(request)
        if caller is None:
            await self._own_page(request, token)
            quiet = row.activity is Activity.QUIET
            caller = await self._doorkeeper.session(token, quiet=quiet) if token else None
        request.state.caller = caller
        if row.need is Access.PUBLIC:
            return
        if row.need is Access.STEP:
            await self._at_a_step(token)
            return
        self._may(request, caller, row)

    async def _at_a_step(self, token: str) -> None:
        if await self._doorkeeper.step(token) is None:
            raise SendTo("/sign-in")

    def _may(self, request: Request, caller: Caller | None, row: Row) -> None:
        if caller is None:
            _ask_to_sign_in(request)
            return
        _slow_down(self._people, caller.person.id)
        if isinstance(row.need, Right) and row.need not in caller.rights:
            raise Problem("no_right")
        if row.proof is Proof.FRESH:
            self.prove(request)

    def prove(self, request: Request) -> None:
        """Who asks has proved of late who they are. Raises Problem or SendTo."""
        caller = caller_of(request)
        if self._doorkeeper.is_strong(caller):
            return
        if is_api(request) or not caller.session:
            raise Problem("proof_needed")
        raise SendTo("/confirm?next=" + quote(_page_of(request), safe="/"))

    async def _by_api_token(self, request: Request) -> Caller | None:
        """An API token speaks to the API alone; a wrong one is never made up for by a cookie."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if not is_api(request) or scheme.lower() != "bearer":
            return None
        caller = await self._doorkeeper.callers.by_token(value.strip())
        if caller is None:
            raise Problem("not_signed_in", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return caller

    async def _own_page(self, request: Request, token: str) -> None:
        """Against requests that another site makes a browser send: where it came from, and a value of our own page."""
        if request.method in SAFE_METHODS:
            return
        self._same_origin(request)
        given = request.headers.get("x-csrf-token", "")
        is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM_TYPE
        request.state.form = await _read_form(request) if is_form and not is_api(request) else Form({})
        if is_api(request) and not token:
            return  # nothing is sent by itself that could be misused
        if not csrf_fits(token, given or request.state.form.get("csrf")) or not token:
            raise Problem("cross_site")

    def _same_origin(self, request: Request) -> None:
        site = request.headers.get("sec-fetch-site", "same-origin")  # old browsers and programs send none
        origin = request.headers.get("origin", "")
        ours = f"{self._proxies.scheme(request)}://{request.headers.get('host', '')}"
        if site not in {"same-origin", "none"} or (origin and origin.lower() != ours.lower()):
            raise Problem("cross_site")


def caller_of(request: Request) -> Caller:
    """Whoever the guard has admitted; on routes that are not public there always is somebody."""
    caller: Caller | None = request.state.caller
    if caller is None:
        raise Problem("not_signed_in")
    return caller


def form_of(request: Request) -> Form:
    """The form that the guard has read."""
    form: Form = request.state.form
    return form


async def received(request: Request) -> bytes:
    """The body; nothing else reads one. Raises Problem too_large beyond what its route takes."""
    read: bytes | None = getattr(request.state, "body", None)
    if read is not None:  # by the guard: it was called a form
        return read
    pieces = bytearray()
    async for piece in request.stream():
        pieces += piece
        if len(pieces) > request.state.most:
            raise _too_large(request)
    request.state.body = read = bytes(pieces)
    return read


def _check_length(request: Request) -> None:
    """What is announced to be too much is not even begun."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and announced.isascii() and int(announced[:20]) > request.state.most:
        raise _too_large(request)


def _check_address(request: Request) -> None:
    """NUL is in no name of ours, and no database takes it; what is not ASCII, browsers write with percent signs."""
    query: bytes = request.scope["query_string"]
    if "\0" in request.scope["path"] or b"%00" in query or not query.isascii():
        raise Problem("invalid")


def _too_large(request: Request) -> Problem:
    return Problem("too_large", f"{request.state.most} bytes at most")


def own_path(text: str) -> str:
    """A path of ours to go on to, as an address bar may hold it; anything else leads to the start."""
    plain = text.isascii() and text.isprintable() and "\\" not in text
    inside = plain and text.startswith("/") and not text.startswith("//") and not urlsplit(text).netloc
    return text if inside else "/"


class GuardedRoute(APIRoute):
    """A route that asks the guard first, before even a body is read. Only what ROUTES names can be one."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        methods = options.get("methods") or ["GET"]
        (method,) = methods
        self._row = ROUTES[f"{method} {path}"]  # KeyError: add the route to the table
        # The framework would count, too, but say what it refuses in another shape than every other problem.
        self._most = options.pop("max_body_size", None) or BODY_BYTES
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler behind the guard."""
        go_on = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            guard: Guard = request.app.state.guard
            request.state.most = self._most
            _check_length(request)
            _check_address(request)
            await guard.admit(request, self._row)
            return await go_on(request)

        return guarded


def _is_served_here(request: Request, row: Row) -> None:
    """What a door does not serve is not there; whoever goes to the start of a transfer door goes to the transfers."""
    door = door_of(request)
    if door.serves(row.where):
        return
    if request.scope["route"].path == "/" and not is_api(request):
        raise SendTo(TRANSFERS)
    request.state.caller = None  # nobody was asked who they are; a page says no name
    raise Problem("not_found")


def _slow_down(pace: Pace, client: str) -> None:
    seconds = pace.seconds_to_wait(client)
    if seconds:
        raise Problem("too_many", headers={"Retry-After": str(seconds)})


def _ask_to_sign_in(request: Request) -> None:
    if is_api(request):
        raise Problem("not_signed_in", headers={"WWW-Authenticate": "Bearer"})
    raise SendTo("/sign-in?next=" + quote(_page_of(request), safe="/"))


def _page_of(request: Request) -> str:
    """The page that a person was on: of a form that does something, the one above it."""
    path: str = request.scope["path"]
    if request.method in SAFE_METHODS:
        query = request.scope["query_string"].decode("ascii")
        return own_path(f"{path}?{query}" if query else path)
    route = request.scope["route"].path
    return own_path(path if f"GET {route}" in ROUTES else path.rpartition("/")[0] or "/")


async def _read_form(request: Request) -> Form:
    try:
        text = (await received(request)).decode()
        if "%00" in text or "\0" in text:
            raise Problem("invalid")
        return Form(parse_qs(text, keep_blank_values=True, max_num_fields=FORM_FIELDS, strict_parsing=bool(text)))
    except ValueError as error:  # not UTF-8, not a form, or too many fields
        raise Problem("bad_request") from error
