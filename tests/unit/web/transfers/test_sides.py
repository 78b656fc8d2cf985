"""Who gets what, where: the wrong person, the wrong side and an expired link get nothing, and are told nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.access.rights import Role
from gateway.web.app import routes_of
from gateway.web.doors import Where
from gateway.web.routes import ROUTES, Access
from tests.unit.web.api.world import CITY, Entrance
from tests.unit.web.transfers.house import House


async def test_what_is_handed_in_on_one_side_is_fetched_on_the_other(house: House) -> None:
    outside, inside = await house.at("internet", "taro"), await house.at("lgwan", "taro")
    transfer = await house.begin("internet", outside, title="見積")
    item = await house.hand_in("internet", outside, transfer, "見積.txt", b"original")
    assert (await house.ask("lgwan", inside, "GET", f"/files/{item}/content")).json()["reason"] == "not_ready"
    await house.clean(b"clean", "見積.txt")
    assert (await house.ask("internet", outside, "GET", f"/files/{item}/content")).status_code == 404
    assert (await house.ask("internet", outside, "GET", f"/transfers/{transfer}/archive")).status_code == 404
    answer = await house.ask("lgwan", inside, "GET", f"/files/{item}/content")
    assert (answer.status_code, answer.content) == (200, b"clean")
    assert "filename*=UTF-8''%E8%A6%8B%E7%A9%8D.txt" in answer.headers["Content-Disposition"]
    shown = (await house.ask("internet", outside, "GET", f"/files/{item}")).json()
    assert (shown["state"], shown["clean_name"], len(shown["findings"])) == ("fetched", "見積.txt", 1)
    assert ("user:taro", "handed_over") in await house.world.actions(item)


async def test_recipients_hear_of_it_when_it_is_sent_and_nobody_else_does(house: House) -> None:
    outside, hanako = await house.at("internet", "taro"), await house.at("lgwan", "hanako")
    jiro, owner = await house.at("lgwan", "jiro"), await house.at("lgwan", "taro")
    transfer = await house.begin("internet", outside, recipients=[f"Hanako@{CITY}"])
    item = await house.hand_in("internet", outside, transfer)
    await house.clean()
    content = f"/files/{item}/content"
    assert (await house.ask("lgwan", hanako, "GET", content)).status_code == 404
    assert (await house.ask("lgwan", hanako, "GET", "/transfers")).json()["transfers"] == []
    assert (await house.ask("internet", outside, "POST", f"/transfers/{transfer}/send")).status_code == 200
    ((told, link),) = house.world.gateway.told
    assert (told.id, link) == (transfer, f"https://in.example/transfers/{transfer}")
    assert (await house.ask("lgwan", hanako, "GET", content)).status_code == 200
    for someone in (jiro, owner):  # whoever named others does not fetch it themselves
        assert (await house.ask("lgwan", someone, "GET", content)).status_code == 404
    for path in (f"/transfers/{transfer}", f"/transfers/{transfer}/files", f"/files/{item}", f"/files/{item}/report"):
        assert (await house.ask("lgwan", hanako, "GET", path)).status_code == 200, path
        assert (await house.ask("lgwan", jiro, "GET", path)).status_code == 404, path
    on_the_wrong_side = await house.at("internet", "hanako")
    for path in (f"/transfers/{transfer}", f"/files/{item}", content):
        assert (await house.ask("internet", on_the_wrong_side, "GET", path)).status_code == 404, path
    assert (await house.ask("internet", on_the_wrong_side, "GET", "/transfers")).json()["transfers"] == []


async def test_a_recipient_does_not_learn_who_the_others_are(house: House) -> None:
    outside, hanako = await house.at("internet", "taro"), await house.at("lgwan", "hanako")
    transfer = await house.begin("internet", outside, recipients=[f"hanako@{CITY}", f"jiro@{CITY}"])
    await house.ask("internet", outside, "POST", f"/transfers/{transfer}/send")
    seen = (await house.ask("lgwan", hanako, "GET", f"/transfers/{transfer}")).json()
    assert (seen["recipients"], seen["mine"], seen["can_fetch"]) == ([f"hanako@{CITY}"], False, True)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_only_who_began_it_sends_or_withdraws_it(house: House, method: str) -> None:
    outside, hanako = await house.at("internet", "taro"), await house.at("lgwan", "hanako")
    transfer = await house.begin("internet", outside, recipients=[f"hanako@{CITY}"])
    await house.ask("internet", outside, "POST", f"/transfers/{transfer}/send")
    path = f"/transfers/{transfer}" + ("/send" if method == "POST" else "")
    assert (await house.ask("lgwan", hanako, method, path)).status_code == 404


async def test_what_was_withdrawn_or_has_expired_is_not_there(house: House) -> None:
    outside, inside = await house.at("internet", "taro"), await house.at("lgwan", "taro")
    withdrawn, expired = await house.begin("internet", outside), await house.begin("internet", outside, days=1)
    items = [await house.hand_in("internet", outside, each) for each in (withdrawn, expired)]
    await house.clean()
    assert (await house.ask("internet", outside, "DELETE", f"/transfers/{withdrawn}")).status_code == 204
    later = datetime.now(UTC) + timedelta(days=2)
    await house.store.transfers.expire(later, later - timedelta(days=7))
    for item in items:
        assert (await house.ask("lgwan", inside, "GET", f"/files/{item}/content")).status_code == 404
    states = [(await house.ask("internet", outside, "GET", f"/files/{item}")).json()["state"] for item in items]
    assert states == ["discarded", "expired"]


async def test_files_are_added_on_the_side_where_it_began_alone(house: House) -> None:
    outside, inside, other = [
        await house.at(*each) for each in (("internet", "taro"), ("lgwan", "taro"), ("internet", "jiro"))
    ]
    transfer = await house.begin("internet", outside)
    assert (await house.announce("lgwan", inside, transfer, "a", 4)).status_code == 404
    assert (await house.announce("internet", other, transfer, "a", 4)).status_code == 404
    upload = (await house.announce("internet", outside, transfer, "a", 4)).headers["Location"].rpartition("/")[2]
    for door, who in (("lgwan", inside), ("internet", other)):
        assert (await house.piece(door, who, upload, 0, b"evil")).status_code == 404
    assert await house.world.gateway.uploads.received(upload) == 0


async def test_at_the_door_of_the_pages_nothing_is_handed_in_unless_it_has_a_side(house: House) -> None:
    who = await house.at("", "taro")
    answer = await house.ask("", who, "POST", "/transfers", json={})
    assert (answer.status_code, answer.json()["reason"]) == (409, "no_segment")
    outside = await house.at("internet", "taro")
    transfer = await house.begin("internet", outside)
    item = await house.hand_in("internet", outside, transfer)
    await house.clean()
    assert (await house.ask("", who, "GET", f"/transfers/{transfer}")).json()["can_fetch"] is False
    assert (await house.ask("", who, "GET", f"/files/{item}/content")).status_code == 404


async def test_a_session_is_worth_nothing_at_another_door(house: House) -> None:
    who = await house.at("internet", "taro")
    ((cookie, token),) = who.cookies.items()
    cookies = house.world.app.state.guard.cookies
    for door in ("lgwan", "systems", ""):
        mark = house.doors[door].mark
        random = token.partition(".")[0]
        for value in (token, random, f"{random}.{mark}"):
            for name in (cookie, cookies.at(mark)):
                thief = Entrance(who.headers, {name: value})
                assert (await house.ask(door, thief, "GET", "/me")).status_code == 401, (door, name, value)
    assert (await house.ask("internet", who, "GET", "/me")).status_code == 200


async def test_the_side_is_that_of_the_socket_whatever_the_request_says(house: House) -> None:
    outside = await house.at("internet", "taro")
    transfer = await house.begin("internet", outside)
    item = await house.hand_in("internet", outside, transfer)
    await house.clean()
    liar = {
        "Host": "in.example",
        "X-Forwarded-Host": "in.example",
        "Forwarded": "host=in.example",
        "X-Segment": "lgwan",
    }
    answer = await house.ask("internet", outside, "GET", f"/files/{item}/content", headers=liar)
    assert answer.status_code == 404


async def test_a_transfer_door_serves_transfers_and_nothing_of_the_gateway(house: House) -> None:
    """Whoever is administrator: the quarantine, the record and the people are not at this door."""
    administrator = await house.at("internet", "admin", Role.ADMINISTRATOR)
    served = {f"{method} {path}" for method, path in routes_of(house.world.app)}
    for route, row in ROUTES.items():
        if route not in served or row.where is Where.EVERYWHERE or not route.split(" ")[1].startswith("/api/v1"):
            continue
        method, path = route.split(" ")
        answer = await house.ask("internet", administrator, method, path.removeprefix("/api/v1"))
        assert answer.status_code == 404, route
    everywhere = {route.split(" ")[1].split("/")[1] for route, row in ROUTES.items() if row.where is Where.EVERYWHERE}
    assert everywhere <= {"health", "static", "sign-in", "sign-out", "confirm", "account", "api", "transfers"}
    api = {
        route.split("/")[3] for route, row in ROUTES.items() if row.where is Where.EVERYWHERE and "/api/v1/" in route
    }
    assert api == {"me", "transfers", "uploads", "files"}
    assert not [route for route, row in ROUTES.items() if row.where is Where.SYSTEMS and row.need is Access.PUBLIC]


async def test_the_doors_of_segments_tell_strangers_nothing_but_whether_all_is_well(house: House) -> None:
    for door in ("internet", "lgwan"):
        answer = await house.client(door).get("/health")
        assert set(answer.json()) == {"status"}
    assert "items" in (await house.client("").get("/health")).json()
