"""What must hold of every mail, over random ones: the same ones in every run."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanitizers.rules import BodyCharset, Budget, Links, NoticeWhen, Profile
from tests.fuzz.cleaning import SENDER, check_mail, shown, task
from tests.fuzz.hiding import CANARY, hiding_mails
from tests.fuzz.mails import ROWS, any_mail, mutated_samples

#: The same mails every time: a test that fails on one machine only helps nobody. `python -m tests.fuzz` draws new ones.
REPEATABLE = settings(
    derandomize=True, max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)

PROFILES = st.builds(
    Profile, links=st.sampled_from(Links), body_charset=st.sampled_from(BodyCharset), notice=st.sampled_from(NoticeWhen)
)
SMALL_BUDGETS = st.builds(
    Budget,
    depth=st.integers(1, 4),
    parts=st.integers(1, 8),
    header_bytes=st.integers(20, 400),
    headers=st.integers(1, 10),
    bytes_in=st.integers(0, 2_000),
    bytes_out=st.integers(0, 3_000),
    expansion_ratio=st.integers(1, 3),
)


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_every_row_of_the_threat_list(row: str) -> None:
    @REPEATABLE
    @given(ROWS[row])
    def holds(mail: bytes) -> None:
        check_mail(mail)

    holds()


@pytest.mark.slow
@REPEATABLE
@given(mutated_samples(), PROFILES)
def test_samples_damaged_in_any_way_under_any_profile(mail: bytes, profile: Profile) -> None:
    check_mail(mail, task(profile, sender=SENDER))


@pytest.mark.slow
@REPEATABLE
@given(any_mail(), SMALL_BUDGETS)
def test_no_budget_is_overdrawn(mail: bytes, budget: Budget) -> None:
    cleaned = check_mail(mail, task(budget=budget))
    parts = cleaned.report.parts
    assert len(parts) <= budget.parts + 1
    assert all(part.path.count(".") <= budget.depth for part in parts)
    inside = parts[1:]
    assert sum(part.size_out for part in inside) <= budget.bytes_out or cleaned.data is None


@pytest.mark.slow
@REPEATABLE
@given(hiding_mails(), PROFILES)
def test_what_no_reader_sees_is_nowhere_in_what_goes_on(mail: bytes, profile: Profile) -> None:
    cleaned = check_mail(mail, task(profile))
    assert CANARY not in shown(cleaned.data or b"\r\n")


@REPEATABLE
@given(st.binary(max_size=200))
def test_any_bytes(mail: bytes) -> None:
    check_mail(mail)
