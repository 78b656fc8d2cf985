"""The page of features says what the tests of them expect."""

from tests.japanese_office.features import State
from tests.japanese_office.table import FAMILIES, PAGE, page


def test_the_page_is_the_table_of_the_tests() -> None:
    assert PAGE.read_text("utf-8") == page(), "write it anew: python -m tests.japanese_office.table"


def test_nothing_that_is_not_kept_goes_without_a_reason() -> None:
    for _title, features, formats in FAMILIES:
        for feature in features:
            assert set(feature.otherwise) <= set(formats), feature.ja
            assert all(told.ja and told.en and told.state is not State.KEPT for told in feature.otherwise.values())
