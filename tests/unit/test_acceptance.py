"""Which items a mail becomes: one for each profile that its recipients have."""

import pytest

from gateway.intake.acceptance import Acceptance
from gateway.model import Direction, Recipient
from gateway.store.errors import StoreFull
from sanitizers.rules import Assignment, Profile, Rules
from tests.fakes.items import envelope

RULES = Rules(
    profiles={name: Profile() for name in ("standard", "mayor", "school", "out")},
    assignments=(
        Assignment("out", ("*",), "outbound"),
        Assignment("mayor", ("Mayor@city.example.jp",)),
        Assignment("school", ("*@school.example.jp", "*@EDU.example.jp"), "inbound"),
    ),
)


class Keeper:
    def __init__(self, error: Exception | None = None) -> None:
        self.drafts = []
        self.error = error

    async def accept(self, drafts, spool):
        if self.error:
            raise self.error
        self.drafts = list(drafts)
        return tuple(f"I-{n}" for n in range(len(self.drafts)))


async def profiles(*addresses: str, direction: Direction = Direction.INBOUND) -> dict[str, list[str]]:
    keeper = Keeper()
    given = envelope(recipients=tuple(Recipient(address) for address in addresses), direction=direction)
    ids = await Acceptance(keeper, RULES, lambda: None)(given, object())
    assert len(ids) == len(keeper.drafts)
    assert all(draft.envelope.mail_from == given.mail_from for draft in keeper.drafts)
    return {draft.profile: [each.address for each in draft.envelope.recipients] for draft in keeper.drafts}


async def test_recipients_of_one_profile_make_one_item() -> None:
    assert await profiles("a@x.jp", "b@y.jp") == {"standard": ["a@x.jp", "b@y.jp"]}


async def test_recipients_of_several_profiles_make_several() -> None:
    found = await profiles("a@x.jp", "MAYOR@City.example.jp", "t@School.Example.jp", "b@x.jp", "u@edu.example.jp")
    assert found == {
        "standard": ["a@x.jp", "b@x.jp"],
        "mayor": ["MAYOR@City.example.jp"],
        "school": ["t@School.Example.jp", "u@edu.example.jp"],
    }


async def test_the_first_assignment_of_the_direction_counts() -> None:
    addresses = ("mayor@city.example.jp", "a@school.example.jp")
    assert await profiles(*addresses, direction=Direction.OUTBOUND) == {"out": list(addresses)}


async def test_a_domain_does_not_match_its_sub_domains() -> None:
    assert await profiles("a@sub.school.example.jp") == {"standard": ["a@sub.school.example.jp"]}


async def test_the_worker_is_woken_only_when_the_mail_is_kept() -> None:
    woken: list[bool] = []
    await Acceptance(Keeper(), RULES, lambda: woken.append(True))(envelope(), object())
    assert woken == [True]
    with pytest.raises(StoreFull):
        await Acceptance(Keeper(StoreFull("full")), RULES, lambda: woken.append(True))(envelope(), object())
    assert woken == [True]
