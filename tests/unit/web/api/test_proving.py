"""The proof of the record: begun, told how far it is, one for all who ask, shown as a page and by the API."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.access.rights import Role
from gateway.store import audit
from gateway.store.audit import Seen
from gateway.store.drafts import AuditProof
from gateway.store.errors import StoreUnavailable
from tests.unit.web.api.world import Entrance, World


class Slow:
    """A store whose proof stops half-way until it is let go."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.half_way, self.go_on = threading.Event(), threading.Event()
        self.ends_with: AuditProof | None = AuditProof(1_000, "f" * 64)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def verify_audit(self, tell: Seen) -> AuditProof:
        await asyncio.to_thread(self._read, tell)
        if self.ends_with is None:
            raise StoreUnavailable("away")
        return self.ends_with

    def _read(self, tell: Seen) -> None:
        tell(500, 1_000)
        self.half_way.set()
        assert self.go_on.wait(60)


@pytest.fixture
def slow(world: World) -> Iterator[Slow]:
    proofs = world.app.state.desk.bench.proofs
    store = proofs._gateway.store
    proofs._gateway.store = Slow(store)
    yield proofs._gateway.store
    proofs._gateway.store.go_on.set()
    proofs._gateway.store = store


async def begin(world: World, who: Entrance) -> tuple[str, dict[str, Any]]:
    answer = await world.ask(who, "POST", "/api/v1/audit/verify")
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/api/v1/audit/verify/{answer.json()['id']}"
    return answer.headers["location"], answer.json()


async def ended(world: World, who: Entrance, address: str) -> dict[str, Any]:
    running = world.app.state.desk.bench.proofs._running
    await running
    found: dict[str, Any] = (await world.ask(who, "GET", address)).json()
    return found


async def test_a_whole_record_is_proven(world: World) -> None:
    auditor = await world.person("auditor", Role.AUDITOR)
    await world.item()
    address, _ = await begin(world, auditor)
    done = await ended(world, auditor, address)
    assert (done["state"], done["proof"]["intact"], done["proof"]["broken_seq"]) == ("done", True, None)
    assert done["proof"]["rows"] > 0
    assert done["ended_at"]


async def test_how_far_it_is_can_be_seen_by_api_and_page(world: World, slow: Slow) -> None:
    auditor, admin = await world.person("auditor", Role.AUDITOR), await world.person("admin", Role.ADMINISTRATOR)
    address, begun = await begin(world, auditor)
    await asyncio.to_thread(slow.half_way.wait, 60)
    job = (await world.ask(auditor, "GET", address)).json()
    assert (job["state"], job["rows"], job["total"], job["proof"]) == ("running", 500, 1_000, None)
    page = await world.ask(admin, "POST", "/audit/verify", data={})
    assert page.headers["location"] == f"/audit/verify/{begun['id']}"  # the same one: it is under way
    shown = (await world.ask(admin, "GET", page.headers["location"])).text
    assert 'max="1000" value="500"' in shown
    assert f'data-live="/live/audit/verify/{begun["id"]}"' in shown
    assert "data-live-over" not in shown
    slow.go_on.set()
    assert (await ended(world, auditor, address))["proof"]["rows"] == 1_000
    assert "data-live-over" in (await world.ask(admin, "GET", f"/live/audit/verify/{begun['id']}")).text
    assert (await begin(world, auditor))[1]["id"] != begun["id"]


async def test_a_broken_record_is_said_to_be_broken(world: World, slow: Slow) -> None:
    slow.ends_with = AuditProof(3, "", 4, "the row was changed")
    slow.go_on.set()
    admin = await world.person("admin", Role.ADMINISTRATOR)
    address, begun = await begin(world, admin)
    assert (await ended(world, admin, address))["proof"]["broken_seq"] == 4
    assert "4 行目から先が正しくありません" in (await world.ask(admin, "GET", f"/audit/verify/{begun['id']}")).text


async def test_a_store_that_is_away_proves_nothing(world: World, slow: Slow) -> None:
    slow.ends_with = None
    slow.go_on.set()
    admin = await world.person("admin", Role.ADMINISTRATOR)
    address, begun = await begin(world, admin)
    done = await ended(world, admin, address)
    assert (done["state"], done["proof"]) == ("failed", None)
    assert "途中で止まりました" in (await world.ask(admin, "GET", f"/audit/verify/{begun['id']}")).text


async def test_an_end_of_the_process_waits_for_no_proof(world: World, slow: Slow) -> None:
    proofs = world.app.state.desk.bench.proofs
    begun = proofs.begin()
    await asyncio.to_thread(slow.half_way.wait, 60)
    await proofs.stop()
    assert proofs.get(begun.id).state.value == "cancelled"


async def test_the_store_tells_of_every_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_PAGE", 2)
    for _ in range(3):
        await world.store.people.note("signed_in", actor="user:x")
    told: list[tuple[int, int]] = []
    proof = await world.store.verify_audit(lambda rows, total: told.append((rows, total)))
    assert told == [(rows, proof.rows) for rows in range(0, proof.rows, 2)]
    assert len(told) > 1
