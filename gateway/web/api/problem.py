"""One shape for every error: RFC 9457 under /api, a page elsewhere."""

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import Request, Response

from gateway.web.wording import WORDS, word

MEDIA_TYPE = "application/problem+json"

#: Every kind with its status; its words are "problem_" and the kind.
STATUS: Mapping[str, int] = {
    "bad_request": 400,
    "not_signed_in": 401,
    "no_right": 403,
    "proof_needed": 403,
    "cross_site": 403,
    "not_found": 404,
    "method": 405,
    "timeout": 408,
    "conflict": 409,
    "gone": 410,
    "tus_version": 412,
    "too_large": 413,
    "media_type": 415,
    "range": 416,
    "invalid": 422,
    "too_many": 429,
    "checksum": 460,
    "failed": 500,
    "unavailable": 503,
}
#: What the framework says by a number alone.
_KIND = {status: kind for kind, status in STATUS.items() if kind not in {"proof_needed", "cross_site"}}


class FieldProblem(msgspec.Struct, frozen=True):
    """What is wrong with one value that was given."""

    where: str  #: the path to it, such as "login"
    problem: str


class Problem(Exception):
    """Something that cannot be done, in words that may be shown to whoever asked."""

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        reason: str = "",
        fields: tuple[FieldProblem, ...] = (),
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.status = STATUS[kind]
        self.detail = detail
        self.reason = reason  #: which of several cases of the kind, for programs
        self.fields = fields
        self.more = dict(more or {})  #: further members of the answer (RFC 9457 3.2)
        self.headers = dict(headers or {})


def of_status(status: int) -> Problem:
    """What a bare status means here."""
    return Problem(_KIND.get(status, "bad_request" if status < 500 else "failed"))


def is_api(request: Request) -> bool:
    """Whether a program asks."""
    path: str = request.scope["path"]  # not of `request.url`, which is made with what the client says of the host
    return path.startswith("/api/") or path == "/metrics"


def detail_of(problem: Problem, language: str) -> str:
    """What is said of this case, or of its reason where that has words; "" for nothing."""
    key = f"reason_{problem.reason}"
    return problem.detail or (word(key, language) if key in WORDS else "")


def answer(problem: Problem, language: str) -> Response:
    """The problem as JSON; `title` is of the kind, `detail` of this case."""
    body: dict[str, Any] = {
        "type": f"urn:kiyome:problem:{problem.kind}",
        "title": word(f"problem_{problem.kind}", language),
        "status": problem.status,
    }
    detail = detail_of(problem, language)
    if detail:
        body["detail"] = detail
    if problem.reason:
        body["reason"] = problem.reason
    if problem.fields:
        body["errors"] = problem.fields
    body |= problem.more
    return Response(msgspec.json.encode(body), problem.status, headers=problem.headers, media_type=MEDIA_TYPE)
