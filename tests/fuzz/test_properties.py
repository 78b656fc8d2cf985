"""What must hold of every mail, over random ones: the same ones in every run."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanitizers.registry import BUILT_IN
from sanitizers.rules import Budget, Profile
from tests.fuzz.cleaning import SENDER, check_mail, shown, task, words
from tests.fuzz.hiding import CANARY, hiding_mails
from tests.fuzz.mails import PROFILES, ROWS, any_mail, mutated_samples, named, sober

#: The same mails every time: a test that fails on one machine only helps nobody. `python -m tests.fuzz` draws new ones.
REPEATABLE = settings(
    derandomize=True, max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)

#: Each limit small by itself, so that no other stands in front of it; then all of them.
SMALL = {
    "depth": st.integers(1, 4),
    "parts": st.integers(1, 8),
    "header_bytes": st.integers(20, 400),
    "headers": st.integers(1, 10),
    "bytes_in": st.integers(0, 2_000),
    "bytes_out": st.integers(0, 3_000),
    "expansion_ratio": st.integers(1, 3),
}
SMALL_BUDGETS = {name: st.builds(Budget, **{name: small}) for name, small in SMALL.items()}
SMALL_BUDGETS["all"] = st.builds(Budget, **SMALL)


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_every_row_of_the_threat_list(row: str) -> None:
    @REPEATABLE
    @given(ROWS[row], PROFILES)
    def holds(mail: bytes, profile: Profile) -> None:
        check_mail(mail, task(profile))

    holds()


@pytest.mark.slow
@REPEATABLE
@given(mutated_samples(), PROFILES)
def test_samples_damaged_in_any_way_under_any_profile(mail: bytes, profile: Profile) -> None:
    check_mail(mail, task(profile, sender=SENDER))


@pytest.mark.slow
@pytest.mark.parametrize("limit", SMALL_BUDGETS)
def test_no_budget_is_overdrawn(limit: str) -> None:
    @settings(REPEATABLE, max_examples=60)
    @given(any_mail() | named(), SMALL_BUDGETS[limit])
    def holds(mail: bytes, budget: Budget) -> None:
        check_mail(mail, task(budget=budget))

    holds()


@pytest.mark.slow
@REPEATABLE
@given(hiding_mails(), PROFILES)
def test_what_no_reader_sees_is_nowhere_in_what_goes_on(mail: bytes, profile: Profile) -> None:
    cleaned = check_mail(mail, task(profile), BUILT_IN)
    assert CANARY not in shown(cleaned.data or b"\r\n")


@REPEATABLE
@given(st.text("a .,\n市役所のお知らせ", max_size=200), PROFILES)
def test_an_honest_mail_goes_on(text: str, profile: Profile) -> None:
    cleaned = check_mail(sober(text.encode()), task(profile))
    assert cleaned.data is not None
    assert "".join(text.split()) in "".join(words(cleaned.data).split())


@REPEATABLE
@given(st.binary(max_size=200))
def test_any_bytes(mail: bytes) -> None:
    check_mail(mail)
