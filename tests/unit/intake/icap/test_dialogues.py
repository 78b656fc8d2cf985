"""What is said over ICAP, and what is answered: OPTIONS, preview, 204, echo, clean bodies, pages, many on one line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.model import Channel, ItemState
from gateway.store.errors import StoreUnavailable
from tests.unit.intake.icap.shelf import Result
from tests.unit.intake.icap.talk import Reply, chunked, reqmod, respmod, response, served

ALLOW = "Allow: 204"


def by_word(data: bytes) -> Result:
    """Blocked, changed, slow or the same, by a word in it."""
    if b"blocked" in data:
        return Result(None, "application/x-msdownload")
    if b"locked" in data:
        return Result(None, "application/zip", rule="standard.locked_part")
    if b"macro" in data:
        return Result(data.replace(b"macro", b""), "application/msword", clean_type="application/pdf", name="a.pdf")
    if b"slow" in data:
        return Result(None, slow=True)
    return Result(data, "text/html" if b"<html" in data else "text/plain")


async def test_options_tell_what_there_is(tmp_path: Path) -> None:
    async with served(tmp_path, preview_bytes=2_048) as here, here.client() as client:
        for service, method in (("respmod", "RESPMOD"), ("reqmod", "REQMOD")):
            await client.say(f"OPTIONS icap://localhost/{service} ICAP/1.0\r\nHost: localhost\r\n\r\n".encode())
            head = (await client.reply()).head
            assert head.startswith("ICAP/1.0 200 OK\r\n")
            for line in (
                f"Methods: {method}",
                'ISTag: "mark-1"',
                "Allow: 204",
                "Preview: 2048",
                "Options-TTL: 60",
                "Max-Connections: 200",
                "Service-ID: kiyome",
                "Transfer-Preview: *",
                "Encapsulated: null-body=0",
            ):
                assert f"\r\n{line}\r\n" in head
            assert "Transfer-Ignore" not in head


@pytest.mark.parametrize("name", ["other", "", "respmod/x"])
async def test_another_service_is_not_found(tmp_path: Path, name: str) -> None:
    async with served(tmp_path) as here, here.client() as client:
        await client.say(f"OPTIONS icap://localhost/{name} ICAP/1.0\r\nHost: localhost\r\n\r\n".encode())
        assert (await client.reply()).status == 404


async def test_a_method_at_the_other_service_is_refused(tmp_path: Path) -> None:
    async with served(tmp_path) as here, here.client() as client:
        await client.say(respmod(response(), None).replace(b"/respmod", b"/reqmod"))
        assert (await client.reply()).status == 405


async def test_what_does_not_change_is_answered_with_204_and_put_on_record(tmp_path: Path) -> None:
    async with served(tmp_path) as here, here.client() as client:
        await client.say(respmod(response(), b"", ALLOW, "X-Client-IP: 192.0.2.7"), chunked(b"hello"))
        reply = await client.reply()
        assert reply.status == 204
        assert 'ISTag: "mark-1"' in reply.head
        (item,) = here.shelf.items.values()
        assert (item.channel, item.state, item.name) == (Channel.ICAP, ItemState.DELIVERED, "a.txt")
        assert (item.envelope.client, item.envelope.mail_from) == ("192.0.2.7", "proxy@city.example.jp")
        assert here.shelf.said == [(item.id, "answered: unchanged (origin.example)")]


async def test_a_peer_that_does_not_take_204_gets_the_same_bytes_again(tmp_path: Path) -> None:
    header = response("text/plain", "X-Own: stays", 'ETag: "1"')
    async with served(tmp_path) as here, here.client() as client:
        await client.say(respmod(header, b""), chunked(b"hello" * 1_000))
        reply = await client.reply()
        assert (reply.status, reply.header, reply.body) == (200, header, b"hello" * 1_000)


async def test_no_body_is_nothing_to_examine(tmp_path: Path) -> None:
    header = response(status="304 Not Modified")
    async with served(tmp_path) as here, here.client() as client:
        await client.say(respmod(header, None, ALLOW))
        assert (await client.reply()).status == 204
        await client.say(respmod(header, None))
        reply = await client.reply()
        assert (reply.status, reply.header, reply.body) == (200, header, b"")
        await client.say(respmod(header, b"", ALLOW), chunked(b""))
        assert (await client.reply()).status == 204
        assert not here.shelf.items


async def test_a_preview_that_is_all_is_answered_without_more(tmp_path: Path) -> None:
    async with served(tmp_path) as here, here.client() as client:
        await client.say(respmod(response(), b"", "Preview: 1024"), chunked(b"hello", b"0; ieof\r\n\r\n"))
        assert (await client.reply()).status == 204  # inside the preview, also without Allow: 204


async def test_a_preview_goes_on_after_100_continue(tmp_path: Path) -> None:
    body = b"0123456789" * 2_000
    async with served(tmp_path, by_word) as here, here.client() as client:
        await client.say(respmod(response(), b"", "Preview: 1000", ALLOW), chunked(body[:1000]))
        assert (await client.reply()).head == "ICAP/1.0 100 Continue\r\n\r\n"
        await client.say(chunked(body[1000:] + b"macro"))
        reply = await client.reply()
        assert reply.body == body  # all of it was examined: the preview and the rest
        (item,) = here.shelf.items.values()
        assert item.original_size == len(body) + 5


async def test_204_after_100_continue_only_for_who_allows_it(tmp_path: Path) -> None:
    async with served(tmp_path) as here, here.client() as client:
        for fields, status in (((), 200), ((ALLOW,), 204)):
            await client.say(respmod(response(), b"", "Preview: 4", *fields), chunked(b"abcd"))
            assert (await client.reply()).status == 100
            await client.say(chunked(b"efgh"))
            assert (await client.reply()).status == status


async def test_a_clean_body_comes_with_a_header_of_its_own(tmp_path: Path) -> None:
    header = response(
        "application/msword",
        "Content-Length: 1000",
        'ETag: "abc"',
        "Content-MD5: x",
        "Accept-Ranges: bytes",
        "Link: </x.js>; rel=preload",
        "X-Unknown: y",
        "Set-Cookie: a=b",
        "Set-Cookie: c=d",
        "Cache-Control: no-cache",
        'Content-Disposition: inline; filename="a.doc"',
    )
    async with served(tmp_path, by_word) as here, here.client() as client:
        await client.say(respmod(header, b"", ALLOW, name=b"a.doc"), chunked(b"words macro words"))
        reply = await client.reply()
        assert reply.status == 200
        assert reply.body == b"words  words"
        assert reply.header == (
            b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nCache-Control: no-cache\r\n"
            b"Content-Type: application/pdf\r\nContent-Length: 12\r\n"
            b'Content-Disposition: inline; filename="a.pdf"\r\nX-Content-Type-Options: nosniff\r\n\r\n'
        )
        assert here.shelf.said[0][1] == "answered: cleaned (origin.example)"


async def test_a_name_that_changes_is_said_also_where_none_was(tmp_path: Path) -> None:
    async with served(tmp_path, by_word) as here, here.client() as client:
        await client.say(respmod(response(), b"", name=b"x/%E8%A1%A8.doc?y"), chunked(b"macro"))
        assert (await client.reply()).field("Content-Disposition") == 'attachment; filename="a.pdf"'
        assert [item.name for item in here.shelf.items.values()] == ["表.doc"]


async def blocked(folder: Path, body: bytes, language: str = "en") -> Reply:
    request = b"GET http://o.example/a.exe HTTP/1.1\r\nAccept-Language: %s\r\n\r\n" % language.encode()
    async with served(folder, by_word) as here, here.client() as client:
        await client.say(respmod(response(), b"", ALLOW, request=request), chunked(body))
        reply = await client.reply()
        assert not here.shelf.said  # nothing was given to anybody
        return reply


async def test_what_is_held_comes_back_as_a_page(tmp_path: Path) -> None:
    reply = await blocked(tmp_path, b"blocked")
    page = reply.body.decode()
    assert reply.header.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert reply.field("Content-Language") == "en"
    assert reply.field("Cache-Control") == "no-store"
    assert "This file was blocked" in page
    assert "20261121-0000-0000" in page
    assert "a.exe: active content such as scripts and programs" in page
    assert "情報政策課 &lt;1234&gt;" in page
    assert "administrator only" not in page  # details stay inside


@pytest.mark.parametrize(
    ("wish", "heading"),
    [
        ("ja,en;q=0.5", "このファイルはお渡しできません"),
        ("en-GB;q=0.4, ja-JP;q=0.6", "このファイルはお渡しできません"),
        ("fr, de", "このファイルはお渡しできません"),
        ("ja;q=0.1, en-US;q=0.9", "This file was blocked"),
        ("en;q=, ja;q=0.1", "このファイルはお渡しできません"),
    ],
)
async def test_the_page_speaks_the_language_of_the_browser(tmp_path: Path, wish: str, heading: str) -> None:
    assert f"<h1>{heading}</h1>" in (await blocked(tmp_path, b"blocked", wish)).body.decode()


async def test_a_locked_file_has_a_page_of_its_own(tmp_path: Path) -> None:
    assert "behind a password" in (await blocked(tmp_path, b"locked")).body.decode()


async def test_a_name_on_the_page_is_only_words(tmp_path: Path) -> None:
    request = b"GET http://o.example/%3Cscript%3Ealert(1)%3C%2Fscript%3E HTTP/1.1\r\n\r\n"
    async with served(tmp_path, by_word) as here, here.client() as client:
        await client.say(respmod(response(), b"", request=request), chunked(b"blocked"))
        page = (await client.reply()).body
        assert b"<script" not in page
        assert "default-src 'none'" in (await _again(client, request)).field("Content-Security-Policy")


async def _again(client: object, request: bytes) -> Reply:
    await client.say(respmod(response(), b"", request=request), chunked(b"blocked"))  # type: ignore[attr-defined]
    return await client.reply()  # type: ignore[attr-defined,no-any-return]


async def test_what_takes_too_long_is_asked_for_again_and_cleaned_once(tmp_path: Path) -> None:
    async with served(tmp_path, by_word) as here, here.client() as client:
        for _ in range(2):
            await client.say(respmod(response(), b""), chunked(b"slow"))
            reply = await client.reply()
            assert reply.header.startswith(b"HTTP/1.1 503 ")
            assert reply.field("Retry-After") == "15"
            assert b"This file is being examined" in reply.body
        here.shelf.results = lambda _: Result(b"clean")
        (item_id,) = here.shelf.items
        here.shelf.settle(item_id)
        await client.say(respmod(response(), b""), chunked(b"slow"))
        assert (await client.reply()).body == b"clean"
        assert list(here.shelf.items) == [item_id]


async def test_what_a_person_released_is_given_out_whatever_the_rules_are_then(tmp_path: Path) -> None:
    async with served(tmp_path, by_word) as here, here.client() as client:
        await client.say(respmod(response(), b"", ALLOW), chunked(b"blocked"))
        assert (await client.reply()).status == 200
        (item_id,) = here.shelf.items
        await here.shelf.change(item_id, to=ItemState.RELEASED, actor="user:a", reason="seen", deliver_original=True)
        here.service._mark = "mark-2"
        for _ in range(2):
            await client.say(respmod(response(), b"", ALLOW), chunked(b"blocked"))
            assert (await client.reply()).status == 204
        assert list(here.shelf.items) == [item_id]
        assert here.shelf.said == [(item_id, "answered: the original, as released (origin.example)")] * 2


async def test_results_of_other_rules_are_not_given_again(tmp_path: Path) -> None:
    async with served(tmp_path, by_word) as here, here.client() as client:
        for mark in ("mark-1", "mark-1", "mark-2"):
            here.service._mark = mark
            await client.say(respmod(response(), b"", ALLOW), chunked(b"words"))
            assert (await client.reply()).status == 204
        assert [item.group for item in here.shelf.items.values()] == ["mark-1", "mark-2"]


async def test_a_result_is_remembered_for_some_time_and_a_release_for_good(tmp_path: Path) -> None:
    async with served(tmp_path, by_word, remember_hours=24) as here, here.client() as client:
        for body in (b"words", b"blocked", b"blocked too"):
            await client.say(respmod(response(), b"", ALLOW), chunked(body))
            await client.reply()
        released = list(here.shelf.items)[2]
        await here.shelf.change(released, to=ItemState.RELEASED, actor="user:a", reason="", deliver_original=True)
        here.service._now = lambda: datetime.now(UTC) + timedelta(hours=25)
        for body, status in ((b"words", 204), (b"blocked", 200), (b"blocked too", 204)):
            await client.say(respmod(response(), b"", ALLOW), chunked(body))
            assert (await client.reply()).status == status
        words = here.shelf.bytes_of(here.shelf.items.values())
        assert sorted(words) == [b"blocked", b"blocked too", b"words", b"words"]  # the first was cleaned anew


async def test_the_same_bytes_under_another_name_are_another_item(tmp_path: Path) -> None:
    async with served(tmp_path) as here, here.client() as client:
        for name in (b"a.txt", b"b.txt"):
            await client.say(respmod(response(), b"", ALLOW, name=name), chunked(b"words"))
            assert (await client.reply()).status == 204
        assert [item.name for item in here.shelf.items.values()] == ["a.txt", "b.txt"]


async def test_what_was_discarded_stays_away(tmp_path: Path) -> None:
    async with served(tmp_path, by_word) as here, here.client() as client:
        await client.say(respmod(response(), b"", ALLOW), chunked(b"blocked"))
        await client.reply()
        (item_id,) = here.shelf.items
        await here.shelf.change(item_id, to=ItemState.DISCARDED, actor="user:a", reason="harm")
        await client.say(respmod(response(), b"", ALLOW), chunked(b"blocked"))
        assert b"This file was discarded" in (await client.reply()).body


SCRIPT = b"blocked script"


def as_script(data: bytes) -> Result:
    return Result(None, "text/javascript") if data == SCRIPT else Result(b"rebuilt", "text/html")


@pytest.mark.parametrize(
    ("types", "claimed", "body", "passes"),
    [
        (("text/html",), "text/html; charset=utf-8", b"<html>", True),
        (("text/html", "text/javascript"), "application/javascript", SCRIPT, True),
        (("application/javascript",), "text/javascript", SCRIPT, True),
        ((), "text/html", b"<html>", False),
        (("text/html",), "text/html", SCRIPT, False),  # a script that calls itself a page
        (("text/html",), "application/hta", b"<html>", False),  # a page that calls itself a program
        (("text/html",), "", b"<html>", False),
    ],
)
async def test_types_that_pass_by_claim_and_by_content(
    tmp_path: Path, types: tuple[str, ...], claimed: str, body: bytes, passes: bool
) -> None:
    async with served(tmp_path, as_script, pass_types=types) as here, here.client() as client:
        for _ in range(2):
            await client.say(respmod(response(claimed), b"", ALLOW), chunked(body))
            assert ((await client.reply()).status == 204) is passes
        assert len(here.shelf.items) == 1
        if passes:
            assert "the original, by icap.pass_types: " in here.shelf.said[0][1]


async def test_what_a_setting_let_pass_is_no_release_by_a_person(tmp_path: Path) -> None:
    async with served(tmp_path, as_script, pass_types=("text/javascript",)) as here, here.client() as client:
        await client.say(respmod(response("text/javascript"), b"", ALLOW), chunked(SCRIPT))
        assert (await client.reply()).status == 204
        here.service._mark, here.service._passing = "mark-2", frozenset()
        await client.say(respmod(response("text/javascript"), b"", ALLOW), chunked(SCRIPT))
        assert b"This file was blocked" in (await client.reply()).body


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (response("text/html", "Content-Encoding: gzip"), b"compressed form"),
        (response("text/html", "Content-Encoding: identity, br"), b"compressed form"),
        (response("application/pdf", status="206 Partial Content"), b"A piece of a file"),
        (response("application/pdf", "Content-Range: bytes 5-9/10"), b"A piece of a file"),
        (response("multipart/byteranges; boundary=x"), b"A piece of a file"),
        (response("application/pdf", "Content-Length: 5001"), b"too large"),
    ],
)
@pytest.mark.parametrize("preview", [True, False])
async def test_what_cannot_be_examined_is_told_by_the_header(
    tmp_path: Path, header: bytes, words: bytes, preview: bool
) -> None:
    async with served(tmp_path, max_bytes=5_000) as here, here.client() as client:
        fields = ("Preview: 4",) if preview else ()
        await client.say(respmod(header, b"", *fields), chunked(b"abcd"))
        reply = await client.reply()
        assert words in reply.body
        assert not here.shelf.items
        assert ("Connection: close" in reply.head) is not preview
        if preview:  # still in step: the next request is served
            await client.say(respmod(response(), b"", ALLOW), chunked(b"hello"))
            assert (await client.reply()).status == 204


async def test_a_body_beyond_the_limit_is_stopped_though_it_lied(tmp_path: Path) -> None:
    async with served(tmp_path, max_bytes=5_000) as here, here.client() as client:
        await client.say(respmod(response(), b"", ALLOW), chunked(b"x" * 5_001))
        reply = await client.reply()
        assert b"too large" in reply.body
        assert "Connection: close" in reply.head
        assert await client.ended()
        assert not here.shelf.items


async def test_a_body_of_exactly_the_limit_passes(tmp_path: Path) -> None:
    async with served(tmp_path, max_bytes=5_000) as here, here.client() as client:
        await client.say(respmod(response(), b"", ALLOW), chunked(b"x" * 5_000))
        assert (await client.reply()).status == 204


async def test_many_requests_on_one_connection_also_when_said_at_once(tmp_path: Path) -> None:
    async with served(tmp_path, by_word) as here, here.client() as client:
        one = respmod(response(), b"", ALLOW) + chunked(b"hello")
        two = respmod(response(), b"", ALLOW) + chunked(b"macro!")
        three = b"OPTIONS icap://localhost/respmod ICAP/1.0\r\nHost: x\r\nConnection: close\r\n\r\n"
        await client.say(one + two + three + one)
        assert (await client.reply()).status == 204
        assert (await client.reply()).body == b"!"
        assert "Connection: close" in (await client.reply()).head
        assert await client.ended()  # what comes behind close is not served
        assert len(here.shelf.items) == 2


async def test_an_upload_goes_on_clean_with_its_own_fields(tmp_path: Path) -> None:
    header = (
        b"PUT http://files.example/a.doc HTTP/1.1\r\nHost: files.example\r\nAuthorization: Basic x\r\nX-CSRF: y\r\n"
        b"Content-Type: application/msword\r\nContent-Length: 5\r\nDigest: sha-256=x\r\nExpect: 100-continue\r\n"
        b"Connection: X-Hop\r\nX-Hop: z\r\n\r\n"
    )
    async with served(tmp_path, by_word) as here, here.client() as client:
        await client.say(reqmod(header, b"", ALLOW), chunked(b"macro"))
        reply = await client.reply()
        assert "Encapsulated: req-hdr=0, req-body=" in reply.head
        assert reply.header == (
            b"PUT http://files.example/a.doc HTTP/1.1\r\nHost: files.example\r\nAuthorization: Basic x\r\nX-CSRF: y\r\n"
            b"Content-Type: application/pdf\r\nContent-Length: 0\r\n\r\n"
        )
        await client.say(reqmod(header, b"", ALLOW), chunked(b"blocked"))
        reply = await client.reply()
        assert "Encapsulated: res-hdr=0, res-body=" in reply.head  # a response, in place of the request
        assert reply.header.startswith(b"HTTP/1.1 403 ")


async def test_requests_without_a_body_go_on(tmp_path: Path) -> None:
    header = b"GET http://files.example/ HTTP/1.1\r\nHost: files.example\r\n\r\n"
    async with served(tmp_path) as here, here.client() as client:
        await client.say(reqmod(header, None))
        reply = await client.reply()
        assert (reply.header, reply.body) == (header, b"")
        assert "Encapsulated: req-hdr=0, null-body=" in reply.head


async def test_a_store_that_fails_lets_nothing_through(tmp_path: Path) -> None:
    async with served(tmp_path) as here, here.client() as client:
        here.shelf.failing = StoreUnavailable("a secret path")
        await client.say(respmod(response(), b"", ALLOW), chunked(b"hello"))
        reply = await client.reply()
        assert reply.header.startswith(b"HTTP/1.1 503 ")
        assert b"secret" not in reply.body
        here.shelf.failing = None
        await client.say(respmod(response(), b"", ALLOW), chunked(b"hello"))
        assert (await client.reply()).status == 204


async def test_a_full_disk_lets_nothing_through(tmp_path: Path) -> None:
    async with served(tmp_path) as here, here.client() as client:
        here.free = 999
        await client.say(respmod(response(), b"", ALLOW, "Preview: 0"), chunked(b""))
        assert b"out of order" in (await client.reply()).body


@pytest.mark.parametrize(
    ("claimed", "body", "passes"),
    [
        ("Content-Type: text/plain; charset=utf-8", b"<script>go()</script>", True),
        ("Content-Type: text/html", b"<script>go()</script>", False),
        ("Content-Type: application/hta", b"words", False),
        ("X-Nothing: said", b"words", True),
        ("X-Nothing: said", b"\xef\xbb\xbf \n<script>go()</script>", False),
    ],
)
async def test_unchanged_bytes_go_on_under_the_type_they_were_examined_as(
    tmp_path: Path, claimed: str, body: bytes, passes: bool
) -> None:
    header = f"HTTP/1.1 200 OK\r\n{claimed}\r\n\r\n".encode()
    async with served(tmp_path) as here, here.client() as client:
        await client.say(respmod(header, b"", ALLOW), chunked(body))
        reply = await client.reply()
        assert (reply.status == 204) is passes
        if not passes:
            assert reply.body == body
            assert reply.field("Content-Type") == "text/plain; charset=utf-8"
            assert reply.field("X-Content-Type-Options") == "nosniff"


@pytest.mark.parametrize(
    "said", ["a; filename=a.txt; filename=a.hta", "a; filename*=UTF-8''a.txt; FileName* = UTF-8''a.hta"]
)
async def test_a_file_with_two_names_is_refused(tmp_path: Path, said: str) -> None:
    async with served(tmp_path) as here, here.client() as client:
        await client.say(respmod(response("text/plain", f"Content-Disposition: {said}"), b"", ALLOW), chunked(b"words"))
        assert (await client.reply()).status == 400


async def test_a_response_without_any_header(tmp_path: Path) -> None:
    head = b"RESPMOD icap://x/respmod ICAP/1.0\r\nHost: x\r\nEncapsulated: res-body=0\r\n\r\n"
    async with served(tmp_path, by_word) as here, here.client() as client:
        await client.say(head, chunked(b"hello"))
        assert (await client.reply()).body == b"hello"
        await client.say(head, chunked(b"macro!"))
        reply = await client.reply()
        assert reply.body == b"!"
        assert reply.header.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n")


@pytest.mark.parametrize("how", ["attachment; filename=a.hta", "form-data", "attachment"])
async def test_a_page_that_is_to_be_saved_as_a_file_does_not_pass(tmp_path: Path, how: str) -> None:
    async with served(tmp_path, as_script, pass_types=("text/html",)) as here, here.client() as client:
        header = response("text/html", f"Content-Disposition: {how}")
        await client.say(respmod(header, b"", ALLOW), chunked(b"<html>"))
        assert (await client.reply()).body == b"rebuilt"


async def test_what_passed_under_one_claim_does_not_pass_under_another_for_that(tmp_path: Path) -> None:
    async with served(tmp_path, as_script, pass_types=("text/javascript",)) as here, here.client() as client:
        await client.say(respmod(response("text/javascript"), b"", ALLOW), chunked(SCRIPT))
        assert (await client.reply()).status == 204
        for header in (
            response("application/hta"),
            response("text/javascript", "Content-Disposition: attachment"),
        ):
            await client.say(respmod(header, b"", ALLOW), chunked(SCRIPT))
            assert b"This file was blocked" in (await client.reply()).body
        await client.say(respmod(response("text/javascript"), b"", ALLOW), chunked(SCRIPT))
        assert (await client.reply()).status == 204


async def test_what_was_coded_for_the_way_is_not_examined(tmp_path: Path) -> None:
    async with served(tmp_path) as here, here.client() as client:
        header = response("text/plain", "Transfer-Encoding: gzip, chunked")
        await client.say(respmod(header, b"", ALLOW, "Preview: 1024"), chunked(b"hello"))
        assert b"compressed form" in (await client.reply()).body
        assert not here.shelf.items


async def test_an_answer_says_nothing_twice(tmp_path: Path) -> None:
    async with served(tmp_path, by_word) as here, here.client() as client:
        for body in (b"hello", b"a macro", b"blocked"):
            await client.say(respmod(response(), b"", ALLOW), chunked(body))
            names = [line.partition(":")[0] for line in (await client.reply()).head.split("\r\n")[1:] if line]
            assert len(names) == len(set(names))
            assert "Encapsulated" in names
