"""Overview, try it, rules, the record, the installation, and the two pages that recipients reach by a link."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from gateway.access.links import Links
from gateway.access.rights import Role
from gateway.model import ItemState
from gateway.store.queries import ApprovalState, Wanted
from gateway.web.pages.recipients import request_links
from gateway.web.trying import MOST_BYTES
from sanitizers.rules import Verdict
from tests.unit.web.api.world import CITY, CLEAN, NOBODY, TOWN, Entrance, World


async def test_each_figure_leads_to_what_it_counts(world: World) -> None:
    await world.item()
    await world.item(verdict=Verdict.DELIVER)
    operator = await world.person("operator", Role.OPERATOR)
    for path in ("/", "/live/overview"):
        page = (await world.ask(operator, "GET", path)).text
        figures = re.findall(r'class="figure[^"]*" href="([^"]+)"><span class="count">([0-9,]+)</span>', page)
        counts = {link.replace("&amp;", "&"): count for link, count in figures}
        assert counts["/items?state=held"] == "1"
        assert counts["/items?outcome=locked"] == "0"
        assert counts["/items?state=cleaned&state=released&state=delivering"] == "1"
        assert [count for link, count in counts.items() if "channel=folder&channel=icap&channel=upload" in link] == [
            "0"
        ]
        for link in counts:
            assert (await world.ask(operator, "GET", link)).status_code == 200, link
    assert "<svg" in page or "メールはまだ届いていません" in page


async def test_figures_are_of_ones_own_towns(world: World) -> None:
    await world.item(f"hanako@{CITY}")
    town = await world.person("town", Role.OPERATOR, frozenset({TOWN}))
    assert re.findall(r'class="count">([0-9,]+)<', (await world.ask(town, "GET", "/")).text) == ["0"] * 8
    user = await world.person("user", Role.USER, address=f"hanako@{CITY}")
    assert (await world.ask(user, "GET", "/")).headers["location"] == "/items"


async def test_live_parts_are_parts_and_do_not_keep_a_session_awake(world: World) -> None:
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    person = await world.store.people.find("operator")
    assert person is not None
    seen = [session.seen_at for session in await world.store.people.sessions.list(person.id)]
    for path in ("/live/overview", "/live/items", f"/live/items/{item_id}"):
        page = await world.ask(operator, "GET", path)
        assert page.status_code == 200
        assert "<html" not in page.text
        assert "data-live" not in page.text
    assert [session.seen_at for session in await world.store.people.sessions.list(person.id)] == seen


# Try it


async def test_what_is_tried_is_shown_to_who_tried_it_alone(world: World) -> None:
    operator, other = await world.person("operator", Role.OPERATOR), await world.person("other", Role.OPERATOR)
    begun = await world.ask(operator, "POST", "/try?name=<b>.txt&kind=file&profile=standard", content=b"words")
    path = begun.json()["location"]
    page = await world.ask(operator, "GET", path)
    assert page.status_code == 200
    assert "届きます" in page.text
    assert "<b>.txt" not in page.text
    clean = await world.ask(operator, "GET", f"{path}/clean")
    assert clean.content == b"clean"
    assert clean.headers["content-disposition"].startswith("attachment")
    for each in ("", "/clean", "/pages/before", "/pages/after"):
        assert (await world.ask(other, "GET", path + each)).status_code == 404
    assert (await world.ask(operator, "GET", f"{path}/pages/before")).status_code == 200
    assert (await world.ask(operator, "GET", f"{path}/pages/elsewhere")).status_code == 404
    assert await world.actions() == [each for each in await world.actions() if each[1] != "received"]  # nothing is kept


async def test_too_much_or_nonsense_is_refused(world: World) -> None:
    operator = await world.person("operator", Role.OPERATOR)
    assert (await world.ask(operator, "POST", "/try", content=b"x" * (MOST_BYTES + 1))).status_code == 413
    assert (await world.ask(operator, "POST", "/try?profile=none", content=b"x")).status_code == 422
    assert (await world.ask(operator, "POST", "/try?kind=none", content=b"x")).status_code == 422
    forged = Entrance({"X-CSRF-Token": "0" * 64}, operator.cookies)
    assert (await world.ask(forged, "POST", "/try", content=b"x")).status_code == 403


# Rules, the record, the installation


async def test_rules_as_a_matrix_and_whose_profile(world: World) -> None:
    auditor = await world.person("auditor", Role.AUDITOR)
    page = (await world.ask(auditor, "GET", f"/rules?address=Jiro@{TOWN.upper()}")).text
    assert "strict" in page
    assert "1 番目の割り当て" in page
    assert "どの割り当てにも当てはまらない" in (await world.ask(auditor, "GET", f"/rules?address=x@{CITY}")).text
    nasty = (await world.ask(auditor, "GET", "/rules?address=<script>&direction=sideways")).text
    assert "<script>" not in nasty.replace('<script type="module"', "")


async def test_the_record_is_narrowed_and_verified(world: World) -> None:
    item_id = await world.item()
    admin = await world.person("admin", Role.ADMINISTRATOR)
    page = (await world.ask(admin, "GET", f"/audit?item_id={item_id}")).text
    assert page.count(f'href="/items/{item_id}"') >= 2
    assert "受け取った" in page
    begun = await world.ask(admin, "POST", "/audit/verify", data={})
    await world.app.state.desk.bench.proofs._running
    assert "書き換えられていません" in (await world.ask(admin, "GET", begun.headers["location"])).text
    assert "data-live-over" in (await world.ask(admin, "GET", f"/live{begun.headers['location']}")).text
    assert (await world.ask(admin, "GET", "/audit?since=never")).status_code == 400
    exported = await world.ask(admin, "GET", "/audit/export")
    assert exported.headers["content-disposition"].startswith("attachment")
    assert exported.text.count("\n") == len(exported.text.splitlines())
    assert ("user:admin", "audit_exported") in await world.actions()


async def test_one_towns_people_read_their_part_of_the_record(world: World) -> None:
    item_id = await world.item(f"hanako@{CITY}")
    town = await world.person("town", Role.AUDITOR, frozenset({TOWN}))
    page = (await world.ask(town, "GET", "/audit")).text
    assert item_id not in page
    assert (await world.ask(town, "POST", "/audit/verify", data={})).status_code == 403
    begun = world.app.state.desk.bench.proofs.begin()
    for page in (f"/audit/verify/{begun.id}", f"/live/audit/verify/{begun.id}"):
        assert (await world.ask(town, "GET", page)).status_code == 403
    assert (await world.ask(town, "GET", "/audit/export")).status_code == 403


async def test_the_installation(world: World) -> None:
    admin = await world.person("admin", Role.ADMINISTRATOR)
    page = (await world.ask(admin, "GET", "/system")).text
    for words in ("Kiyome", "SQLite", "fastapi", "BSD"):
        assert words in page


# Recipients


async def stranger_with_form(world: World, path: str) -> tuple[Entrance, str]:
    """A browser that has opened a page and holds its value."""
    page = await world.ask(NOBODY, "GET", path)
    found = re.search(r'name="csrf" content="(\w+)"', page.text)
    assert found is not None
    return Entrance({"X-CSRF-Token": found[1]}, dict(page.cookies)), page.text


@pytest.mark.parametrize(
    ("token", "code", "password", "status", "words"),
    [
        ("link", "1234", "himitsu", 200, "開けました"),
        ("link", "1234", "wrong-4711", 403, "あと 4 回"),
        ("link", "slow", "himitsu", 429, "7 秒"),
        ("other", "1234", "himitsu", 410, "もう使えません"),
    ],
)
async def test_a_password_by_the_link(
    world: World, token: str, code: str, password: str, status: int, words: str
) -> None:
    path = f"/unlock/{token}"
    browser, first = await stranger_with_form(world, path)
    assert "もう使えません" not in first  # whether a link is good nobody learns without a code
    answer = await world.ask(browser, "POST", path, data={"code": code, "passwords": password})
    assert answer.status_code == status
    assert words in answer.text
    assert password not in answer.text
    world.gateway.locksmith = None
    assert (await world.ask(browser, "POST", path, data={"code": code, "passwords": "x"})).status_code == 503


def links_of(world: World) -> Links:
    return request_links(world.app.state.desk)


async def test_a_recipient_asks_for_the_original_once(world: World) -> None:
    item_id = await world.item(f"hanako@{CITY}")
    token = links_of(world).make(item_id, f"hanako@{CITY}", datetime.now(UTC) + timedelta(days=1))
    path = f"/original/{token}"
    browser, page = await stranger_with_form(world, path)
    assert "見積の件" in page
    assert (await world.ask(browser, "POST", path, data={"reason": " "})).status_code == 422
    assert (await world.ask(NOBODY, "POST", path, data={"reason": "x"})).status_code == 403
    assert await world.store.approvals.of(item_id) == []
    answer = await world.ask(browser, "POST", path, data={"reason": "開けません"})
    assert "依頼を受け付けました" in answer.text
    (approval,) = await world.store.approvals.of(item_id)
    assert (approval.asked_by, approval.state) == (f"recipient:hanako@{CITY}", ApprovalState.WAITING)
    assert await world.state(item_id) is ItemState.HELD
    assert "すでに" in (await world.ask(browser, "POST", path, data={"reason": "もう一度"})).text
    approver = await world.person("approver", Role.APPROVER)
    assert "開けません" in (await world.ask(approver, "GET", "/approvals")).text


@pytest.mark.parametrize(
    ("clean", "chosen", "asked"),
    [
        (CLEAN, "clean", Wanted.CLEAN),
        (CLEAN, "original", Wanted.ORIGINAL),
        (CLEAN, "everything", Wanted.ORIGINAL),
        (None, "clean", Wanted.ORIGINAL),
    ],
)
async def test_a_recipient_chooses_the_sanitised_version(
    world: World, clean: bytes | None, chosen: str, asked: Wanted
) -> None:
    item_id = await world.item(f"hanako@{CITY}", clean=clean)
    path = f"/original/{links_of(world).make(item_id, f'hanako@{CITY}', datetime.now(UTC) + timedelta(days=1))}"
    browser, page = await stranger_with_form(world, path)
    assert ('value="clean" checked' in page) is (clean is not None)
    again = await world.ask(browser, "POST", path, data={"reason": "", "wanted": "original"})
    assert ('value="original" checked' in again.text) is (clean is not None)  # what was chosen stays so
    answer = await world.ask(browser, "POST", path, data={"reason": "x", "wanted": chosen})
    assert "依頼を受け付けました" in answer.text
    (approval,) = await world.store.approvals.of(item_id)
    assert approval.wanted is asked


async def test_a_link_that_is_not_right_says_nothing_of_the_mail(world: World) -> None:
    held = await world.item(f"hanako@{CITY}")
    done = await world.item(f"hanako@{CITY}", verdict=Verdict.DELIVER)
    links, later = links_of(world), datetime.now(UTC) + timedelta(days=1)
    good = links.make(held, f"hanako@{CITY}", later)
    middle = len(good) // 2
    wrong = [
        good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :],
        good[:-4],
        good + "A",
        good + "=",
        links.make(held, f"hanako@{CITY}", datetime.now(UTC) - timedelta(seconds=1)),
        links.make(held, f"jiro@{CITY}", later),
        links.make(done, f"hanako@{CITY}", later),
        links.make("20261121-0000-0000", f"hanako@{CITY}", later),
        Links(b"another key").make(held, f"hanako@{CITY}", later),
        "x" * 2_000,
        "%00",
    ]
    browser, _ = await stranger_with_form(world, f"/original/{good}")
    for token in wrong:
        page = await world.ask(NOBODY, "GET", f"/original/{token}")
        assert page.status_code == (422 if token == "%00" else 410), token
        assert "見積の件" not in page.text
        answer = await world.ask(browser, "POST", f"/original/{token}", data={"reason": "x"})
        assert answer.status_code == (422 if token == "%00" else 410), token
    assert await world.store.approvals.of(held) == []
