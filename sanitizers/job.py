"""What a sanitizer is, and what it may ask of the engine while it works."""

from enum import StrEnum
from typing import Protocol

from sanitizers.budget import BudgetMeter
from sanitizers.model import File, Notice, Rebuilt, Withheld
from sanitizers.passwords import Passwords
from sanitizers.rules import Profile


class Role(StrEnum):
    """What a child part is for: read as text where it stands, carried along as a file, or shown inside its parent."""

    BODY = "body"
    ATTACHMENT = "attachment"
    SHOWN = "shown"  # a picture in a page or document: one that cannot be cleaned is removed, and holds nothing back


class Job(Protocol):
    """The engine, as the sanitizer of one part sees it."""

    @property
    def rules(self) -> Profile:
        """The profile of the item."""
        ...

    @property
    def notice(self) -> Notice:
        """The item number and the words for the reader."""
        ...

    @property
    def budget(self) -> BudgetMeter:
        """What the item has used and may still use."""
        ...

    @property
    def passwords(self) -> Passwords:
        """To be tried, one by one, on a part that is locked; raise `Locked` when none fits."""
        ...

    def foresee(self, role: Role) -> None:
        """Say that such a part will come, so that an item that needs a child of its own goes there at once."""
        ...

    def child(
        self, name: str, claimed_type: str, data: bytes, *, role: Role, rules: Profile | None = None
    ) -> Rebuilt | Withheld:
        """A clean part to put in place of this untrusted one, or why there is none. `rules`: others than this part's.

        Counts the part, its bytes and its depth, and writes its report. Raises only `OverBudget` with `whole_item`.
        """
        ...

    def convert(self, extension: str, target: str, data: bytes) -> bytes:
        """What LibreOffice, in a child of its own, makes of a document: bytes as untrusted as what went in.

        `extension` is chosen by us from the detected type, e.g. "doc"; `target` e.g. "docx"; the pairs are those of
        `sanitizers.confinement.converter`. Give the result to `child`. Raises CannotSanitize: over the budget, crashed,
        took too long, or LibreOffice is not installed (UNSUPPORTED).
        """
        ...


class Sanitizer(Protocol):
    """A plug-in that rebuilds the types it owns."""

    @property
    def name(self) -> str:
        """Shown in reports: lower case, unique."""
        ...

    @property
    def types(self) -> frozenset[str]:
        """Detected types it owns."""
        ...

    @property
    def limitations(self) -> tuple[str, ...]:
        """What it does not do; printed in the documentation."""
        ...

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """Write the file anew; raises CannotSanitize."""
        ...
