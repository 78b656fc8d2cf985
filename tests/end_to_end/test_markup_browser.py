"""Attacks by page and drawing, cleaned and opened in Chromium: nothing runs and nothing is asked of the network.

The policy that each clean page carries is taken out first, so that the markup itself is what is tested.
"""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sanitizers.engine import clean
from sanitizers.model import DnsAnswer, Notice
from sanitizers.rules import Budget, Kind, OwnChild, Profile, Task

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAYLOAD = re.compile(r'"payload":\s*("(?:[^"\\]|\\.)*")')
POLICY = re.compile(r'<meta content="[^"]*" http-equiv="Content-Security-Policy">')
# Told at once when a page calls what attacks call; then every element is poked with the events that attacks wait for.
SPY = """<script>
const tell = () => fetch("/hit/NUMBER");
for (const name of ["alert", "confirm", "prompt", "print", "open", "eval"]) window[name] = tell;
addEventListener("load", () => setTimeout(() => {
  for (const element of document.querySelectorAll("*"))
    for (const type of ["click", "mouseover", "mouseenter", "focus", "error", "load", "begin", "toggle", "input"])
      element.dispatchEvent(new Event(type));
}, 50));
</script>"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


def cleaned(name: str, data: bytes) -> str | None:
    notice = Notice("20261121-TEST-0001", ())
    task = Task(notice.item, Kind.FILE, name, Profile(own_child=OwnChild.NEVER), Budget(), notice)
    result = clean(task, data, lambda _name, _type: DnsAnswer("absent"))
    assert result is not None
    return result.data.decode("utf-8") if result.data is not None else None


def page_for(number: int, markup: str) -> str:
    """A page that tells when something in it runs; a drawing is put into a page, where most would run."""
    spy = SPY.replace("NUMBER", str(number))
    if "<head>" in markup:
        return POLICY.sub("", markup).replace("<head>", f"<head>{spy}", 1)
    return f"<!DOCTYPE html><html><head>{spy}</head><body>{markup.partition('?>')[2] or markup}</body></html>"


@contextmanager
def served(pages: dict[str, str]) -> Iterator[tuple[int, list[str]]]:
    """A server that is proxy and origin at once: whatever is asked for, of any host, is noted."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path)
            if page is None:
                asked.append(self.path)
            self.send_response(200 if page is not None else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((page or "").encode("utf-8", "replace"))

        def do_CONNECT(self) -> None:
            asked.append(f"CONNECT {self.path}")
            self.send_error(502)

        do_POST = do_GET  # noqa: N815 - the name that the server looks for
        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def opened(pages: list[str], folder: Path) -> list[str]:
    """What pages ask for or say when Chromium opens them side by side."""
    frames = "".join(f'<iframe src="/{number}.html"></iframe>' for number in range(len(pages)))
    paths = {f"/{number}.html": page for number, page in enumerate(pages)}
    with served({**paths, "/": f"<!DOCTYPE html><body>{frames}", "/favicon.ico": ""}) as (port, asked):
        command = [
            str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
            "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication",
            f"--user-data-dir={folder / 'profile'}", f"--proxy-server=127.0.0.1:{port}",
            "--virtual-time-budget=8000", "--dump-dom", f"http://127.0.0.1:{port}/",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr[-500:]
    return [path for path in asked if not re.search(r"(?:google|gvt1|gstatic|chrome)[\w.-]*(?::443|/)", path)]


def samples(project: Path) -> list[tuple[str, bytes]]:
    found = [*(project / "samples" / "webpage").glob("*ml"), *(project / "samples" / "svg").glob("*.svg")]
    return [(path.name, path.read_bytes()) for path in sorted(found) if path.suffix != ".toml"]


def attacks(corpus: Path) -> list[tuple[str, bytes]]:
    source = (corpus / "cure53+DOMPurify" / "test" / "fixtures" / "expect.mjs").read_text(encoding="utf-8")
    payloads = [json.loads(found[1]) for found in PAYLOAD.finditer(source)]
    found = [("a.html", f"<!DOCTYPE html><html><body>{payload}".encode("utf-8", "replace")) for payload in payloads]
    drawings = [*corpus.glob("allanlw+svg-cheatsheet/blocks/*.svg"), *corpus.glob("cloudflare+svg-hush/tests/*.xml")]
    return found + [("a.svg", path.read_bytes()) for path in sorted(drawings)]


def pages_of(found: list[tuple[str, bytes]]) -> list[str]:
    kept = [markup for name, data in found if (markup := cleaned(name, data)) is not None]
    return [page_for(number, markup) for number, markup in enumerate(kept)]


def test_the_spy_sees_what_runs_and_what_is_fetched(tmp_path: Path) -> None:
    raw = [
        "<!DOCTYPE html><html><head></head><body><img src=x onerror=alert(1)>",
        "<!DOCTYPE html><html><head></head><body><p onclick=alert(1)>x</p>",
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://picture.example/a.png"/></svg>',
        "<!DOCTYPE html><html><head></head><body><link rel=stylesheet href=http://sheet.example/a.css>",
    ]
    asked = opened([page_for(number, markup) for number, markup in enumerate(raw)], tmp_path)
    assert {"/hit/0", "/hit/1"} <= set(asked)
    assert {"http://picture.example/a.png", "http://sheet.example/a.css"} <= set(asked)


def test_samples_do_nothing_in_a_browser(project: Path, tmp_path: Path) -> None:
    pages = pages_of(samples(project))
    assert len(pages) > 60
    assert opened(pages, tmp_path) == []


def test_attacks_of_the_corpus_do_nothing_in_a_browser(corpus: Path, tmp_path: Path) -> None:
    pages = pages_of(attacks(corpus))
    assert len(pages) > 200
    assert opened(pages, tmp_path) == []
