"""A document on its way, for the tests of what streams hold."""

import zlib

import pikepdf

from sanitizers.budget import BudgetMeter
from sanitizers.formats.pdf.work import Work
from sanitizers.rules import Budget, Profile


def work(limits: Budget | None = None) -> Work:
    return Work(BudgetMeter(limits or Budget()), Profile(), pikepdf.new(), pikepdf.new())


def stream(on: Work, data: bytes, **entries: object) -> pikepdf.Object:
    """A stream of the source; entries as they stand in its dictionary."""
    made = pikepdf.Stream(on.source, data)
    for key, value in entries.items():
        made[f"/{key}"] = value
    return on.source.make_indirect(made)


def flate(on: Work, data: bytes, **entries: object) -> pikepdf.Object:
    return stream(on, zlib.compress(data), Filter=pikepdf.Name.FlateDecode, **entries)


def details(on: Work) -> list[str]:
    return [found.detail for found in on.findings()]


class Resources:
    """Every resource is there under a new name, and hidden layers are told."""

    def __init__(self, hidden: frozenset[bytes] = frozenset(), missing: frozenset[bytes] = frozenset()) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self._hidden, self._missing = hidden, missing

    def use(self, category: str, name: bytes) -> bytes | None:
        self.asked.append((category, name))
        return None if name in self._missing else b"New" + name

    def hidden(self, name: bytes) -> bool | None:
        return name in self._hidden

    def colour_space(self, _name: bytes) -> pikepdf.Object | None:
        return pikepdf.Name.DeviceGray
