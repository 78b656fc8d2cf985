"""What pages and API read alike: searches, figures, differences, pictures, links."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.links import Links
from gateway.intake.acceptance import Assignments
from gateway.model import Direction, ItemState
from gateway.store.queries import HourCounts, Sort
from gateway.web.reading import charts, matrix, plain, week
from gateway.web.reading.asked import BadParameter, asked
from gateway.web.reading.charts import Figure
from gateway.web.reading.compare import field_rows, rows
from gateway.web.reading.inventory import packages
from gateway.web.reading.pictures import BYTES, SECONDS, Gallery
from gateway.web.reading.trend import Trend, compared
from gateway.web.wording import WORDS
from sanitizers.model import Threat
from sanitizers.rules import Assignment, Budget, Profile, Rules
from sanitizers.views import Field, Run, Side

TOKYO = ZoneInfo("Asia/Tokyo")
NOON = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)

# Searches


def test_a_day_is_of_the_zone_and_meant_to_its_end() -> None:
    query = asked([("since", "2026-11-21"), ("until", "2026-11-21")], TOKYO).query
    assert query.since == datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    assert query.until == datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
    assert asked([("since", "2026-11-21T12:00Z")], TOKYO).query.since == datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_a_search_says_again_what_it_was_asked() -> None:
    pairs = [("state", "held"), ("text", " 請求書 "), ("unknown", "x"), ("state", "delivered"), ("sort", "size")]
    found = asked(pairs, TOKYO)
    assert found.query.states == {ItemState.HELD, ItemState.DELIVERED}
    assert (found.query.text, found.query.sort) == ("請求書", Sort.SIZE)
    written = [("text", "請求書"), ("sort", "size"), ("state", "delivered"), ("state", "held")]
    again = asked(written, TOKYO)
    assert again.query == found.query
    assert again.address() == found.address()
    assert "after" not in found.address(after="")
    assert found.without("state", "held").count("state") == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["text", "state", "since", "until", "limit", "sort", "sha256", "finding", "after", "x"]),
            st.text(max_size=30),
        ),
        max_size=5,
    )
)
def test_any_parameters_are_a_query_or_refused(pairs: list[tuple[str, str]]) -> None:
    try:
        limit, blamed = asked(pairs, TOKYO).query.limit, ""
    except BadParameter as error:
        limit, blamed = 1, error.name
    assert not blamed or blamed in dict(pairs)
    assert 1 <= limit <= 200


# Figures


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=60))
def test_bars_stay_in_the_picture_and_in_proportion(numbers: list[int]) -> None:
    figures = [
        Figure(NOON + timedelta(hours=i), NOON + timedelta(hours=i + 1), (each,)) for i, each in enumerate(numbers)
    ]
    drawn = charts.draw(figures, TOKYO, "%H")
    assert len(drawn.lines) <= charts.STEPS + 2
    assert drawn.lines[-1].value >= max(numbers)
    for bar, number in zip(drawn.bars, numbers, strict=True):
        assert (number == 0) == (not bar.blocks)
        for block in bar.blocks:
            assert 0 <= block.x < charts.WIDTH
            assert 0 <= block.y < drawn.floor
            assert block.y + block.height <= drawn.floor + 0.2
    assert drawn.empty == (max(numbers) == 0)


def test_hours_of_a_week_make_figures_and_a_sentence() -> None:
    end = NOON + timedelta(hours=1)
    hours = [
        HourCounts(hour=NOON - timedelta(hours=30), mails_in=10, items={ItemState.HELD: 1}),
        HourCounts(hour=NOON, mails_in=20, mails_out=5, items={ItemState.HELD: 9}, findings={Threat.METADATA: 3}),
    ]
    day = week.mails(hours, end - week.DAY, end, week.HOUR)
    assert (len(day), day[-1].parts) == (24, (20, 5))
    assert sum(sum(figure.parts) for figure in week.mails(hours, end - week.WEEK, end, week.STRIDE)) == 35
    trend = week.day_beside_day(hours, end, lambda hour: hour.items.get(ItemState.HELD, 0))
    assert (trend.now, trend.before, trend.trend, trend.difference) == (9, 1, Trend.MORE, 8)
    assert dict(week.found_threats(hours))[Threat.METADATA] == 3


@pytest.mark.parametrize(
    ("now", "before", "trend"),
    [
        (0, None, Trend.NONE),
        (0, 0, Trend.NONE),
        (5, None, Trend.NEW),
        (100, 99, Trend.SAME),
        (2, 0, Trend.SAME),
        (9, 3, Trend.MORE),
        (3, 9, Trend.FEWER),
    ],
)
def test_a_difference_that_is_chance_is_none(now: int, before: int | None, trend: Trend) -> None:
    assert compared(now, before).trend is trend


# Rules


def test_every_setting_that_is_shown_has_words_for_each_of_its_values() -> None:
    for name in (*matrix.FAMILIES, *matrix.MANNERS):
        for value in type(getattr(Profile(), name)):
            assert f"way.{name}.{value.value}" in WORDS, (name, value)
    assert not [name for name in Budget.__struct_fields__ if f"budget.{name}" not in WORDS]
    rules = Rules({"standard": Profile()})
    for line in (*matrix.families(rules), *matrix.manners(rules)):
        assert line.key in WORDS


def test_every_setting_of_a_profile_that_is_a_choice_is_shown() -> None:
    shown = {*matrix.FAMILIES, *matrix.MANNERS, "hold_on", "pdf_resolution"}
    assert set(Profile.__struct_fields__) == shown


@given(
    st.sampled_from(["Taro@City.example.jp", "x@town.example.jp", "nobody", "a@b@city.example.jp", ""]),
    st.sampled_from(list(Direction)),
)
def test_the_profile_is_the_one_that_intake_chooses(address: str, direction: Direction) -> None:
    rules = Rules(
        {"standard": Profile(), "strict": Profile(), "out": Profile()},
        (
            Assignment("out", ("*",), "outbound"),
            Assignment("strict", ("taro@city.example.jp",)),
            Assignment("strict", ("*@TOWN.example.jp",), "inbound"),
        ),
    )
    assert matrix.profile_for(rules, address, direction.value).profile == Assignments(rules).profile(address, direction)


# Looking


def test_lines_that_belong_together_stand_beside_each_other() -> None:
    runs = [Run(Side.SAME, "one\ntwo "), Run(Side.REMOVED, "old"), Run(Side.ADDED, "new"), Run(Side.SAME, "\nend")]
    found = rows(runs)
    assert [row.changed for row in found] == [False, True, False]
    assert "".join(piece.text for row in found for piece in row.before) == "one\ntwo old\nend"
    assert "".join(piece.text for row in found for piece in row.after) == "one\ntwo new\nend"


def test_a_line_that_one_side_has_alone_does_not_move_the_others() -> None:
    runs = [Run(Side.SAME, "one\n"), Run(Side.ADDED, "\n"), Run(Side.SAME, "two\n"), Run(Side.REMOVED, "x\n")]
    beside = [tuple("".join(piece.text for piece in side) for side in (row.before, row.after)) for row in rows(runs)]
    assert beside == [("one\n", "one\n"), ("", "\n"), ("two\n", "two\n"), ("x\n", "")]


def test_what_went_out_as_it_came_is_not_called_new() -> None:
    before, after = (Field("Received", "theirs"),), (Field("Received", "ours"), Field("Received", "theirs"))
    assert [(row.after, row.kind) for row in field_rows(before, after)] == [("theirs", "same"), ("ours", "added")]


def test_fields_beside_each_other() -> None:
    before = (Field("Subject", "a"), Field("X-Evil", "b"), Field("Received", "1"), Field("Received", "2"))
    after = (Field("Received", "0"), Field("subject", "A"), Field("Received", "2"))
    found = [(row.name, row.kind) for row in field_rows(before, after)]
    assert found == [("Subject", "changed"), ("X-Evil", "removed"), ("Received", "changed"), ("Received", "same")]


def test_pictures_are_forgotten() -> None:
    now = [0.0]
    gallery = Gallery(lambda: now[0])
    token = gallery.hang("session", [b"one", b"two"])
    assert gallery.find("session", token, 1) == b"two"
    assert gallery.find("other", token, 1) is None
    assert gallery.find("session", token, 2) is None
    assert gallery.find("session", token, -1) is None
    now[0] = SECONDS
    assert gallery.find("session", token, 1) is None
    first = gallery.hang("session", [b"x" * (BYTES // 2)])
    gallery.hang("session", [b"x" * (BYTES // 2)])
    assert gallery.find("session", first, 0) is not None
    gallery.hang("session", [b"y"])
    assert gallery.find("session", first, 0) is None


@given(st.text(), st.text(max_size=100), st.integers(1, 10**9))
def test_a_link_is_read_again_and_only_as_it_was_made(item_id: str, address: str, ends: int) -> None:
    links, ends_at = Links(b"key"), datetime.fromtimestamp(ends, UTC)
    item_id = item_id.encode("utf-8", "ignore").decode()[:40]
    token = links.make(item_id, address.encode("utf-8", "ignore").decode(), ends_at)
    link = links.read(token, ends_at - timedelta(seconds=1))
    assert link is None or link.item_id == item_id
    assert link is not None or len(token) > 600
    assert links.read(token, ends_at) is None
    assert links.read(token[:-1] + ("A" if token[-1] != "A" else "B"), ends_at - timedelta(seconds=1)) is None


# Words and numbers


def test_numbers_as_people_read_them() -> None:
    assert [plain.octets(each) for each in (0, 1023, 1536, 5 * 1_048_576)] == ["0 B", "1023 B", "1.5 KB", "5.0 MB"]
    assert plain.details('{"reason":"x","original":false,"n":3}') == [("reason", "x"), ("n", "3")]
    assert plain.details("no json") == [("detail", "no json")]


def test_licences_of_what_is_used() -> None:
    found = {package.name.lower(): package for package in packages()}
    assert "MIT" in found["fastapi"].licence
    assert "starlette" in found  # not asked for by us, but by what we ask for
    assert "pytest" not in found
