"""Limits that belong to a part: what a decoder may make of what it was given."""

import pytest

from sanitizers.budget import MEBIBYTE, BudgetMeter, OverBudget
from sanitizers.rules import Budget


def test_a_decoder_may_write_a_mebibyte_and_after_that_the_ratio_counts() -> None:
    meter = BudgetMeter(Budget(expansion_ratio=3))
    meter.check_expansion(1, MEBIBYTE)
    meter.check_expansion(MEBIBYTE, 3 * MEBIBYTE)
    for size_in, size_out in ((1, MEBIBYTE + 1), (MEBIBYTE, 3 * MEBIBYTE + 1)):
        with pytest.raises(OverBudget) as refusal:
            meter.check_expansion(size_in, size_out)
        assert not refusal.value.whole_item
    assert not meter.exhausted  # it costs the part, not the item
