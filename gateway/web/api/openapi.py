"""The OpenAPI document: every call from the table that serves it, problems in one shape."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Final, get_type_hints

import msgspec

from gateway.access.rights import NOT_FOR_TOKENS, Right
from gateway.web.api.calls import JSON, Answer, Call, Raw, Streamed, lists_of
from gateway.web.api.examples import ITEM_ID
from gateway.web.api.problem import MEDIA_TYPE, STATUS
from gateway.web.reading.inventory import versions
from gateway.web.routes import ROUTES, Access, Proof
from gateway.web.wording import word

REF: Final = "#/components/schemas/{name}"

Refs = dict[Any, dict[str, Any]]

#: Parts of paths: what they are, with a pattern and an example.
PATH: Final[dict[str, tuple[str, str]]] = {
    "item_id": ("Number of an item (受付番号).", ITEM_ID),
    "path": ("A part, as the report names it.", "1.2"),
    "number": ("Of a page, counted from 1.", "1"),
    "approval_id": ("Of a request for a second person.", "0123456789abcdef"),
    "job_id": ("Of a job.", "0123456789abcdef"),
    "tried_id": ("Of a try.", "0123456789abcdef"),
    "side": ("`before` as it came, `after` as it would go on.", "after"),
    "person_id": ("Of an account.", "0123456789abcdef"),
    "session_id": ("Of a session.", "0123456789abcdef"),
    "token_id": ("Of a token.", "0123456789abcdef"),
    "transfer_id": ("Of a transfer.", "0123456789abcdef0123456789abcdef"),
    "upload_id": ("Of an upload.", "0123456789abcdef0123456789abcdef"),
    "search_id": ("Of a saved search.", "0123456789abcdef"),
}
#: Structures of one name are told apart by their modules; the document gives them names of their own.
SAME_NAMES: Final = {"gateway.store.queries.Approval": "Approval", "sanitizers.rules.Approval": "ApprovalRule"}
HEADERS: Final = {
    "Idempotency-Key": "The same key by the same person gives what was begun with it, for 24 hours.",
    "Last-Event-ID": "The last event that the reader has.",
    "Tus-Resumable": "The version of tus: 1.0.0.",
    "Upload-Length": "All bytes of the file.",
    "Upload-Metadata": "Pairs of a key and a value in Base64, with commas between.",
    "Upload-Offset": "Where the piece begins.",
    "Upload-Checksum": "`sha1` or `sha256`, and the digest of the piece in Base64.",
    "Range": "One range of bytes (RFC 9110).",
    "If-Range": "The `ETag` of the answer that is gone on with.",
}
#: Machine words that a problem can carry, beside its kind.
REASONS: Final = (
    ("wrong_state", "The item's state does not allow it."),
    ("on_its_way", "The item is being delivered at this moment."),
    ("nothing_to_deliver", "There is no clean version."),
    ("already_asked", "A release waits for a second person already."),
    ("same_person", "Another person than the one who asked must agree."),
    ("name_taken", "There is one of this name."),
    ("login_taken", "There is an account with this login."),
    ("no_password", "An identity provider vouches for them; there is no password here."),
    ("last_administrator", "Nobody would be left who can give anybody rights."),
    ("original_released", "A person released the original; there is no clean version of it."),
    ("nothing_clean", "Nothing of it may go on."),
    ("bad_cursor", "No list gave this mark, or it is of another order."),
    ("reason_needed", "An auditor has to say why."),
    ("held", "A recipient does not look into what is held."),
    ("no_such_part", "There is no such part, or nothing of it went on."),
    ("no_picture", "Pages of this type are not drawn."),
    ("encrypted", "It is behind a password."),
    ("unreadable", "It is broken."),
    ("too_much", "Time, memory or another limit."),
    ("not_a_mail", "It is a file."),
    ("ended", "The confined process ended abnormally."),
    ("gone", "The bytes were removed at the end of their retention."),
    ("busy", "Too many people look at the same time."),
    ("wrong", "The password or the code does not fit."),
    ("wait", "Too soon after the last try."),
    ("over", "The link can no longer be used."),
    ("transfer_closed", "The transfer was sent, withdrawn or has expired."),
    ("transfer_full", "The transfer has as many files or bytes as it may."),
    ("no_segment", "Files are not handed in at this listener."),
    ("no_address", "The account has no address, which transfers need."),
    ("mixed_profiles", "The rules treat the recipients differently: send two transfers."),
    ("upload_over", "The upload is complete, given up or expired."),
    ("upload_busy", "Another request is writing to it."),
    ("wrong_offset", "The upload goes on elsewhere: `Upload-Offset` says where."),
    ("too_long", "More bytes than were announced."),
    ("piece_too_large", "One piece is too large; send several."),
    ("not_ready", "It is not clean yet, or not to be fetched."),
    ("key_used", "The key was used for another request."),
    ("in_progress", "The first request with this key has no answer yet."),
    ("full", "There is no room at the moment."),
)
PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `type` and `reason` are for programs, `title` and `detail` for people.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "enum": [f"urn:kiyome:problem:{kind}" for kind in STATUS]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "reason": {"type": "string", "enum": [name for name, _ in REASONS]},
        # Of a password that opened nothing.
        "answer": {"type": "string", "enum": ["wrong", "wait", "over"]},
        "wait_seconds": {"type": "integer"},
        "tries_left": {"type": "integer"},
        # Of a file that was to be cleaned at once.
        "item": {"type": "string"},
        "report": {"type": ["object", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "problem"],
                "properties": {"where": {"type": "string"}, "problem": {"type": "string"}},
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
INTRODUCTION: Final = (
    "Everything that a page of Kiyome shows can be had here. Times are ISO 8601 in UTC, pages go by a cursor, every "
    "error is a problem (RFC 9457). Programs send `Authorization: Bearer kiyome_…`; pages send the session's cookie, "
    "and with every change `X-CSRF-Token`."
)


SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-kiyome"},
}


class Document:
    """Made when it is first asked for: then all calls are there."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self._calls = calls

    @cached_property
    def as_json(self) -> bytes:
        """The document as it is served."""
        return msgspec.json.encode(self.tree)

    @cached_property
    def tree(self) -> dict[str, Any]:
        """The document."""
        refs, shapes = schemas_of(self._calls)
        paths: dict[str, dict[str, Any]] = {}
        for call in self._calls:
            paths.setdefault(call.path, {})[call.method.lower()] = operation(call, refs)
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "Kiyome",
                "summary": "The sanitising mail and file gateway / 無害化ゲートウェイ",
                "description": INTRODUCTION,
                "version": dict(versions())["Kiyome"],
            },
            "paths": dict(sorted(paths.items())),
            "components": {"schemas": shapes | {"Problem": PROBLEM}, "securitySchemes": SCHEMES},
        }


def operation(call: Call, refs: Refs) -> dict[str, Any]:
    """One call."""
    said: dict[str, Any] = {
        "tags": [call.tag],
        "summary": call.title,
        "description": _more(call.route, call.more),
        "operationId": re.sub(r"\W+", "_", f"{call.method.lower()}{call.path.removeprefix('/api/v1')}").strip("_"),
        "parameters": [*_path_parameters(call.path), *query_parameters(call.query), *_headers(call)],
        "responses": _responses(call, refs),
        "security": _security(call.route),
    }
    if call.body is not None:
        content = {} if issubclass(call.body, Raw | Streamed) else {"schema": refs[call.body]}
        if call.example is not None:
            content["example"] = call.example
        said["requestBody"] = {
            "required": not issubclass(call.body, Raw | Streamed),
            "content": {call.body_media: content},
        }
    return {name: value for name, value in said.items() if value}


def _more(route: str, more: str) -> str:
    need = ROUTES[route].need
    asks = {
        Access.PUBLIC: "",
        Access.SIGNED_IN: "For everybody who is signed in.",
        Access.STEP: "",
    }
    said = f"Needs the right `{need.value}`." if isinstance(need, Right) else asks[need]
    return f"{more} {said}".strip()


def _security(route: str) -> list[dict[str, list[str]]]:
    row = ROUTES[route]
    if row.need is Access.PUBLIC:
        return []
    by_session: dict[str, list[str]] = {"session": []}
    if row.proof is Proof.FRESH or row.need in NOT_FOR_TOKENS:
        return [by_session]
    return [{"token": []}, by_session]


def _path_parameters(path: str) -> list[dict[str, Any]]:
    found = [{"name": name, "in": "path", "required": True} for name in re.findall(r"\{(\w+)\}", path)]
    for parameter in found:
        _describe_path(parameter)
    return found


def _describe_path(parameter: dict[str, Any]) -> None:
    words, example = PATH[parameter["name"]]
    parameter |= {"description": words, "schema": {"type": "string"}, "example": example}


def query_parameters(kind: type[msgspec.Struct]) -> list[dict[str, Any]]:
    """One for each field; lists may stand several times."""
    schema = msgspec.json.schema(kind)
    described = schema["$defs"][kind.__name__] if "$defs" in schema else schema
    found = []
    hints, many = get_type_hints(kind, include_extras=True), lists_of(kind)
    for name, hint in hints.items():
        own = msgspec.json.schema_components([hint], ref_template=REF)[0][0]
        default = described["properties"][name].get("default")
        text = described["properties"][name].get("description", own.get("description", ""))
        own = {key: value for key, value in _never_null(own).items() if key not in {"description", "default"}}
        if default not in (None, "", []) and name not in many:
            own["default"] = default
        parameter = {"name": name, "in": "query", "required": name in described.get("required", []), "schema": own}
        if text:
            parameter["description"] = text
        found.append(parameter)
    return found


def _never_null(schema: dict[str, Any]) -> dict[str, Any]:
    """What is left out is null; nobody can write it."""
    others = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return rest | others[0] if len(others) == 1 else schema


def _headers(call: Call) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "description": HEADERS[name], "schema": {"type": "string"}}
        for name in call.headers
    ]


def _responses(call: Call, refs: Refs) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for answer in call.answers:
        said = found.setdefault(str(answer.status), {"description": answer.text})
        if answer.status != 204:
            said.setdefault("content", {})[answer.media] = _content(answer, call, refs)
    kinds = [*call.problems]
    if call.query.__struct_fields__:
        kinds.append("invalid")
    if call.body is not None:
        kinds += [
            "invalid",
            "too_large",
            "bad_request",
            *(("media_type",) if call.body_media == JSON or call.body is Streamed else ()),
        ]
    else:
        kinds.append("invalid")  # a parameter that is not known
    return found | problems_of(call.route, kinds)


def _content(answer: Answer, call: Call, refs: Refs) -> dict[str, Any]:
    if answer.what is None:
        return {"schema": {"type": "string", "format": "binary"}} if answer.media != JSON else {}
    content: dict[str, Any] = {"schema": refs[answer.what]}
    if call.answer_example is not None:
        content["example"] = call.answer_example
    return content


def problems_of(route: str, kinds: Iterable[str]) -> dict[str, Any]:
    """Answers that are no success, each status once."""
    row = ROUTES[route]
    every = {"too_many", "unavailable", *kinds}
    if row.need is not Access.PUBLIC or route == "GET /metrics":
        every |= {"not_signed_in", "no_right"}
    if not route.startswith("GET "):
        every |= {"cross_site"}
    if row.proof is Proof.FRESH:
        every |= {"proof_needed"}
    by_status: dict[int, list[str]] = {}
    for kind in STATUS:
        if kind in every:
            by_status.setdefault(STATUS[kind], []).append(kind)
    content = {MEDIA_TYPE: {"schema": {"$ref": REF.format(name="Problem")}}}
    return {
        str(status): {
            "description": "; ".join(f"`{kind}`: {word(f'problem_{kind}', 'en')}" for kind in found),
            "content": content,
        }
        for status, found in sorted(by_status.items())
    }


def schemas_of(calls: Iterable[Call]) -> tuple[Refs, dict[str, Any]]:
    """Where each shape that calls take and give is described, and the descriptions."""
    kinds = {kind: None for call in calls for kind in (*(answer.what for answer in call.answers), call.body)}
    named = [kind for kind in kinds if kind not in {None, Raw, Streamed}]
    said = msgspec.json.encode(msgspec.json.schema_components(named, ref_template=REF)).decode()
    for qualified, name in SAME_NAMES.items():
        said = said.replace(f'/{qualified}"', f'/{name}"').replace(f'"{qualified}":', f'"{name}":')
    refs, components = msgspec.json.decode(said)
    return dict(zip(named, refs, strict=True)), components
