"""A workshop that takes for ever to load."""

import time

from tests.contract.confinement.hostile import clean

__all__ = ["clean", "warm"]


def warm() -> None:
    time.sleep(60)
