"""Collects what a reader finds, each text freed of what hides or deceives, and counts it against the budget."""

import re
from collections import Counter
from typing import Final

from sanitizers.budget import BudgetMeter, OverBudget
from sanitizers.links import strip_deceptive_controls
from sanitizers.manuscript.model import Block, Manuscript, Paragraph, Section, Table
from sanitizers.model import Action, Finding, Severity, Threat

MOST_BLOCKS: Final = 200_000  # paragraphs, tables, and cells of tables
MOST_COLUMNS: Final = 63  # of a table in Word; what is further to the right joins the last cell
LONGEST_PROPERTY: Final = 1_000  # characters of a title or a name
# What no file of words may hold: XML 1.0 section 2.2, and what our second reading of text refuses.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")


class Draft:
    """One document while it is read."""

    def __init__(self, meter: BudgetMeter) -> None:
        self._meter = meter
        self._blocks: dict[Section, list[Block]] = {section: [] for section in Section}
        self._count = 0
        self._size = 0
        self._met: Counter[tuple[Threat, Severity, Action, str, str]] = Counter()
        self._title = ""
        self._author = ""

    def paragraph(self, text: str, section: Section = Section.BODY, *, new_page: bool = False) -> None:
        """One paragraph; raises OverBudget."""
        self._grow(1)
        self._blocks[section].append(Paragraph(self.clean(text), new_page))

    def table(self, rows: list[list[str]], section: Section = Section.BODY) -> None:
        """One table; raises OverBudget."""
        self._grow(sum(len(row) + 1 for row in rows))
        self._blocks[section].append(Table(tuple(self._row(row) for row in rows)))

    def properties(self, title: str, author: str) -> None:
        """What the document says of itself."""
        self._title = self._property(title)
        self._author = self._property(author)

    def met(self, threat: Threat, severity: Severity, where: str, detail: str, action: Action = Action.REMOVED) -> None:
        """Something that does not go on; the same thing is told once, with its number."""
        self._met[threat, severity, action, where, detail] += 1

    def clean(self, text: str) -> str:
        """The text without what hides or deceives; counted."""
        self._size += len(text)
        self._meter.check_room(size=self._size * 2)
        text, findings = strip_deceptive_controls(text)
        for found in findings:
            self.met(found.threat, found.severity, found.where, _uncounted(found.detail), found.action)
        return _UNWRITABLE.sub("", text)

    def manuscript(self) -> Manuscript:
        """All that was collected."""
        body, headers, frames, notes = (tuple(self._blocks[section]) for section in Section)
        return Manuscript(_trimmed(body), headers, frames, notes, self._title, self._author)

    def findings(self) -> tuple[Finding, ...]:
        """One for each kind of thing that was met."""
        return tuple(
            Finding(threat, severity, action, where, f"{detail} ({times})" if times > 1 else detail)
            for (threat, severity, action, where, detail), times in self._met.items()
        )

    def _grow(self, count: int) -> None:
        self._count += count
        if self._count > MOST_BLOCKS:
            raise OverBudget(f"more than {MOST_BLOCKS} paragraphs and cells", whole_item=False)

    def _row(self, cells: list[str]) -> tuple[str, ...]:
        clean = [self.clean(cell).strip("\n") for cell in cells]
        return (
            (*clean[: MOST_COLUMNS - 1], "\t".join(clean[MOST_COLUMNS - 1 :]))
            if len(clean) > MOST_COLUMNS
            else (tuple(clean))
        )

    def _property(self, text: str) -> str:
        return " ".join(self.clean(text).split())[:LONGEST_PROPERTY]


def _uncounted(detail: str) -> str:
    """The kind alone: "3 zero-width characters" in each of a thousand paragraphs are one finding."""
    return re.sub(r"^[0-9]+ ", "", detail)


def _trimmed(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Without empty paragraphs at the end."""
    end = len(blocks)
    while end and isinstance(last := blocks[end - 1], Paragraph) and not last.text.strip():
        end -= 1
    return blocks[:end]
