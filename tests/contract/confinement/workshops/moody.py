"""A workshop that loads or not, as a file says that the test puts there."""

import os
import tempfile
from pathlib import Path

from tests.contract.confinement.hostile import clean

__all__ = ["broken", "clean", "starts", "warm"]


def broken(gateway: int) -> Path:
    """While it is there, the workshop does not load."""
    return Path(tempfile.gettempdir()) / f"kiyome-test-{gateway}-broken"


def starts(gateway: int) -> Path:
    """One letter for each time that it was tried."""
    return Path(tempfile.gettempdir()) / f"kiyome-test-{gateway}-starts"


def warm() -> None:
    with starts(os.getppid()).open("a") as tries:
        tries.write("x")
    if broken(os.getppid()).exists():
        raise ImportError("gone")
