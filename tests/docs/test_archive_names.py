"""docs/archive-names.md shows what cleaning makes of names."""

from tests.unit.sanitizers.archive.names_table import BEGIN, END, PAGE, table


def test_the_table_is_what_the_code_makes() -> None:
    page = PAGE.read_text(encoding="utf-8")
    told = page.partition(BEGIN)[2].partition(END)[0].strip()
    assert told == table(), "python -m tests.unit.sanitizers.archive.names_table writes it anew"
