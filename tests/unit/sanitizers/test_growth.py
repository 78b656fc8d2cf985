"""What grows when it is decoded is counted while it grows, and stopped at the limit: not when all of it is there."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sanitizers import engine
from sanitizers.budget import FINDINGS_PER_PART, MEBIBYTE, BudgetMeter, OverBudget
from sanitizers.formats.html import html_to_text
from sanitizers.formats.html.tables import MAX_CELLS
from sanitizers.formats.mail.transfer import take_enclosed
from sanitizers.formats.text import PlainText
from sanitizers.model import CannotSanitize, Cleaned, DnsAnswer, File, Notice, Rebuilt, Threat
from sanitizers.registry import Registry
from sanitizers.rules import Budget, Kind, Links, Profile, Task


@contextmanager
def within(size: int) -> Iterator[None]:
    """Python's own memory grows by no more than `size` bytes at any time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < size
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "take",
    [
        lambda meter: meter.take_pixels(10, 10),
        lambda meter: meter.take_pixels(1, 10, 10),
        lambda meter: [meter.take_pixels(5, 10) for _ in range(2)],
        lambda meter: meter.take_pages(100),
        lambda meter: [meter.take_pages() for _ in range(100)],
    ],
)
def test_pixels_and_pages_belong_to_the_item(take: Callable[[BudgetMeter], object]) -> None:
    roomy, tight = BudgetMeter(Budget(pixels=100, pages=100)), BudgetMeter(Budget(pixels=99, pages=99))
    take(roomy)
    assert not roomy.exhausted
    with pytest.raises(OverBudget) as crossing:
        take(tight)
    assert crossing.value.whole_item
    assert tight.exhausted


def test_a_uuencoded_file_is_not_decoded_beyond_the_budget() -> None:
    data = b"begin 644 file\n" + b"M\n" * 400_000 + b"`\nend\n"  # 18 MB
    meter = BudgetMeter(Budget(bytes_in=MEBIBYTE))
    with within(6 * MEBIBYTE), pytest.raises(OverBudget, match="when decoded"):
        take_enclosed(data, meter)
    assert meter.exhausted


@pytest.mark.parametrize("file", [b"begin 644 file\nend\n", b"=ybegin name=file\n=yend\n"], ids=["uuencode", "yEnc"])
def test_files_in_a_text_are_not_collected_beyond_the_budget(file: bytes) -> None:
    meter = BudgetMeter(Budget(parts=10))
    with within(4 * MEBIBYTE), pytest.raises(OverBudget, match="more than 10 parts"):
        take_enclosed(file * 40_000, meter)


def test_at_the_limit_they_are() -> None:
    meter = BudgetMeter(Budget(parts=3, bytes_in=270))
    text, files = take_enclosed(b"begin 644 file\nM\nM\n`\nend\n" * 3 + b"text\n", meter)
    assert text == b"text\n"
    assert [len(file.data) for file in files] == [90, 90, 90]
    assert not meter.exhausted


def test_what_was_removed_from_a_text_is_not_listed_without_end() -> None:
    class Job:
        rules = Profile()

    file = File("", "text/plain", "text/plain", b"(This file must be converted with BinHex\n:\n\n" * 20_000)
    findings = PlainText().rebuild(file, Job()).findings  # type: ignore[arg-type]
    assert len(findings) == FINDINGS_PER_PART


@pytest.mark.parametrize("tag", ["</br>", "</p>", "</BR >", "<br>"])
def test_end_tags_that_make_elements_count_as_elements(tag: str) -> None:
    with pytest.raises(CannotSanitize) as refusal:
        html_to_text(tag * 110_000, Links.KEPT)
    assert refusal.value.threat is Threat.LIMIT_EXCEEDED


def test_end_tags_that_close_something_do_not() -> None:
    assert html_to_text("<p>a</p>" * 60_000, Links.KEPT)[0]


def table(rows: int) -> str:
    """Each row of nine characters would become sixty lines of sixty."""
    heading = "".join(f"<th>{'h' * 27}" for _ in range(60))
    covered = "".join(f"<td rowspan=1000>{'v' * 28}" for _ in range(59))
    return f"<table border=1><tr>{heading}<tr>{covered}<td>a{'<tr><td>a' * rows}</table>"


def test_cells_that_span_rows_are_repeated_in_small_tables_only() -> None:
    small, large = table(100), table(MAX_CELLS // 60)
    assert html_to_text(small, Links.KEPT)[0].count("v" * 28) == 101 * 59
    assert html_to_text(large, Links.KEPT)[0].count("v" * 28) == 59


def test_what_is_too_large_is_not_read_a_second_time() -> None:
    class Writer:
        name, types, limitations = "writer", frozenset({"message/rfc822"}), ()

        def rebuild(self, file: File, job: object) -> Rebuilt:
            return Rebuilt(b"x" * 101, "", "message/rfc822")

    def read(data: bytes) -> None:
        raise AssertionError

    cleaned = clean(b"", Budget(bytes_out=100), Registry((), (Writer(),), {"message/rfc822": read}))
    assert [found.threat for found in cleaned.report.parts[0].findings] == [Threat.LIMIT_EXCEEDED]


def clean(mail: bytes, budget: Budget, registry: Registry) -> Cleaned:
    task = Task("1", Kind.MAIL, "", Profile(), budget, Notice("1", ()), alone=True)
    cleaned = engine.clean(task, mail, lambda _name, _rdtype: DnsAnswer("absent"), registry=registry)
    assert cleaned is not None
    return cleaned
