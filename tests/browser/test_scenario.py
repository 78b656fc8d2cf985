"""A day at a real gateway between real mail servers, as people see it in a real Chromium, in both languages."""

import base64
import io
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import pikepdf
import pytest
import pytest_asyncio

from gateway.access.rights import Role
from gateway.web.wording import finding_said
from sanitizers.model import Action, Threat
from tests.browser.chromium import DROP, INK, NEEDS_CHROMIUM, POST
from tests.browser.town import CITY, HANAKO, TOWN, WIDTH, Town, files_of, letter, link_in, text_of, town
from tests.end_to_end.test_passwords import PASSWORD, WORDS, boxed, words_of
from tests.end_to_end.test_viewing import SECRET, pdf
from tests.servers.postfix import missing

pytestmark = [
    NEEDS_CHROMIUM,
    pytest.mark.skipif(bool(missing()), reason=missing() or "Postfix can be started"),
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.asyncio(loop_scope="module"),
]

BODY = "来週の打ち合わせの資料をお送りします。"
HTML = f"<p>{BODY}</p><p><a href='https://evil.example/'>詳細</a></p><script>x()</script>"


def attack(subject: str) -> EmailMessage:
    """Held by the rules, for a PDF that acts when it is opened."""
    return letter(subject, BODY, ("資料.pdf", pdf()), html=HTML)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["ja", "en"])
async def city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with town(request.param, tmp_path_factory.mktemp(f"town-{request.param}")) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_complains(city: Town) -> Any:
    """No error on a console, no refusal by the policy, no dialog, nothing asked elsewhere: in any window of a test."""
    city.windows.complaints.clear()
    yield
    assert city.windows.complaints == []


def acts(city: Town) -> str:
    """What a person reads of such a PDF."""
    return finding_said(Threat.ACTIVE_CONTENT, Action.REMOVED, "application/pdf", city.language)


async def heading(page: Any) -> str:
    return str(await page.inner_text("h1"))


async def test_the_door(city: Town) -> None:
    person = city.add("shinjin", Role.OPERATOR)
    other = "en" if city.language == "ja" else "ja"
    page = await city.windows.open((other, False, WIDTH))
    await page.goto("/items")
    async with page.expect_navigation():
        await page.get_by_role("link", name="日本語" if other == "en" else "English").click()
    assert await heading(page) == city.say("sign_in")
    await city.see(page, "01-sign-in")
    await city.give_password(page, person.login, "not the password")
    assert city.say("login_wrong") in await page.get_by_role("alert").inner_text()
    await city.first_sign_in(page, person)
    assert await heading(page) == city.say("recovery_title")
    assert await page.locator(".codes li").count() == 10
    await city.see(page, "03-recovery-codes")
    await city.press(page, "recovery_kept")
    await city.press(page, "sign_out")

    await page.goto("/items")
    await city.give_password(page, person.login, person.password)
    assert await heading(page) == city.say("code_title")
    await page.get_by_label(city.say("code")).fill("000000")
    await city.press(page, "go_on")
    assert city.say("code_wrong") in await page.get_by_role("alert").inner_text()
    await page.get_by_label(city.say("code")).fill(next(iter(person.codes_used)))
    await city.press(page, "go_on")
    assert city.say("code_wrong") in await page.get_by_role("alert").inner_text()  # it was used
    await page.get_by_label(city.say("code")).fill(person.code())
    await city.press(page, "go_on")
    assert await heading(page) == city.say("items")


async def test_a_held_mail_is_found_judged_approved_and_arrives(city: Town) -> None:
    subject = "打ち合わせ資料"
    item_id = await city.held(attack(subject))
    page = await city.signed_in(Role.OPERATOR)
    await found_by_search(city, page, "打ち合わせ")
    await city.see(page, "10-found")
    async with page.expect_navigation():
        await page.get_by_role("link", name=subject).click()
    assert await heading(page) == subject
    assert acts(city) in await page.inner_text(".tree")
    await city.see(page, "11-item")

    async with page.expect_navigation():
        await page.get_by_role("link", name=f"{city.say('pages_show')} 資料.pdf").click()
    pictures = page.locator(".leaves img")
    assert await pictures.count() == 3
    assert await pictures.first.evaluate(INK)
    assert city.say("page_range", first=1, last=3, total=3) in await page.inner_text("main")
    await city.see(page, "12-pictures")
    await page.go_back()

    await city.press(page, "compare")
    before, after = [await page.locator(f".compare td:nth-child({side})").all_inner_texts() for side in (1, 2)]
    assert any(BODY in line for line in before)
    assert any(BODY in line for line in after)
    assert item_id not in "".join(before)
    assert item_id in "".join(after)  # the notice
    mailer = page.locator(".fields tr", has_text="X-Mailer")
    assert city.say("field_gone") in await mailer.inner_text()
    await city.see(page, "13-compare")
    await page.go_back()

    await city.press(page, "deed.ask")
    assert city.say("deed_second_person") in await page.inner_text("main")
    await page.get_by_label(city.say("reason")).fill("会議で使うため")
    await city.see(page, "14-ask")
    await city.press(page, "deed.ask")
    assert city.say("deed_done.ask") in await page.get_by_role("status").first.inner_text()
    await page.goto("/approvals")
    assert await page.get_by_role("link", name=city.say("deed.approve")).count() == 0  # not one's own
    assert await city.state(item_id) == "held"

    await approve(city, item_id, subject)
    got = await city.mail(lambda each: str(each["Subject"]) == subject)
    (name, data), *others = files_of(got).items()
    assert (name, others) == ("資料.pdf", [])
    assert SECRET.encode() not in got.as_bytes() + data
    with pikepdf.Pdf.open(io.BytesIO(data)) as clean:
        assert len(clean.pages) == 3
        assert "/OpenAction" not in clean.Root
    assert BODY in text_of(got)
    assert "x()" not in text_of(got)
    assert got["X-Mailer"] is None

    await page.goto(f"/audit?item_id={item_id}")
    rows = [" ".join(row.split()) for row in await page.locator("tbody tr").all_inner_texts()]
    assert any(city.say("action.release_asked") in row and "operator" in row for row in rows), rows
    assert any(city.say("action.approved") in row and "approver" in row for row in rows), rows
    assert any(city.say("action.viewed") in row and "pages 1-" in row for row in rows), rows
    await city.see(page, "17-audit")
    verified = city.gateway.command("audit", "verify")
    assert verified.returncode == 0, verified.stderr


async def found_by_search(city: Town, page: Any, text: str, count: int = 1) -> None:
    """In the list, by the search field and the state."""
    await page.goto("/items")
    await page.get_by_label(city.say("search"), exact=True).fill(text)
    await page.get_by_label(city.say("filter.state"), exact=True).select_option("held")
    await city.press(page, "search")
    assert await page.locator(".items tbody tr").count() == count
    assert city.say("count_exact", count=count) in await page.locator(".total").inner_text()


async def approve(city: Town, item_id: str, subject: str) -> None:
    """By the second person, who comes from the list of what waits."""
    page = await city.signed_in(Role.APPROVER)
    await page.goto("/approvals")
    assert "会議で使うため" in await page.locator("tr", has_text=subject).inner_text()
    await city.see(page, "15-approvals")
    async with page.expect_navigation():
        await page.get_by_role("link", name=f"{city.say('deed.approve')} {item_id}").click()
    await city.see(page, "16-approve")
    await city.press(page, "deed.approve")
    assert city.say("deed_done.approve") in await page.get_by_role("status").first.inner_text()


async def test_many_are_discarded_by_search_and_no_other(city: Town) -> None:
    advertised = [await city.held(attack(f"広告のお知らせ {season}")) for season in ("春", "夏", "秋")]
    kept = await city.held(attack("議会のお知らせ"))
    await city.send(letter("広告のお知らせ 届くもの", "ふつうのメールです。"))
    (delivered,) = await city.items("広告のお知らせ 届くもの", "delivered")
    page = await city.signed_in(Role.OPERATOR)
    await found_by_search(city, page, "広告のお知らせ", 3)
    await page.get_by_label(city.say("bulk_which")).select_option("every")
    await page.get_by_label(city.say("bulk_action")).select_option("discard")
    await city.see(page, "20-bulk")
    await city.press(page, "bulk_go_on")
    assert await heading(page) == city.say("bulk_ask.discard", count=3)
    await city.see(page, "21-bulk-confirm")
    await page.get_by_label(city.say("reason")).fill("迷惑メール")
    async with page.expect_navigation():
        await page.get_by_role("button", name=re.compile(re.escape(city.say("bulk.discard")))).click()
    await page.wait_for_selector("[data-live-over]")
    assert city.say("job_done") in await page.get_by_role("status").inner_text()
    assert await page.locator("dd").first.inner_text() == city.say("count_exact", count=3)
    await city.see(page, "22-bulk-done")
    assert [await city.state(each) for each in advertised] == ["discarded"] * 3
    assert (await city.state(kept), await city.state(delivered["id"])) == ("held", "delivered")


async def test_the_recipient_opens_a_protected_file(city: Town) -> None:
    subject = "議事録の送付"
    await city.send(letter(subject, "パスワードは電話でお伝えします。", ("資料.zip", boxed("-mem=AES256"))))
    asking = await city.mail(lambda each: "/unlock/" in text_of(each))
    code = re.search(r"(?:確認コード|Code): ([0-9 ]+)", text_of(asking))
    assert code
    page = await city.windows.open((city.language, False, 360))
    await page.goto(link_in(asking, "/unlock/"))
    assert await heading(page) == city.say("unlock_title")
    await city.see(page, "30-unlock")
    await give(city, page, code[1], "nonsense")
    assert await page.locator(".problem").is_visible()
    assert "9" in await page.locator(".problem").inner_text()  # tries that are left
    await city.see(page, "31-unlock-wrong")
    assert await page.get_by_label(city.say("unlock_code")).input_value() == code[1].strip()  # nobody types it twice
    await page.wait_for_timeout(1_100)  # the pause after a wrong one
    await give(city, page, code[1], PASSWORD)
    assert city.say("unlock_answer.opened") in await page.get_by_role("status").inner_text()
    await city.see(page, "32-unlocked")
    follow_up = await city.mail(lambda each: "資料.zip" in files_of(each) and subject in str(each["Subject"]))
    assert words_of("資料.zip", files_of(follow_up)["資料.zip"]) == WORDS


async def give(city: Town, page: Any, code: str, password: str) -> None:
    await page.get_by_label(city.say("unlock_code")).fill(code)
    await page.get_by_label(city.say("unlock_passwords")).fill(password)
    await city.press(page, "unlock_go")


async def test_the_recipient_asks_for_the_original_and_a_second_person_lets_it_out(city: Town) -> None:
    subject, sent = "署名入りの原本", pdf()
    item_id = await city.held(letter(subject, BODY, ("資料.pdf", sent)))
    notice = await city.mail(lambda each: item_id in text_of(each) and "/original/" in text_of(each))
    page = await city.windows.open((city.language, False, 360))
    address = link_in(notice, "/original/")
    await page.goto(address)
    assert subject in await page.inner_text("main")
    await city.see(page, "40-original")
    await page.get_by_label(city.say("original_wanted.original")).check()
    await page.get_by_label(city.say("original_reason")).fill("電子署名を確かめるため")
    await city.press(page, "original_ask")
    assert city.say("original_asked") in await page.get_by_role("status").inner_text()
    assert await city.state(item_id) == "held"  # a request is no release
    await page.goto(address[:-1] + ("A" if address[-1] != "A" else "B"))
    assert city.say("original_over") in await page.get_by_role("alert").inner_text()

    second = await city.signed_in(Role.APPROVER)
    await second.goto("/approvals")
    row = await second.locator("tr", has_text=subject).inner_text()
    assert city.say("ask_wanted.original") in row
    assert city.say("actor.recipient", name=HANAKO) in row
    await city.see(second, "41-original-asked")
    async with second.expect_navigation():
        await second.get_by_role("link", name=f"{city.say('deed.approve')} {item_id}").click()
    assert city.say("deed_does.approve") in await second.locator(".caution").inner_text()
    await city.press(second, "deed.approve")
    got = await city.mail(lambda each: str(each["Subject"]) == subject)
    assert files_of(got) == {"資料.pdf": sent}  # as it came: that is what was asked for, and agreed to


async def test_a_file_is_tried(city: Town) -> None:
    page = await city.signed_in(Role.OPERATOR)
    await page.goto("/try")
    carried = await page.evaluate_handle(DROP, ["試し.pdf", base64.b64encode(pdf()).decode()])
    await page.dispatch_event("[data-drop]", "drop", {"dataTransfer": carried})
    await city.see(page, "50-try")
    await city.press(page, "try_go")
    assert "試し.pdf" in await heading(page)
    assert acts(city) in await page.inner_text(".tree")
    assert city.say("try_verdict.hold") in await page.inner_text("main")
    await city.see(page, "51-tried")
    async with page.expect_download() as saved:
        await page.get_by_role("link", name=city.say("try_download")).click()
    data = (await (await saved.value).path()).read_bytes()
    assert data.startswith(b"%PDF")
    assert SECRET.encode() not in data
    for side in ("try_before", "try_after"):
        async with page.expect_navigation():
            await page.get_by_role("link", name=f"{city.say('try_pictures')}: {city.say(side)}").click()
        assert await page.locator(".leaves img").count() == 3
        assert await page.locator(".leaves img").first.evaluate(INK)
        await page.go_back()
    await city.items("試し", count=0, seconds=0.1)  # nothing is kept


async def test_the_auditor_changes_nothing(city: Town) -> None:
    item_id = await city.held(attack("監査の対象"))
    page = await city.signed_in(Role.AUDITOR)
    await page.goto("/items?state=held")
    assert await page.locator(".items tbody tr").count() >= 1
    assert await page.locator("input[type=checkbox][name=item], .bulk").count() == 0
    await page.goto(f"/items/{item_id}")
    assert await page.locator(".deeds, main form").count() == 0
    await city.see(page, "60-auditor")
    deeds = ("release", "release-original", "discard", "hold", "retry", "clean-again", "original", "unlock")
    form, fields = (
        "application/x-www-form-urlencoded",
        f"reason=x&passwords=x&action=discard&which=chosen&item={item_id}",
    )
    for path in (*(f"/items/{item_id}/{deed}" for deed in deeds), "/bulk", "/bulk/begin", "/people/new"):
        assert await page.evaluate(POST, [path, form, fields]) == 403, path
    for deed in ("release", "release-original", "discard", "hold", "retry", "clean-again", "original"):
        path = f"/api/v1/items/{item_id}/{deed}"
        assert await page.evaluate(POST, [path, "application/json", '{"reason": "x"}']) == 403, path
    assert await city.state(item_id) == "held"

    await city.press(page, "compare")
    assert BODY not in await page.inner_text("body")
    assert city.say("content_reason_about") in await page.inner_text("main")
    await city.see(page, "61-auditor-reason")
    assert (await page.context.request.get(f"/api/v1/items/{item_id}/texts")).status == 422
    await page.get_by_label(city.say("content_reason")).fill("定期監査 2026-11")
    await city.press(page, "content_show")
    assert BODY in await page.inner_text("main")
    await page.goto(f"/audit?item_id={item_id}")
    looks = await page.locator("tr", has_text=city.say("action.viewed")).all_inner_texts()
    assert looks
    assert all("定期監査 2026-11" in look and "auditor" in look for look in looks)


async def test_another_towns_operator_sees_nothing_of_it(city: Town) -> None:
    foreign = await city.held(attack("市の内部資料"))
    own = await city.held(attack("町の内部資料"), f"yakuba@{TOWN}")
    page = await city.signed_in(Role.OPERATOR, "tonari", TOWN)
    await page.goto("/items")
    assert "町の内部資料" in await page.inner_text("main")
    shown = await page.inner_text("body")
    assert "市の内部資料" not in shown
    assert CITY not in shown
    await city.see(page, "70-other-town")
    for text in ("市の内部資料", foreign, HANAKO):
        await page.goto(f"/items?text={text}")
        assert await page.locator(".items tbody tr").count() == 0
    for path in ("", "/content", "/release", "/discard", "/parts/1.3/pages"):
        answer = await page.goto(f"/items/{foreign}{path}")
        assert answer.status == 404
        assert await heading(page) == city.say("problem_not_found")
        assert (await page.goto(f"/items/{own}{path}")).status == 200
    for path in ("", "/history", "/headers", "/texts", "/tree", "/parts/1.3/pages"):
        assert (await page.context.request.get(f"/api/v1/items/{foreign}{path}")).status == 404, path
        assert (await page.context.request.get(f"/api/v1/items/{own}{path}")).status == 200, path
    form = "application/x-www-form-urlencoded"
    assert await page.evaluate(POST, [f"/items/{foreign}/discard", form, "reason=x"]) == 404
    assert await page.evaluate(POST, [f"/api/v1/items/{foreign}/discard", "application/json", '{"reason": "x"}']) == 404
    await page.goto(f"/audit?text={foreign}")
    assert foreign not in await page.inner_text("main tbody") if await page.locator("main tbody").count() else True
    await page.goto("/approvals")
    assert CITY not in await page.inner_text("main")
    assert await city.state(foreign) == "held"


async def test_found_opened_and_discarded_by_keyboard_alone(city: Town) -> None:
    item_id = await city.held(attack("鍵盤だけで"))
    page = await city.windows.open((city.language, False, WIDTH))
    person = city.add("kagi", Role.OPERATOR)
    await city.first_sign_in(page, person)
    await page.context.clear_cookies(name="kiyome")
    await page.goto("/items")
    await page.wait_for_selector("#login:focus")
    await type_and_enter(page, person.login, "Tab", person.password)
    await page.wait_for_selector("#code:focus")
    await type_and_enter(page, person.code())
    assert await heading(page) == city.say("items")
    await page.keyboard.press("/")
    await type_and_enter(page, "鍵盤だけで")
    await page.keyboard.press("j")
    await type_and_enter(page)
    assert await heading(page) == "鍵盤だけで"
    await tab_to(page, f"/items/{item_id}/discard")
    await city.see(page, "80-keyboard")
    await type_and_enter(page)
    await tab_to(page, "reason")
    await type_and_enter(page, "不要のため")
    assert city.say("deed_done.discard") in await page.get_by_role("status").first.inner_text()
    assert await city.state(item_id) == "discarded"


async def type_and_enter(page: Any, *words: str) -> None:
    """Into what has the focus; "Tab" goes on to the next field."""
    for each in words:
        if each == "Tab":
            await page.keyboard.press("Tab")
        else:
            await page.keyboard.insert_text(each)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def tab_to(page: Any, wanted: str) -> None:
    """On by Tab until the focus is on a link to this address, or on a field of this name, and can be seen there."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        at = page.locator(":focus")
        if wanted in {await at.get_attribute("href"), await at.get_attribute("name")}:
            assert await at.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    raise AssertionError(f"Tab does not lead to {wanted}")
