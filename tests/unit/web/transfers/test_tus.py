"""tus 1.0.0 as the protocol says it, and what somebody tries who does not keep to it."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator

import pytest

from gateway.web.api import uploads as api
from tests.unit.web.transfers.house import PIECE, TUS, House

DATA = bytes(range(256)) * 40


def checksum(data: bytes, algorithm: str = "sha1") -> dict[str, str]:
    digest = hashlib.new(algorithm, data).digest()
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(digest).decode()}"}


async def begun(house: House, length: int = len(DATA), name: str = "a.bin") -> tuple:
    who = await house.at("internet", "taro")
    transfer = await house.begin("internet", who)
    answer = await house.announce("internet", who, transfer, name, length)
    assert answer.status_code == 201
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Upload-Expires"].endswith(" GMT")
    return who, transfer, answer.headers["Location"].removeprefix("/api/v1/uploads/")


async def offset(house: House, who: object, upload: str) -> int:
    answer = await house.ask("internet", who, "HEAD", f"/uploads/{upload}", headers=TUS)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return int(answer.headers["Upload-Offset"])


async def test_a_server_says_what_it_speaks(house: House) -> None:
    who = await house.at("internet", "taro")
    transfer = await house.begin("internet", who)
    answer = await house.ask("internet", who, "OPTIONS", f"/transfers/{transfer}/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,termination,checksum,expiration"
    assert answer.headers["Tus-Max-Size"] == "1000000"
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


async def test_an_upload_goes_on_where_it_was_cut(house: House) -> None:
    who, transfer, upload = await begun(house)
    assert await offset(house, who, upload) == 0
    first = await house.piece("internet", who, upload, 0, DATA[:4000])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "4000")
    assert await offset(house, who, upload) == 4000
    last = await house.piece("internet", who, upload, 4000, DATA[4000:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(DATA)))
    (file,) = (await house.ask("internet", who, "GET", f"/transfers/{transfer}/files")).json()["files"]
    assert (file["state"], file["size"], file["received"]) == ("received", len(DATA), len(DATA))
    item = await house.store.item(file["item"])
    assert item is not None
    assert item.original_sha256 == hashlib.sha256(DATA).hexdigest()


async def test_the_last_answer_was_lost_and_the_piece_comes_again(house: House) -> None:
    who, transfer, upload = await begun(house, 4)
    assert (await house.piece("internet", who, upload, 0, b"data")).status_code == 204
    assert await offset(house, who, upload) == 4
    assert (await house.piece("internet", who, upload, 4, b"")).status_code == 204
    again = await house.piece("internet", who, upload, 0, b"data")
    assert (again.status_code, again.json()["reason"]) == (410, "upload_over")
    assert len((await house.ask("internet", who, "GET", f"/transfers/{transfer}/files")).json()["files"]) == 1


@pytest.mark.parametrize("wrong", [1, 3999, 4001, 9_999])
async def test_a_wrong_offset_changes_nothing_and_tells_the_right_one(house: House, wrong: int) -> None:
    who, _, upload = await begun(house)
    await house.piece("internet", who, upload, 0, DATA[:4000])
    answer = await house.piece("internet", who, upload, wrong, b"x")
    assert (answer.status_code, answer.json()["reason"], answer.headers["Upload-Offset"]) == (
        409,
        "wrong_offset",
        "4000",
    )
    assert await offset(house, who, upload) == 4000


@pytest.mark.parametrize("said", ["-1", "+1", "0x0", "1e3", "", " 0", "9" * 30, "٣"])
async def test_numbers_are_numbers(house: House, said: str) -> None:
    who, transfer, upload = await begun(house)
    sent = {**PIECE, "Upload-Offset": said.encode()}
    answer = await house.ask("internet", who, "PATCH", f"/uploads/{upload}", headers=sent, content=b"x")
    assert answer.status_code == 422
    sent = {**TUS, "Upload-Length": said.encode(), "Upload-Metadata": "filename YQ=="}
    assert (await house.ask("internet", who, "POST", f"/transfers/{transfer}/uploads", headers=sent)).status_code == 422


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_a_piece_that_arrived_wrong_is_forgotten(house: House, algorithm: str) -> None:
    who, _, upload = await begun(house)
    wrong = await house.piece("internet", who, upload, 0, b"x" * 4000, **checksum(DATA[:4000], algorithm))
    assert (wrong.status_code, wrong.json()["type"]) == (460, "urn:kiyome:problem:checksum")
    assert wrong.headers["Tus-Resumable"] == "1.0.0"
    assert await offset(house, who, upload) == 0
    right = await house.piece("internet", who, upload, 0, DATA[:4000], **checksum(DATA[:4000], algorithm))
    assert right.status_code == 204


@pytest.mark.parametrize("said", ["md5 abcd", "sha1", "sha1 ***", "sha1 é"])
async def test_a_checksum_that_is_none(house: House, said: str) -> None:
    who, _, upload = await begun(house)
    sent = {"Upload-Checksum": said.encode()}
    answer = await house.piece("internet", who, upload, 0, b"x", **sent)
    assert answer.status_code in {400, 460}
    assert await offset(house, who, upload) == 0


async def test_more_than_was_announced(house: House) -> None:
    async def without_a_length() -> AsyncIterator[bytes]:
        yield b"12345"
        yield b"67890"

    who, _, upload = await begun(house, 8)
    for content in (b"1234567890", without_a_length()):
        answer = await house.piece("internet", who, upload, 0, content)
        assert (answer.status_code, answer.json()["reason"]) == (413, "too_long")
    assert await offset(house, who, upload) == 0


async def test_a_piece_and_a_transfer_have_limits(house: House) -> None:
    who, transfer, upload = await begun(house, 200_000)
    answer = await house.piece("internet", who, upload, 0, b"x" * 100_001)
    assert (answer.status_code, answer.json()["reason"]) == (413, "piece_too_large")
    answer = await house.announce("internet", who, transfer, "b", 800_001)
    assert (answer.status_code, answer.json()["reason"]) == (413, "transfer_full")
    for number in range(4):
        assert (await house.announce("internet", who, transfer, f"{number}", 1)).status_code == 201
    answer = await house.announce("internet", who, transfer, "one more", 1)
    assert (answer.status_code, answer.json()["reason"]) == (413, "transfer_full")


async def test_an_empty_file_is_complete_at_once(house: House) -> None:
    who, transfer, upload = await begun(house, 0)
    (file,) = (await house.ask("internet", who, "GET", f"/transfers/{transfer}/files")).json()["files"]
    assert file["item"]
    assert await offset(house, who, upload) == 0


async def test_an_upload_is_given_up(house: House) -> None:
    who, _, upload = await begun(house)
    await house.piece("internet", who, upload, 0, DATA[:4000])
    assert (await house.ask("internet", who, "DELETE", f"/uploads/{upload}", headers=TUS)).status_code == 204
    for method in ("HEAD", "DELETE"):
        assert (await house.ask("internet", who, method, f"/uploads/{upload}", headers=TUS)).status_code == 410
    assert (await house.piece("internet", who, upload, 4000, DATA[4000:])).status_code == 410


async def test_another_version_is_not_spoken(house: House) -> None:
    who, transfer, upload = await begun(house)
    for method, path in (("POST", f"/transfers/{transfer}/uploads"), ("HEAD", f"/uploads/{upload}")):
        for sent in ({}, {"Tus-Resumable": "0.2.2"}):
            answer = await house.ask("internet", who, method, path, headers=sent)
            assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")


async def test_a_piece_is_of_its_own_media_type(house: House) -> None:
    who, _, upload = await begun(house)
    answer = await house.piece("internet", who, upload, 0, b"x", **{"Content-Type": "application/octet-stream"})
    assert answer.status_code == 415


@pytest.mark.parametrize("upload", ["0" * 32, "../../etc/passwd", "%2e%2e", "x"])
async def test_guessed_uploads_are_not_there(house: House, upload: str) -> None:
    who = await house.at("internet", "taro")
    for method in ("HEAD", "DELETE"):
        assert (await house.ask("internet", who, method, f"/uploads/{upload}", headers=TUS)).status_code == 404


@pytest.mark.parametrize(
    "pairs",
    [
        "",
        "filename",
        "filename ***",
        "filename YQ==,filename Yg==",
        "filename YQ== YQ==",
        "filename /w==",
        "ファイル YQ==",
    ],
)
async def test_metadata_that_is_none(house: House, pairs: str) -> None:
    who = await house.at("internet", "taro")
    transfer = await house.begin("internet", who)
    sent = TUS | {"Upload-Length": "1", "Upload-Metadata": pairs.encode()}
    answer = await house.ask("internet", who, "POST", f"/transfers/{transfer}/uploads", headers=sent)
    assert answer.status_code == 422


async def test_names_lead_nowhere(house: House) -> None:
    who = await house.at("internet", "taro")
    transfer = await house.begin("internet", who)
    for path in ("..", "a/../../b", "..\\windows", "a\\..\\b", "/".join("a" * 40)):
        assert (await house.announce("internet", who, transfer, "a", 1, path)).status_code == 422, path
    for name, path in (("../../etc/passwd", "/a//./b"), ("CON.txt", "C:\\x"), ("\u202etxt.exe", "aux/b\x00c")):
        assert (await house.announce("internet", who, transfer, name, 1, path)).status_code == 201
    files = (await house.ask("internet", who, "GET", f"/transfers/{transfer}/files")).json()["files"]
    assert [(file["path"], file["name"]) for file in files] == [
        ("a/b", "passwd"),
        ("C_/x", "_CON.txt"),
        ("_aux/bc", "txt.exe"),
    ]


async def test_two_cannot_write_at_the_same_time(house: House) -> None:
    who, _, upload = await begun(house)
    waiting, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield DATA[:100]
        waiting.set()
        await go_on.wait()
        yield DATA[100:200]

    first = asyncio.create_task(house.piece("internet", who, upload, 0, slowly()))
    await waiting.wait()
    await asyncio.sleep(0.05)
    second = await house.piece("internet", who, upload, 0, DATA[:100])
    assert (second.status_code, second.json()["reason"]) == (409, "upload_busy")
    go_on.set()
    assert (await first).headers["Upload-Offset"] == "200"


async def test_who_sends_nothing_is_let_go_and_what_came_stays(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "IDLE_SECONDS", 0.2)
    who, _, upload = await begun(house)

    async def stuck() -> AsyncIterator[bytes]:
        yield DATA[:100]
        await asyncio.sleep(3600)

    answer = await house.piece("internet", who, upload, 0, stuck())
    assert answer.status_code == 408
    assert await offset(house, who, upload) == 100
    answer = await house.piece("internet", who, upload, 100, stuck(), **checksum(DATA))
    assert answer.status_code == 408
    assert await offset(house, who, upload) == 100  # a piece with a checksum is whole or nothing


async def test_one_person_sends_so_many_pieces_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "AT_ONCE", 0)
    who, _, upload = await begun(house)
    assert (await house.piece("internet", who, upload, 0, b"x")).status_code == 429


async def test_nothing_is_added_after_it_was_sent(house: House) -> None:
    who, transfer, upload = await begun(house)
    assert (await house.ask("internet", who, "POST", f"/transfers/{transfer}/send")).status_code == 200
    assert (await house.piece("internet", who, upload, 0, b"x")).status_code == 410
    answer = await house.announce("internet", who, transfer, "b", 1)
    assert (answer.status_code, answer.json()["reason"]) == (409, "transfer_closed")
