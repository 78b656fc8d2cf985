"""All that a child does with an item: cleans it, or shows something of it."""

from sanitizers import engine, viewing
from sanitizers.engine import clean
from sanitizers.viewing import view

__all__ = ["clean", "view", "warm"]


def warm() -> None:
    """In the fork server: load now what the first item would load."""
    engine.warm()
    viewing.warm()
