"""What must hold between the keys of watched folders."""

from typing import Any

import pytest

from gateway.settings import Preset, WatchedFolder
from gateway.settings.folders import folder_problems, folder_rule_problems
from sanitizers.rules import Profile, Rules, ZipMembers

WELL: dict[str, Any] = {"name": "cms", "intake": "/s/in", "out": "/s/out", "error": "/s/error", "owner": "a@example.jp"}


def folder(**changes: Any) -> WatchedFolder:
    return WatchedFolder(**(WELL | changes))


def test_well() -> None:
    other = folder(name="b", intake="/t/in", out="/s/out", error="/s/error")  # results may lie together
    assert list(folder_problems([folder(), other])) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "folders[0].name"),
        ({"stable_seconds": 0}, "folders[0].stable_seconds"),
        ({"owner": "nobody"}, "folders[0].owner"),
        ({"error": ""}, "folders[0].error: is missing"),
        ({"preset": Preset.SHIRASAGI}, "folders[0].error: has no meaning"),
        ({"out": "/s/in/out"}, "folders[0].out: /s/in/out lies in or around in"),
        ({"intake": "/s"}, "lies in or around in"),
        ({"error": "/s/out"}, "folders[0].error: /s/out lies in or around out"),
        ({"out": ""}, "folders[0].out: is empty"),
    ],
)
def test_problems_of_one(changes: dict[str, Any], words: str) -> None:
    assert any(words in problem for problem in folder_problems([folder(**changes)]))


def test_problems_of_two() -> None:
    found = list(folder_problems([folder(), folder(intake="/s/out/in", out="/t/out", error="/t/error")]))
    assert any('/s/out/in lies in or around out of folder "cms"' in problem for problem in found)
    assert any("is given 2 times" in problem for problem in found)


def test_the_rules_must_fit() -> None:
    shirasagi = folder(preset=Preset.SHIRASAGI, error="", profile="web")
    marked = Rules({"standard": Profile(), "web": Profile(zip_members=ZipMembers.SHIRASAGI)})
    assert list(folder_rule_problems([shirasagi, folder()], marked)) == []
    assert "is missing" in next(folder_rule_problems([folder(profile="web")], Rules({})))
    plain = Rules({"web": Profile()})
    assert "zip_members" in next(folder_rule_problems([shirasagi], plain))
