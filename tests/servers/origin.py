"""A web server on a free port: gives out what a test put there, and keeps what is uploaded."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Origin:
    """`files`: path → content type and bytes. `uploads`: path → Content-Type and bytes that came by PUT or POST."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[str, bytes]] = {}
        self.uploads: dict[str, tuple[str, bytes]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._server.server_address[1])

    def url(self, path: str) -> str:
        """Of one of its files."""
        return f"http://127.0.0.1:{self.port}{path}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        origin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                content_type, data = origin.files.get(self.path, ("text/plain", b"not here\n"))
                self._answer(200 if self.path in origin.files else 404, content_type, data)

            def do_PUT(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                origin.uploads[self.path] = (self.headers["Content-Type"], data)
                self._answer(200, "text/plain", b"taken\n")

            do_POST = do_PUT  # noqa: N815

            def _answer(self, status: int, content_type: str, data: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("ETag", '"1"')
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                """Quietly."""

        return Handler

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
