"""Signing in at a transfer door: the session is for this door from its first step on."""

import re
from pathlib import Path

import httpx

from gateway.access.rights import Role
from gateway.store.items import Store
from gateway.web.doors import AtDoor, transfer_door
from tests.fakes.web import PASSWORD, FakeGateway, Web
from tests.unit.web.transfers.house import INTERNET, LGWAN, settings_with_doors


async def test_a_sign_in_is_for_the_door_where_it_began(tmp_path: Path) -> None:
    settings = settings_with_doors(tmp_path)
    store = await Store.open(settings.store)
    web = Web(FakeGateway(settings, store))
    await web.with_password(Role.USER, "hanako")
    doors = {each.name: transfer_door(each) for each in (INTERNET, LGWAN)}
    browsers = {
        name: httpx.AsyncClient(transport=httpx.ASGITransport(AtDoor(web.app, door)), base_url="http://127.0.0.1:8081")
        for name, door in doors.items()
    }
    outside = browsers["internet"]
    page = await outside.get("/")
    assert (page.status_code, page.headers["location"]) == (303, "/transfers")
    csrf = re.findall(r'"csrf" content="(\w+)"', (await outside.get("/sign-in")).text)[0]
    form = {"login": "hanako", "password": PASSWORD, "csrf": csrf}
    answer = await outside.post("/sign-in", data=form)
    assert answer.headers["location"].startswith("/sign-in/code")
    ((name, token),) = outside.cookies.items()
    mark = doors["internet"].mark
    assert (name.endswith(mark), token.endswith(mark)) == (True, True)
    assert (await outside.get("/sign-in/code")).status_code == 200
    inside = browsers["lgwan"]
    inside.cookies.set(web.app.state.guard.cookies.at(doors["lgwan"].mark), token)
    assert (await inside.get("/sign-in/code")).status_code == 303
    for browser in browsers.values():
        await browser.aclose()
    await store.close()
