"""One file through the engine, and all that must hold of what comes back, whatever the file was."""

from sanitizers import engine
from sanitizers.model import Action, Cleaned, Outcome
from sanitizers.rules import Budget, Kind, Profile, Task
from tests.fuzz.cleaning import ITEM, NOTICE, check_as_the_parent_does, check_budget, check_nothing_failed, no_dns
from tests.fuzz.forbidden import forbidden_in

#: Small enough that no input of a search takes seconds, large enough for every sample.
SMALL = Budget(bytes_in=32_000_000, bytes_out=32_000_000, pixels=4_000_000, pages=20, parts=50)


def file_task(name: str, profile: Profile | None = None, budget: Budget = SMALL) -> Task:
    """An order as for an upload."""
    return Task(ITEM, Kind.FILE, name, profile or Profile(), budget, NOTICE)


def check_file(original: bytes, name: str, profile: Profile | None = None, budget: Budget = SMALL) -> Cleaned:
    """Clean a file and hold what comes back against every promise; raises AssertionError or ProtocolBroken.

    The engine has had it verified; a verifier that refuses what a sanitizer wrote is a failure here.
    """
    order = file_task(name, profile, budget)
    cleaned = engine.clean(order, original, no_dns)
    assert cleaned is not None
    check_as_the_parent_does(cleaned, order, original)
    check_nothing_failed(cleaned.report)
    if cleaned.data is not None:
        check_budget(cleaned, budget)
        found = forbidden_in(cleaned.data, cleaned.type)
        assert not found, found
        check_twice(cleaned, order)
    return cleaned


def check_twice(cleaned: Cleaned, order: Task) -> None:
    """Cleaning the result again finds nothing, and changes neither its name nor its type.

    Notes tell of what stays, each time anew. A budget that the result alone crosses says nothing about it.
    """
    assert cleaned.data is not None
    again = engine.clean(file_task(cleaned.name, order.profile, Budget()), cleaned.data, no_dns)
    assert again is not None
    if cleaned.type == "text/plain" and again.report.parts[0].detected_type != cleaned.type:
        return  # words about markup may look like markup when nobody says that they are words
    found = [found for part in again.report.parts for found in part.findings if found.action is not Action.NOTED]
    assert not found, found
    assert again.report.parts[0].outcome is Outcome.CLEAN
    assert (again.name, again.type) == (cleaned.name, cleaned.type)
    assert again.data is not None
