"""One item as pages: looking inside, and every deed with its page of confirmation."""

import re

import pytest

from gateway.access.rights import Role
from gateway.model import ItemState
from gateway.web.wording import finding_said, word
from sanitizers.rules import Verdict
from sanitizers.views import NoView, Why
from tests.unit.web.api.world import CITY, ORIGINAL, PNG, TOWN, World


async def looked(world: World, item_id: str) -> list[str]:
    rows = [row async for row in world.store.audit_rows(item_id)]
    return [row.detail for row in rows if row.action == "viewed"]


async def test_the_report_in_words_signs_and_what_can_be_done(world: World) -> None:
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    page = (await world.ask(operator, "GET", f"/items/{item_id}")).text
    for words in ("保留", "アクティブコンテンツ", "開くと動くスクリプト", "危険", "請求書.pdf", "受け取った"):
        assert words in page, words
    for deed in ("release", "discard", "clean-again", "release-original", "original"):
        assert f'href="/items/{item_id}/{deed}"' in page
    assert f'href="/items/{item_id}/hold"' not in page
    approver = await world.person("approver", Role.APPROVER)
    assert "/discard" not in (await world.ask(approver, "GET", f"/items/{item_id}")).text
    assert 'lang="en"' in (await world.ask(operator, "GET", f"/items/{item_id}?lang=en")).text


# Looking inside


async def test_a_look_is_on_record_before_it_is_shown(world: World) -> None:
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    page = await world.ask(operator, "GET", f"/items/{item_id}/content")
    assert page.status_code == 200
    assert len(await looked(world, item_id)) == 3
    assert "<b>" not in page.text
    assert "../../&lt;b&gt;" in page.text


async def test_an_auditor_says_why_first(world: World) -> None:
    item_id = await world.item()
    auditor = await world.person("auditor", Role.AUDITOR)
    for path in (f"/items/{item_id}/content", f"/items/{item_id}/parts/1.2/pages"):
        asked = await world.ask(auditor, "GET", path)
        assert asked.status_code == 200
        assert "見る理由" in asked.text
        assert "<img" not in asked.text
        assert (await world.ask(auditor, "POST", path, data={"reason": " "})).status_code == 422
    assert await looked(world, item_id) == []
    shown = await world.ask(auditor, "POST", f"/items/{item_id}/parts/1.2/pages", data={"reason": "照会 12"})
    assert "<img" in shown.text
    assert 'name="reason" value="照会 12"' in shown.text  # for the next pages, which are looks of their own
    assert ["照会 12" in detail for detail in await looked(world, item_id)] == [True]
    assert (await world.ask(auditor, "POST", f"/items/{item_id}/parts/1.2/clean", data={})).status_code == 403


async def test_pictures_are_for_the_session_that_asked(world: World) -> None:
    item_id = await world.item()
    operator, other = await world.person("operator", Role.OPERATOR), await world.person("other", Role.OPERATOR)
    page = (await world.ask(operator, "GET", f"/items/{item_id}/parts/1.2/pages?first=2&width=99999")).text
    assert "2〜3 ページ / 全 3 ページ" in page
    sources = re.findall(r'<img src="([^"]+)"', page)
    assert len(sources) == 2
    picture = await world.ask(operator, "GET", sources[0])
    assert (picture.content, picture.headers["content-type"]) == (PNG, "image/png")
    assert "sandbox" in picture.headers["content-security-policy"]
    assert (await world.ask(other, "GET", sources[0])).status_code == 404
    again = await world.person("operator", Role.OPERATOR)  # the same person, another session
    assert (await world.ask(again, "GET", sources[0])).status_code == 404
    assert (await world.ask(operator, "GET", sources[0][:-1] + "9")).status_code == 404
    assert len(await looked(world, item_id)) == 1


@pytest.mark.parametrize("why", list(Why))
async def test_why_there_is_nothing_to_see(world: World, why: Why) -> None:
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    world.gateway.viewer.none = NoView(why, "private detail")
    for path in ("content", "parts/1.2/pages"):
        page = await world.ask(operator, "GET", f"/items/{item_id}/{path}")
        assert page.status_code == 200
        assert 'class="empty"' in page.text
        assert "private detail" not in page.text


async def test_a_recipient_does_not_look_into_what_is_held(world: World) -> None:
    held = await world.item(f"hanako@{CITY}")
    goes_on = await world.item(f"hanako@{CITY}", verdict=Verdict.DELIVER)
    hanako = await world.person("hanako", Role.USER, address=f"hanako@{CITY}")
    assert (await world.ask(hanako, "GET", f"/items/{held}/content")).status_code == 403
    assert "/content" not in (await world.ask(hanako, "GET", f"/items/{held}")).text
    assert (await world.ask(hanako, "GET", f"/items/{goes_on}/content")).status_code == 200


async def test_a_clean_part_is_saved_and_never_shown(world: World) -> None:
    item_id = await world.item()
    operator = await world.person("operator", Role.OPERATOR)
    answer = await world.ask(operator, "POST", f"/items/{item_id}/parts/1.2/clean", data={})
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    for path in ("..%2f..%2fetc", "9.9", "1.2%00", "x" * 300):
        found = await world.ask(operator, "POST", f"/items/{item_id}/parts/{path}/clean", data={})
        assert "attachment" not in found.headers.get("content-disposition", "")


# Deeds


@pytest.mark.parametrize(
    ("deed", "verdict", "state"),
    [
        ("release", Verdict.HOLD, ItemState.RELEASED),
        ("release-original", Verdict.HOLD, ItemState.RELEASED),
        ("discard", Verdict.HOLD, ItemState.DISCARDED),
        ("clean-again", Verdict.HOLD, ItemState.RECEIVED),
        ("hold", Verdict.DELIVER, ItemState.HELD),
    ],
)
async def test_a_deed_says_what_will_happen_and_needs_a_reason(
    world: World, deed: str, verdict: Verdict, state: ItemState
) -> None:
    item_id = await world.item(verdict=verdict)
    operator, before = await world.person("operator", Role.OPERATOR), await world.state(item_id)
    path = f"/items/{item_id}/{deed}"
    page = await world.ask(operator, "GET", path)
    assert page.status_code == 200
    assert "監査記録に残ります" in page.text
    without = await world.ask(operator, "POST", path, data={"reason": "  "})
    assert (without.status_code, "理由を入力してください" in without.text) == (422, True)
    assert await world.state(item_id) is before
    done = await world.ask(operator, "POST", path, data={"reason": "電話で確認"})
    assert done.headers["location"] == f"/items/{item_id}?done={deed}"
    assert await world.state(item_id) is state
    assert world.gateway.woken == 1
    assert 'class="said"' in (await world.ask(operator, "GET", done.headers["location"])).text
    assert (await world.ask(operator, "POST", path, data={"reason": "x"})).status_code == 409


async def test_without_a_clean_version_only_the_original_is_offered(world: World) -> None:
    item_id = await world.item(clean=None)
    operator = await world.person("operator", Role.OPERATOR)
    page = (await world.ask(operator, "GET", f"/items/{item_id}")).text
    assert f"/items/{item_id}/release-original" in page
    assert f'"/items/{item_id}/release"' not in page
    assert (await world.ask(operator, "GET", f"/items/{item_id}/release")).status_code == 409


async def test_an_original_needs_a_fresh_proof_a_reason_and_is_on_record(world: World) -> None:
    item_id = await world.item()
    stale = await world.person("operator", Role.OPERATOR, strong=False)
    for deed in ("original", "release-original"):
        path = f"/items/{item_id}/{deed}"
        for method in ("GET", "POST"):
            answer = await world.ask(stale, method, path, **({"data": {"reason": "x"}} if method == "POST" else {}))
            assert answer.status_code == 303
            assert answer.headers["location"] == f"/confirm?next={path}"
    operator = await world.person("operator", Role.OPERATOR)
    saved = await world.ask(operator, "POST", f"/items/{item_id}/original", data={"reason": "調査"})
    assert saved.content == ORIGINAL
    assert saved.headers["content-disposition"].startswith(f'attachment; filename="{item_id}.original.eml"')
    assert "sandbox" in saved.headers["content-security-policy"]
    assert ("user:operator", "exported") in await world.actions(item_id)
    assert await world.state(item_id) is ItemState.HELD


async def test_a_password_is_tried_and_never_shown_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    item_id = await world.item()
    operator, path = await world.person("operator", Role.OPERATOR), f"/items/{item_id}/unlock"
    assert (await world.ask(operator, "GET", path)).status_code == 409  # nothing in it is encrypted
    monkeypatch.setattr("gateway.web.reading.offers.has", lambda item, threats: True)
    assert 'name="passwords"' in (await world.ask(operator, "GET", path)).text
    wrong = await world.ask(operator, "POST", path, data={"reason": "電話で聞いた", "passwords": "guess-4711"})
    assert wrong.status_code == 422
    assert "開けませんでした" in wrong.text
    assert "guess-4711" not in wrong.text
    right = await world.ask(operator, "POST", path, data={"reason": "電話で聞いた", "passwords": "a\nhimitsu"})
    assert right.headers["location"] == f"/items/{item_id}?done=unlock"


# A second person


async def test_a_second_person_decides_and_who_asked_only_takes_back(world: World) -> None:
    item_id = await world.item(f"hanako@{TOWN}", profile="strict")
    operator, approver = await world.person("operator", Role.OPERATOR), await world.person("approver", Role.APPROVER)
    page = (await world.ask(operator, "GET", f"/items/{item_id}/release")).text
    assert "二人目の承認が必要です" in page
    asked = await world.ask(operator, "POST", f"/items/{item_id}/release", data={"reason": "住民からの申請"})
    assert asked.headers["location"] == f"/items/{item_id}?done=ask"
    assert await world.state(item_id) is ItemState.HELD
    listed = (await world.ask(operator, "GET", "/approvals")).text
    (withdraw,) = re.findall(r'href="(/approvals/\w+/withdraw)"', listed)
    assert "/approve" not in listed.replace("/approvals", "")
    listed = (await world.ask(approver, "GET", "/approvals")).text
    (approve,) = re.findall(r'href="(/approvals/\w+/approve)"', listed)
    assert "住民からの申請" in listed
    assert (await world.ask(operator, "GET", approve)).status_code == 403
    assert (await world.ask(approver, "GET", withdraw)).status_code == 403
    refuse = "/approvals/" + approve.split("/")[2] + "/refuse"
    assert (await world.ask(approver, "POST", refuse, data={"reason": ""})).status_code == 422
    assert (await world.ask(approver, "GET", approve)).status_code == 200
    done = await world.ask(approver, "POST", approve, data={"reason": ""})
    assert done.headers["location"] == f"/items/{item_id}?done=approve"
    assert await world.state(item_id) is ItemState.RELEASED
    assert (await world.ask(approver, "POST", approve, data={"reason": ""})).status_code == 404


async def test_nobody_approves_their_own_or_another_towns(world: World) -> None:
    item_id = await world.item(f"hanako@{TOWN}", profile="strict")
    admin = await world.person("admin", Role.ADMINISTRATOR)
    await world.ask(admin, "POST", f"/items/{item_id}/release", data={"reason": "x"})
    (approval,) = await world.store.approvals.of(item_id)
    answer = await world.ask(admin, "POST", f"/approvals/{approval.id}/approve", data={"reason": ""})
    assert answer.status_code in {403, 409}
    city = await world.person("city", Role.APPROVER, frozenset({CITY}))
    assert approval.id not in (await world.ask(city, "GET", "/approvals")).text
    assert (await world.ask(city, "POST", f"/approvals/{approval.id}/approve", data={"reason": ""})).status_code == 404
    assert await world.state(item_id) is ItemState.HELD


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_a_finding_is_said_in_a_sentence_before_its_detail(world: World, language: str) -> None:
    item_id = await world.item()
    item = await world.store.item(item_id)
    assert item is not None
    assert item.report is not None
    assert item.decision is not None
    page = (await world.ask(await world.person("op", Role.OPERATOR), "GET", f"/items/{item_id}?lang={language}")).text
    findings = [(part, finding) for part in item.report.parts for finding in part.findings]
    assert findings
    for part, finding in findings:
        said = finding_said(finding.threat, finding.action, part.detected_type, language)
        assert f'<span class="plainly">{said}</span>\n<span class="detail" lang="en">' in page
    assert word("decided." + item.decision.rule.rpartition(".")[2], language) in page
