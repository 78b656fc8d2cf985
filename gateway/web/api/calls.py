"""How a call of the API is declared: what it takes, answers and refuses, for the code and the guide alike."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Generic, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from fastapi import FastAPI, Request, Response

from gateway.access.model import Caller
from gateway.web.api.problem import FieldProblem, Problem
from gateway.web.guard import BODY_BYTES, caller_of, received

ROOT: Final = "/api/v1"
JSON: Final = "application/json"
UNCOUNTED: Final = 1 << 62  #: bytes of a streamed body: whoever reads it counts

Q = TypeVar("Q", bound=msgspec.Struct)
B = TypeVar("B", bound=msgspec.Struct)
T = TypeVar("T")


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters."""


class Raw(msgspec.Struct, frozen=True):
    """A body that is not JSON."""

    data: bytes


class Streamed(msgspec.Struct, frozen=True):
    """A body that the handler reads itself, piece by piece."""


class Ask(Generic[Q, B]):
    """One request, read and checked."""

    def __init__(self, request: Request, query: Q, body: B) -> None:
        self.request = request
        self.query = query
        self.body = body

    @property
    def caller(self) -> Caller:
        """Who asks; the guard has let them through."""
        return caller_of(self.request)

    def __getitem__(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])


Handler = Callable[[Ask[Q, B]], Awaitable[Any]]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which a call can end well."""

    status: int = 200
    what: Any = None  #: a type for JSON; None: no body, or `media`
    media: str = JSON
    text: str = "Done."


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the API."""

    method: str
    path: str
    tag: str
    title: str  #: one line
    more: str
    query: type[msgspec.Struct]
    body: type[msgspec.Struct] | None
    body_media: str
    body_bytes: int
    answers: tuple[Answer, ...]
    problems: tuple[str, ...]  #: kinds, beside those that every call can give
    example: Any  #: of the body
    answer_example: Any
    headers: tuple[str, ...]  #: request headers that mean something here: names in openapi.HEADERS

    @property
    def route(self) -> str:
        """As it stands in the guard's table."""
        return f"{self.method} {self.path}"


class Book:
    """All calls of an application."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self.calls: list[Call] = []

    def call(  # noqa: PLR0913 - the columns of a table
        self,
        method: str,
        path: str,
        *,
        tag: str,
        title: str,
        more: str = "",
        query: type[Q] = Nothing,  # type: ignore[assignment] # the default of a type variable
        body: type[B] = Nothing,  # type: ignore[assignment]
        body_media: str = JSON,
        body_bytes: int = BODY_BYTES,
        answers: Answer | tuple[Answer, ...],
        problems: tuple[str, ...] = (),
        example: Any = None,
        answer_example: Any = None,
        headers: tuple[str, ...] = (),
        root: str = ROOT,
    ) -> Callable[[Handler[Q, B]], Handler[Q, B]]:
        """Declares a call and serves it; the handler gives a Struct, a Response or None."""
        call = Call(
            method=method,
            path=root + path,
            tag=tag,
            title=title,
            more=more,
            query=query,
            body=None if body is Nothing else body,
            body_media=body_media,
            body_bytes=body_bytes,
            answers=answers if isinstance(answers, tuple) else (answers,),
            problems=problems,
            example=example,
            answer_example=answer_example,
            headers=headers,
        )

        def serve(handler: Handler[Q, B]) -> Handler[Q, B]:
            async def endpoint(request: Request) -> Response:
                given: Any = Nothing() if call.body is None else await _body(request, call)
                asked = query_of(request, query)
                return _response(await handler(Ask(request, asked, given)), call)

            self.calls.append(call)
            name = re.sub(r"\W+", "_", handler.__qualname__.rpartition(".")[2])
            self._app.add_api_route(
                call.path,
                endpoint,
                methods=[method],
                name=name,
                include_in_schema=False,
                max_body_size=UNCOUNTED if call.body is Streamed else call.body_bytes,
            )
            return handler

        return serve


def query_of(request: Request, kind: type[Q]) -> Q:
    """The parameters of the address. Raises Problem: a name unknown or given twice, a value that does not fit."""
    many = lists_of(kind)
    values: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in many:
            values.setdefault(name, []).append(value)
        elif name in values:
            raise invalid_at(name, "stands twice")
        else:
            values[name] = value
    return _converted(values, kind)


def lists_of(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Names of the parameters that may stand several times."""
    hints = get_type_hints(kind)
    return frozenset(name for name, hint in hints.items() if get_origin(hint) in {tuple, list, frozenset})


def _converted(values: Mapping[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise invalid(error) from None


def invalid_at(where: str, why: str) -> Problem:
    """One value that does not fit."""
    return Problem("invalid", fields=(FieldProblem(where, why),))


def invalid(error: msgspec.ValidationError) -> Problem:
    """In words, with the place; what was given is not repeated."""
    text, _, place = str(error).partition(" - at `$")
    text = re.sub(r"(Invalid enum value) .*", r"\1", text)
    unknown = re.match(r"Object contains unknown field `(.*)`$", text, re.DOTALL)
    if unknown:
        return invalid_at("", "there is a name that is not known here")
    return invalid_at(place.rstrip("`").lstrip("."), text)


async def _body(request: Request, call: Call) -> msgspec.Struct:
    assert call.body is not None  # noqa: S101 - for mypy
    media = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media != call.body_media and (call.body_media == JSON or call.body is Streamed):
        # Also what keeps another site's form from being taken for a call.
        raise Problem("media_type")
    if issubclass(call.body, Streamed):
        return call.body()
    data = await received(request)
    if issubclass(call.body, Raw):
        return call.body(data)
    if b"\\u0000" in data:  # no database takes it
        raise invalid_at("body", "NUL")
    try:
        return msgspec.json.decode(data, type=call.body)
    except msgspec.ValidationError as error:
        raise invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid_at("body", "not JSON") from None


def _response(answer: Any, call: Call) -> Response:
    if isinstance(answer, Response):
        return answer
    status = call.answers[0].status
    if answer is None:
        return Response(status_code=status)
    return answered(answer, status)


def answered(answer: Any, status: int = 200, **headers: str) -> Response:
    """JSON with another status than the first of the call."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(msgspec.json.encode(answer), status, headers=named, media_type=JSON)


def one_of(kind: Any) -> Any:
    """The type inside `X | None`."""
    inner = [each for each in get_args(kind) if each is not type(None)]
    return inner[0] if len(inner) == 1 else kind
