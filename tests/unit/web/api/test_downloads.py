"""Downloads: to be saved and never shown, under names that lead nowhere; an original by right and reason alone."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.rights import Role
from gateway.model import Channel, Direction, Envelope, ItemState, MailOptions, Recipient
from gateway.store.blobs import Original
from gateway.store.drafts import Draft
from gateway.store.errors import StoreUnavailable
from gateway.web.downloads import LONGEST_NAME, PIECE, disposition, safe_name
from tests.unit.web.api.world import CITY, CLEAN, NOON, ORIGINAL, World

LARGE = b"words\n" * 200_000


@pytest.mark.parametrize(
    ("claimed", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system32\\x.dll", "x.dll"),
        ("C:\\a.txt", "a.txt"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("a\r\nSet-Cookie: x=1", "aSet-Cookie_ x=1"),
        ('a"; filename="b.exe', "a_; filename=_b.exe"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("..", "download"),
        ("", "download"),
        (" .hidden. ", "hidden"),
        ("請求書.pdf", "請求書.pdf"),
        ("a\x00.txt", "a.txt"),
    ],
)
def test_names_lead_nowhere(claimed: str, safe: str) -> None:
    assert safe_name(claimed) == safe


def test_a_long_name_keeps_its_extension() -> None:
    name = safe_name("請" * 500 + ".pdf")
    assert name.endswith(".pdf")
    assert len(name.encode()) <= LONGEST_NAME


@given(st.text())
def test_any_name_makes_a_header_and_a_plain_name(claimed: str) -> None:
    name = safe_name(claimed)
    assert name
    assert len(name.encode()) <= LONGEST_NAME + 1
    assert not set(name) & set('/\\<>:"|?*\0\r\n')
    assert name.strip(". ") == name
    said = disposition(name)
    assert said.isascii()
    assert said.isprintable()
    assert said.count('"') == 2
    assert safe_name(name) == name


async def test_clean_bytes_are_saved_and_not_shown(world: World) -> None:
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    answer = await world.get(operator, f"/items/{item_id}/parts/1.2/clean")
    assert answer.content == b"<script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith('attachment; filename="_b_gpj.exe"')
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    mail = await world.get(operator, f"/items/{item_id}/clean")
    assert mail.content == CLEAN
    assert f"{item_id}.eml" in mail.headers["content-disposition"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("1.9", 404),
        ("%2e%2e", 404),
        ("../../../../etc/passwd", 404),
        ("%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404),
        ("1.2%00", 422),
        ("1.2%2f..%2f1", 404),
        ("%252e%252e", 404),
    ],
)
async def test_a_path_of_a_part_is_nothing_but_a_key(world: World, path: str, status: int) -> None:
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    assert (await world.get(operator, f"/items/{item_id}/parts/{path}/clean")).status_code == status


async def test_an_original_needs_a_reason_and_is_on_record_first(world: World) -> None:
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    before = len(await world.actions(item_id))
    for body in ({}, {"reason": ""}, {"reason": " "}, {"reason": "x" * 501}, {"reason": "x", "more": 1}, []):
        assert (await world.post(operator, f"/items/{item_id}/original", body)).status_code == 422, body
    assert len(await world.actions(item_id)) == before
    answer = await world.post(operator, f"/items/{item_id}/original", {"reason": "警察からの照会"})
    assert answer.content == ORIGINAL
    assert answer.headers["content-type"] == "application/octet-stream"
    rows = [row async for row in world.store.audit_rows(item_id)][before:]
    assert [(row.actor, row.action) for row in rows] == [("user:operator", "exported")]
    assert "警察からの照会" in rows[0].detail


async def large(world: World, channel: Channel, name: str = "", data: bytes = LARGE) -> str:
    """An item whose original is in a file of the store."""
    to = (Recipient(f"hanako@{CITY}"),)
    options = MailOptions()
    envelope = Envelope("taro@example.jp", to, "192.0.2.7", "", "", options, Direction.INBOUND, NOON, "in")
    spool = world.store.blobs.spool()
    spool.write(data)
    (item_id,) = await world.store.accept([Draft(channel, "standard", envelope, name)], spool)
    return item_id


async def test_a_file_keeps_its_name_and_is_never_whole_in_memory(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = await large(world, Channel.UPLOAD, "..\\資料\u202e.xls")
    operator = await world.person("operator", Role.OPERATOR)
    monkeypatch.delattr(Original, "read")
    answer = await world.post(operator, f"/items/{item_id}/original", {"reason": "調査"})
    assert answer.content == LARGE
    assert answer.headers["content-length"] == str(len(LARGE))
    assert answer.headers["content-disposition"].endswith(quote(f"{item_id}.original.資料.xls"))


async def test_an_original_that_is_gone_is_said_to_be(world: World) -> None:
    item_id = await large(world, Channel.SMTP)
    for path in world.store.blobs.folder.rglob("*"):
        if path.is_file():
            path.unlink()
    operator = await world.person("operator", Role.OPERATOR)
    answer = await world.post(operator, f"/items/{item_id}/original", {"reason": "調査"})
    assert (answer.status_code, answer.headers["content-type"]) == (410, "application/problem+json")
    assert ("user:operator", "exported") not in await world.actions(item_id)


async def test_a_changed_original_is_refused(world: World) -> None:
    data = LARGE[:PIECE]
    item_id = await large(world, Channel.SMTP, data=data)
    (path,) = [each for each in world.store.blobs.folder.rglob("*") if each.is_file() and each.read_bytes() == data]
    path.chmod(0o600)
    path.write_bytes(data.swapcase())
    operator = await world.person("operator", Role.OPERATOR)
    answer = await world.post(operator, f"/items/{item_id}/original", {"reason": "調査"})
    assert (answer.status_code, answer.headers["content-type"]) == (410, "application/problem+json")
    assert ("user:operator", "exported") not in await world.actions(item_id)


async def test_no_original_when_the_record_cannot_be_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*args: object, **kwargs: object) -> None:
        raise StoreUnavailable("full")

    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    monkeypatch.setattr(world.store, "exported", fails)
    answer = await world.post(operator, f"/items/{item_id}/original", {"reason": "x"})
    assert answer.status_code == 503
    assert ORIGINAL not in answer.content


async def test_a_released_original_is_no_clean_mail(world: World) -> None:
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    released = await world.post(operator, f"/items/{item_id}/release-original", {"reason": "x"})
    assert (released.status_code, await world.state(item_id)) == (200, ItemState.RELEASED)
    for path in ("clean", "parts/1.2/clean"):
        answer = await world.get(operator, f"/items/{item_id}/{path}")
        assert (answer.status_code, answer.json()["reason"]) == (409, "original_released"), path
