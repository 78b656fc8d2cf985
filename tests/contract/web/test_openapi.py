"""The API against its own description: generated requests meet no server error and no answer that is not described."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import msgspec
import pytest

schemathesis = pytest.importorskip("schemathesis")

from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.access.rights import Role  # noqa: E402
from gateway.model import Segment  # noqa: E402
from gateway.store.items import Store  # noqa: E402
from gateway.web.server import WebServer  # noqa: E402
from tests.unit.web.api.test_rights import EXPECTED  # noqa: E402
from tests.unit.web.api.world import CITY, FakeGateway, World, settings_in  # noqa: E402

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

EXAMPLES = 12  #: of each call
SECONDS = 60  #: for an answer, however busy the machine is
#: tests/unit/web/api/test_events.py, tests/unit/web/transfers/test_fetching.py
ENDLESS = {"GET /api/v1/events", "GET /api/v1/transfers/{transfer_id}/events"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


class Running:
    """The application on a port, in an event loop of its own."""

    def __init__(self, folder: Path) -> None:
        self.ready = threading.Event()
        self._folder = folder
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.items: list[str] = []

    def start(self) -> None:
        self._thread.start()
        assert self.ready.wait(120)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.ended.set)
        self._thread.join(60)

    async def _run(self) -> None:
        self.loop, self.ended = asyncio.get_running_loop(), asyncio.Event()
        plain = settings_in(self._folder)
        # On a side, so that files can be handed in.
        settings = msgspec.structs.replace(plain, web=msgspec.structs.replace(plain.web, segment=Segment.LGWAN))
        world = World(FakeGateway(settings, await Store.open(settings.store)))
        self.world = world
        self.items = [await world.item(subject=f"件名 {number}") for number in range(3)]
        self.administrator = await world.person("admin", Role.ADMINISTRATOR, address=f"admin@{CITY}")
        server = WebServer(world.app, "127.0.0.1", 0)
        await server.start()
        self.url = f"http://127.0.0.1:{server.port}"
        while not server._server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        self.ready.set()
        await self.ended.wait()
        await server.stop()
        await world.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("served"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def described(running: Running) -> Any:
    tree = json.loads(httpx.get(f"{running.url}/api/v1/openapi.json", timeout=SECONDS).content)
    # Numbers that exist, so that what is behind "not found" is met, too.
    for methods in tree["paths"].values():
        for said in methods.values():
            for parameter in said.get("parameters", []):
                if (parameter["in"], parameter["name"]) == ("path", "item_id"):
                    parameter["schema"] = {"type": "string", "enum": [*running.items, "20261121-0000-0000"]}
    return schemathesis.openapi.from_dict(tree)


@pytest.mark.parametrize("call", sorted(EXPECTED.keys() - ENDLESS))
def test_a_call_keeps_to_its_description(call: str, described: Any, running: Running) -> None:
    method, path = call.split(" ")
    operation = described[path][method]
    who = running.administrator

    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    @hypothesis.given(case=operation.as_strategy())
    def keeps_to_it(case: Any) -> None:
        answer = case.call(base_url=running.url, headers=who.headers, cookies=who.cookies, timeout=SECONDS)
        case.validate_response(answer, checks=CHECKS)

    keeps_to_it()


def test_the_description_is_of_every_call(described: Any) -> None:
    said = {f"{each.ok().method.upper()} {each.ok().path}" for each in described.get_all_operations()}
    assert said == EXPECTED.keys()
