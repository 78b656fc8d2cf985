"""Figures, metrics, rules, tries, the record: what they say, and what they refuse."""

import csv
import io
import json

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.access.rights import Right, Role
from gateway.web import trying
from gateway.web.api.metrics import family
from gateway.web.pace import LINK, Pace, Rate
from sanitizers.rules import Verdict
from tests.unit.web.api.world import CITY, NASTY, NOBODY, TOWN, World

OCTETS = {"Content-Type": "application/octet-stream"}


async def test_metrics_are_what_prometheus_reads(world: World) -> None:
    await world.item()
    await world.item(verdict=Verdict.DELIVER)
    token = await world.token("monitor", Role.ADMINISTRATOR, frozenset({Right.SYSTEM}))
    answer = await world.ask(token, "GET", "/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {each.name: each for each in text_string_to_metric_families(answer.text)}
    assert len(families) == answer.text.count("# TYPE")

    def value(name: str, sample: str = "", **labels: str) -> float:
        (found,) = [
            each.value for each in families[name].samples if each.name == (sample or name) and each.labels == labels
        ]
        return float(found)

    assert value("kiyome_mails_received", "kiyome_mails_received_total", direction="inbound") == 2
    assert value("kiyome_items_became", "kiyome_items_became_total", state="held") == 1
    assert value("kiyome_items", state="held") == 1
    assert value("kiyome_cleaning_seconds", "kiyome_cleaning_seconds_count") == 2
    assert value("kiyome_cleaning_seconds", "kiyome_cleaning_seconds_bucket", le="+Inf") == 2
    assert value("kiyome_children") == 2
    assert families["kiyome_build_info"].samples[0].labels["version"]


def test_a_label_cannot_end_its_line() -> None:
    text = "".join(family("x", "gauge", "a\\b\nc", [("x", {"host": 'a"b\\c\nd'}, 1.5)]))
    (found,) = text_string_to_metric_families(text)
    assert found.samples[0].labels == {"host": 'a"b\\c\nd'}
    assert found.samples[0].value == 1.5


async def test_metrics_are_for_the_networks_that_the_settings_name(world: World) -> None:
    assert (await world.ask(NOBODY, "GET", "/metrics")).status_code == 401
    settings = world.gateway.settings
    web = msgspec.structs.replace(settings.web, metrics_networks=("127.0.0.0/8",))
    world.gateway.settings = msgspec.structs.replace(settings, web=web)
    nearby = World(world.gateway)
    assert (await nearby.ask(NOBODY, "GET", "/metrics")).status_code == 200
    await nearby._client.aclose()


async def test_totals_grow_and_never_fall(world: World) -> None:
    before = await world.store.totals.now()
    assert before == {}
    await world.item()
    first = await world.store.totals.now()
    await world.item()
    second = await world.store.totals.now()
    assert (first["mails.in"], second["mails.in"]) == (1, 2)


async def test_statistics_and_their_bounds(world: World) -> None:
    await world.item(f"a@{CITY}")
    town = await world.person("town", Role.OPERATOR, frozenset({TOWN}))
    admin = await world.person("admin", Role.ADMINISTRATOR)
    hours = (await world.get(admin, "/statistics")).json()["hours"]
    assert sum(hour["mails_in"] for hour in hours) == 1
    assert not any(hour["mails_in"] for hour in (await world.get(town, "/statistics")).json()["hours"])
    for query in ("since=2020-01-01&until=2026-01-01", "since=2026-01-02&until=2026-01-01T00:00:00Z", "since=x"):
        assert (await world.get(admin, f"/statistics?{query}")).status_code == 422, query


async def test_rules_are_read_and_checked_and_tried(world: World) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    assert set((await world.get(operator, "/rules")).json()["profiles"]) == {"standard", "strict"}
    chosen = await world.get(operator, "/rules/profile", params={"recipient": f"X@{TOWN.upper()}"})
    assert chosen.json() == {"profile": "strict", "assignment": 1}

    async def check(text: bytes) -> list[str]:
        answer = await world.post(operator, "/rules/check", content=text, headers={"Content-Type": "text/plain"})
        said = answer.json()
        assert said["sound"] == (not said["problems"])
        found: list[str] = said["problems"]
        return found

    assert await check(b"[profiles.standard]\n") == []
    problems = await check(b'[profiles.standard]\nlinkz = "kept"\npdf = "x"\n[[assignments]]\nprofile = "y"\n')
    assert len(problems) == 2
    assert "linkz" in problems[0]
    assert len(await check(b"\xff")) == len(await check(b"[" * 5_000)) == len(await check(b"=")) == 1


async def test_a_text_of_rules_that_is_too_long(world: World) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    answer = await world.post(operator, "/rules/check", content=b"#" * 300_000, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 413


async def test_a_try_is_its_persons_alone_and_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    colleague = await world.person("colleague", Role.OPERATOR)
    items = (await world.get(operator, "/items")).json()["total"]
    answer = await world.post(
        operator, "/try", content=b"hello", headers=OCTETS, params={"name": NASTY, "profile": "strict"}
    )
    assert answer.status_code == 201
    tried = answer.json()
    assert (tried["decision"]["verdict"], tried["clean"]["size"]) == ("deliver", 5)
    assert tried["name"] == "_b_gpj.exe"
    where = answer.headers["location"].removeprefix("/api/v1")
    clean = await world.get(operator, f"{where}/clean")
    assert (clean.content, clean.headers["content-type"]) == (b"clean", "application/octet-stream")
    for path in (where, f"{where}/clean"):
        assert (await world.get(colleague, path)).status_code == 404
    assert (await world.get(operator, "/items")).json()["total"] == items
    assert (await world.ask(operator, "DELETE", f"/api/v1{where}")).status_code == 204
    assert (await world.get(operator, where)).status_code == 404


async def test_tries_end_by_time_and_by_room(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    bench = world.app.state.desk.bench
    bench.trying._clock = lambda: now
    operator = await world.person("operator", Role.OPERATOR)

    async def one() -> str:
        answer = await world.post(operator, "/try", content=b"x" * 1_000, headers=OCTETS)
        return f"/try/{answer.json()['id']}"

    first = await one()
    now = trying.KEPT_SECONDS
    assert (await world.get(operator, first)).status_code == 404
    monkeypatch.setattr(trying, "KEPT_BYTES", 2_500)
    kept = [await one() for _ in range(4)]
    assert [(await world.get(operator, each)).status_code for each in kept] == [404, 404, 200, 200]


@pytest.mark.parametrize("announced", [True, False])
async def test_an_upload_that_is_too_large_is_not_read_to_its_end(world: World, announced: bool) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    sent = 0

    async def endless() -> object:
        nonlocal sent
        for _ in range(1_000):
            sent += 1_048_576
            yield b"x" * 1_048_576

    length = {"Content-Length": str(10**12)} if announced else {}
    answer = await world.post(operator, "/try", content=endless(), headers={**OCTETS, **length})
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:kiyome:problem:too_large")
    assert sent <= trying.MOST_BYTES + 4 * 1_048_576


async def test_tries_at_once_are_bounded(world: World) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    world.app.state.desk.bench.trying._under_way = trying.AT_ONCE
    answer = await world.post(operator, "/try", content=b"x", headers=OCTETS)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")


async def test_the_record_is_searched_proven_and_written_out(world: World) -> None:
    item_id = await world.item()
    await world.item()
    auditor = await world.person("auditor", Role.AUDITOR)
    rows: list[int] = []
    before: object = 0
    while before is not None:
        page = (await world.get(auditor, f"/audit?limit=3&before={before}")).json()
        rows += [row["seq"] for row in page["items"]]
        before = page["next"]
    assert rows == list(range(rows[0], 0, -1))
    found = (await world.get(auditor, f"/audit?item={item_id}&action=held")).json()["items"]
    assert [(row["item_id"], row["action"]) for row in found] == [(item_id, "held")]
    assert (await world.get(auditor, "/audit?until=2026-01-01")).json()["items"] == []
    assert (await world.get(auditor, "/audit?actor=user:auditor")).json()["items"]
    lines = (await world.get(auditor, "/audit/export")).text.splitlines()
    seqs = [json.loads(line)["seq"] for line in lines]
    assert seqs == list(range(len(seqs), 0, -1))
    assert json.loads(lines[0])["action"] == "audit_exported"


async def test_a_formula_is_none_in_the_export(world: World) -> None:
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    await world.post(operator, f"/items/{item_id}/discard", {"reason": "=HYPERLINK(1)"})
    for actor in ("=1+1", "\uff1d1+1", "\uff201"):
        await world.store.people.note("signed_in", actor=actor)
    auditor = await world.person("auditor", Role.AUDITOR)
    answer = await world.get(auditor, "/audit/export?format=csv")
    assert "text/csv" in answer.headers["content-type"]
    cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
    assert {"'=1+1", "'\uff1d1+1", "'\uff201"} <= set(cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\uff1d", "\uff20"))]


async def test_the_guide_is_a_page_without_anything_from_elsewhere(world: World) -> None:
    for language, word in (("ja", "API の説明"), ("en", "The API")):
        answer = await world.ask(NOBODY, "GET", f"/api/v1/docs?lang={language}")
        assert word in answer.text
        assert "http://" not in answer.text.replace("http://kiyome.test", "")
        assert "<script" not in answer.text
        assert " style=" not in answer.text
    assert "POST /api/v1/items/{item_id}/release" in answer.text


async def test_pictures_of_a_try_and_the_installation(world: World) -> None:
    admin = await world.person("admin", Role.ADMINISTRATOR)
    tried = (await world.post(admin, "/try", content=b"x", headers=OCTETS)).json()["id"]
    answer = await world.get(admin, f"/try/{tried}/pages/before")
    assert (answer.status_code, answer.json()["reason"]) == (409, "no_picture")
    assert (await world.get(admin, f"/try/{tried}/pages/elsewhere")).status_code == 404
    system = (await world.get(admin, "/system")).json()
    assert system["versions"]["Kiyome"]
    assert "msgspec" in {each["name"] for each in system["packages"]}


async def test_who_asks_too_often_is_told_when_to_come_back(world: World) -> None:
    guard = world.app.state.guard
    guard._people = Pace(Rate(burst=3, per_second=0.1))
    operator = await world.person("operator", Role.OPERATOR)
    colleague = await world.person("colleague", Role.OPERATOR)
    statuses = [(await world.get(operator, "/items")).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    answer = await world.get(operator, "/items")
    assert 1 <= int(answer.headers["retry-after"]) <= 11
    assert (await world.get(colleague, "/items")).status_code == 200


async def test_links_cannot_be_guessed_fast(world: World) -> None:
    world.app.state.guard._links = Pace(LINK, lambda: 0.0)
    body = {"token": "guess", "code": "1", "passwords": ["x"]}
    statuses = [(await world.post(NOBODY, "/unlock", body)).status_code for _ in range(31)]
    assert statuses == [410] * 30 + [429]
