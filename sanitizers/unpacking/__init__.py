"""Native readers of archives, loaded before the walls go up, and the pieces of split archives."""

from sanitizers.unpacking import lhasa, libarchive

__all__ = ["seal", "warm"]


def warm() -> None:
    """Load the libraries and all that they would load later; where one is missing, its archives stay closed."""
    libarchive.load()
    lhasa.load()


def seal() -> None:
    """In the process that children are forked from, once all is loaded."""
    lhasa.seal()
