"""A gateway's counter as a program meets it: its API over HTTP, tried again while the line or the gateway is down."""

import base64
import ipaddress
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from gateway.web.api.transfer_shapes import File, Files, Transfer
from gateway.web.desk import LANGUAGE_COOKIE

TUS: Final = {"Tus-Resumable": "1.0.0"}
PIECE_TYPE: Final = "application/offset+octet-stream"
SECONDS: Final = 120.0  #: without an answer, or a byte
PATIENCE: Final = 600.0  #: seconds without any way through, until it is given up
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0  #: seconds
READ: Final = 262_144  #: bytes
#: Answers that say "later", as they stand; everything else below 500 says "no".
LATER: Final = frozenset({408, 425, 429, 460})
_BUSY: Final = frozenset({"upload_busy", "in_progress"})

T = TypeVar("T")


class Refused(Exception):
    """The gateway said no, in its own words."""

    def __init__(self, status: int, reason: str, text: str, offset: int | None = None) -> None:
        super().__init__(f"{text} ({status}{f' {reason}' if reason else ''})")
        self.status = status
        self.reason = reason
        self.offset = offset  #: of an upload, when another one was expected


class Unreachable(Exception):
    """Nothing got through for too long."""


class _Later(Exception):
    """To be tried again, not before so many seconds."""

    def __init__(self, seconds: float, text: str) -> None:
        super().__init__(text)
        self.seconds = seconds


def is_private(server: str) -> bool:
    """Whether a token may go there: over TLS, or to this very machine."""
    parts = urlsplit(server)
    if parts.scheme == "https":
        return True
    try:
        return parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


class Remote:
    """Every method raises Refused or Unreachable. `told` hears why something is tried again."""

    def __init__(self, server: str, token: str, language: str, told: Callable[[str], None]) -> None:
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "kiyome-transfer"}
        # The certificates of this system, so that a municipality's own authority counts.
        self._http = httpx.Client(
            base_url=f"{server.rstrip('/')}/api/v1",
            headers=headers,
            cookies={LANGUAGE_COOKIE: language},
            timeout=SECONDS,
            verify=ssl.create_default_context() if server.startswith("https:") else False,
        )
        self._told = told

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def begin(self, wish: dict[str, Any], key: str) -> Transfer:
        """A transfer; with the same key it is the same one."""
        return self._shape(Transfer, "POST", "/transfers", json=wish, headers={"Idempotency-Key": key})

    def transfer(self, transfer_id: str) -> Transfer:
        """As it is now."""
        return self._shape(Transfer, "GET", f"/transfers/{transfer_id}")

    def send(self, transfer_id: str) -> Transfer:
        """No more files."""
        return self._shape(Transfer, "POST", f"/transfers/{transfer_id}/send")

    def files(self, transfer_id: str) -> list[File]:
        """All of a transfer."""
        return self._shape(Files, "GET", f"/transfers/{transfer_id}/files").files

    def wait(self, item_id: str, seconds: int) -> File:
        """One file, when its cleaning has ended or the seconds are over."""
        return self._shape(File, "GET", f"/files/{item_id}", params={"wait": str(seconds)})

    def announce(self, transfer_id: str, name: str, folder: str, length: int, key: str) -> str:
        """The number of an upload; with the same key it is the same one."""
        said = {"filename": name, "path": folder}
        pairs = [f"{each} {base64.b64encode(text.encode()).decode()}" for each, text in said.items() if text]
        headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": ",".join(pairs), "Idempotency-Key": key}
        answer = self._again(lambda: self._ask("POST", f"/transfers/{transfer_id}/uploads", headers=headers))
        return answer.headers["Location"].rpartition("/")[2]

    def offset(self, upload_id: str) -> int:
        """How many bytes of an upload are kept."""
        answer = self._again(lambda: self._ask("HEAD", f"/uploads/{upload_id}", headers=TUS))
        return int(answer.headers["Upload-Offset"])

    def give_up(self, upload_id: str) -> None:
        """An upload that is not wanted any more."""
        self._again(lambda: self._ask("DELETE", f"/uploads/{upload_id}", headers=TUS))

    def piece(self, upload_id: str, offset: int, size: int, pieces: Iterator[bytes]) -> int:
        """Sends `size` bytes once; the new offset. Whatever goes wrong with the line is Unreachable at once: the caller
        asks how far it came, and goes on from there."""
        headers = {**TUS, "Content-Type": PIECE_TYPE, "Upload-Offset": str(offset), "Content-Length": str(size)}
        try:
            answer = self._ask("PATCH", f"/uploads/{upload_id}", headers=headers, content=pieces)
        except _Later as error:
            raise Unreachable(str(error)) from error
        return int(answer.headers["Upload-Offset"])

    @contextmanager
    def content(self, item_id: str, offset: int, tag: str) -> Iterator[httpx.Response]:
        """The clean file from an offset on (206), or all of it (200); not tried again."""
        headers = {"Range": f"bytes={offset}-", "If-Range": tag} if offset and tag else {}
        try:
            with self._http.stream("GET", f"/files/{item_id}/content", headers=headers) as answer:
                if answer.status_code >= 300:
                    answer.read()
                    _check(answer)
                yield answer
        except (httpx.TransportError, _Later) as error:
            raise Unreachable(str(error)) from error

    def pause(self, seconds: float, why: str) -> None:
        """Before something is tried again."""
        self._told(why)
        time.sleep(seconds)

    def _shape(self, kind: type[T], method: str, path: str, **options: Any) -> T:
        answer = self._again(lambda: self._ask(method, path, **options))
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.MsgspecError as error:
            raise Refused(answer.status_code, "not_kiyome", f"{self._http.base_url}: {error}") from error

    def _again(self, do: Callable[[], httpx.Response]) -> httpx.Response:
        """Until there is an answer that means something."""
        pause, until = FIRST_PAUSE, time.monotonic() + PATIENCE
        while True:
            try:
                return do()
            except _Later as later:
                if time.monotonic() >= until:
                    raise Unreachable(str(later)) from later
                self.pause(max(pause, later.seconds), str(later))
                pause = min(pause * 2, LONGEST_PAUSE)

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise _Later(0, f"{type(error).__name__}: {error}") from error
        _check(answer)
        return answer


def _check(answer: httpx.Response) -> None:
    """Raises _Later or Refused for what is no success."""
    status = answer.status_code
    if status < 300:
        return
    said = _problem(answer)
    text, reason = str(said.get("title") or answer.reason_phrase), str(said.get("reason") or "")
    if status >= 500 or status in LATER or reason in _BUSY:
        wait = answer.headers.get("Retry-After", "")
        raise _Later(min(float(wait), 60.0) if wait.isdecimal() else 0, f"{text} ({status})")
    detail = "; ".join(str(each.get("problem")) for each in said.get("errors", ()))
    offset = answer.headers.get("Upload-Offset", "")
    more = f": {detail or said.get('detail')}" if detail or said.get("detail") else ""
    raise Refused(status, reason, text + more, int(offset) if offset.isdecimal() else None)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}
