"""How much of its budget an item has used, and how large its report may grow."""

from collections.abc import Iterator
from contextlib import contextmanager

from sanitizers.model import CannotSanitize, Threat
from sanitizers.rules import Budget

MEBIBYTE = 1_048_576

# How large a report may grow: the engine keeps to it, and the parent checks it again.
FINDINGS_PER_PART = 100
FINDINGS_PER_ITEM = 2_000
FINDINGS_OF_NEW_KINDS = 200  #: the first finding of each kind is kept even when the item's list is full
WHERE_CHARACTERS = 200
DETAIL_CHARACTERS = 500
NAME_CHARACTERS = 255
TYPE_CHARACTERS = 200
FACT_CHARACTERS = 1_000


class OverBudget(CannotSanitize):
    """A limit of the budget was crossed. `whole_item`: nothing of the item may go on."""

    def __init__(self, detail: str, *, whole_item: bool) -> None:
        super().__init__(Threat.LIMIT_EXCEEDED, detail)
        self.whole_item = whole_item


class BudgetMeter:
    """Counts for one item. A container calls it for what it opens itself; `job.child` counts the child on its own.

    Parts, bytes, pixels and pages belong to the item: once crossed, `exhausted` says so and stays, whoever catches
    the exception.
    Depth and expansion belong to the part that crosses them.
    """

    def __init__(self, limits: Budget) -> None:
        self.limits = limits
        self.parts = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.pixels = 0
        self.pages = 0
        self.conversions = 0
        self.passwords = 0
        self.bytes_to_convert = 0
        self.depth = 0
        self.exhausted = ""  #: which limit of the item was crossed; "" while none

    def take_parts(self, count: int = 1) -> None:
        """Count parts met, at any depth."""
        self.parts += count
        self.check_room()

    def take_in(self, size: int) -> None:
        """Count decoded bytes."""
        self.bytes_in += size
        self.check_room()

    def check_room(self, parts: int = 0, size: int = 0) -> None:
        """For a decoder while it works: what it holds so far, parts and bytes, and `job.child` has yet to count."""
        if self.parts + parts > self.limits.parts:
            raise self._exhaust(f"more than {self.limits.parts} parts")
        if self.bytes_in + size > self.limits.bytes_in:
            raise self._exhaust(f"more than {self.limits.bytes_in} bytes when decoded")

    def take_out(self, size: int) -> None:
        """Count bytes written."""
        self.bytes_out += size
        if self.bytes_out > self.limits.bytes_out:
            raise self._exhaust(f"more than {self.limits.bytes_out} bytes when written")

    def take_pixels(self, width: int, height: int, frames: int = 1) -> None:
        """Count the pixels of a picture; before they are decoded, for each frame as it is met, or for all at once."""
        self.pixels += width * height * frames
        if self.pixels > self.limits.pixels:
            raise self._exhaust(f"more than {self.limits.pixels} pixels of pictures")

    def take_pages(self, count: int = 1) -> None:
        """Count pages of a document."""
        self.pages += count
        if self.pages > self.limits.pages:
            raise self._exhaust(f"more than {self.limits.pages} pages of documents")

    def take_password(self) -> bool:
        """Count a try to open a part with a password; False: no more for this item, and the part stays locked."""
        self.passwords += 1
        return self.passwords <= self.limits.passwords

    def take_conversion(self, size: int) -> None:
        """Count a document of that many bytes before it is handed to the converter; blocks the part, not the item."""
        if self.conversions == self.limits.conversions:
            raise OverBudget(f"more than {self.limits.conversions} conversions for one item", whole_item=False)
        if self.bytes_to_convert + size > self.limits.bytes_in:
            raise OverBudget(f"more than {self.limits.bytes_in} bytes to be converted", whole_item=False)
        self.conversions += 1
        self.bytes_to_convert += size

    def check_headers(self, count: int, size: int) -> None:
        """One header block: how many fields, how many bytes."""
        if count > self.limits.headers:
            raise OverBudget(f"more than {self.limits.headers} header fields", whole_item=False)
        if size > self.limits.header_bytes:
            raise OverBudget(f"more than {self.limits.header_bytes} bytes of header", whole_item=False)

    def check_expansion(self, size_in: int, size_out: int) -> None:
        """What came out of a decoder, for what went in; the first MiB out is free."""
        if size_out > MEBIBYTE and size_out > size_in * self.limits.expansion_ratio:
            raise OverBudget(f"grows more than {self.limits.expansion_ratio} times", whole_item=False)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level of parts inside parts."""
        if self.depth >= self.limits.depth:
            raise OverBudget(f"more than {self.limits.depth} levels of parts inside parts", whole_item=False)
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    def _exhaust(self, detail: str) -> OverBudget:
        self.exhausted = self.exhausted or detail
        return OverBudget(detail, whole_item=True)
