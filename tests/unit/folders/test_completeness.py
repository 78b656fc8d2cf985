"""When a file is complete."""

from gateway.folders.completeness import Sightings
from gateway.folders.ground import Seen, What


def seen(path: str, size: int = 1, inode: int = 1, changed: int = 0) -> Seen:
    return Seen(path, What.FILE, (1, inode), size, changed)


def paths(found: list[Seen]) -> list[str]:
    return [each.path for each in found]


def test_a_file_must_stand_still() -> None:
    sightings = Sightings(2)
    assert paths(sightings.complete([seen("a")], 0.0)) == []
    assert paths(sightings.complete([seen("a")], 1.9)) == []
    assert paths(sightings.complete([seen("a")], 2.0)) == ["a"]


def test_growing_starts_anew_and_so_does_touching() -> None:
    sightings = Sightings(2)
    sightings.complete([seen("a", 1), seen("b", changed=1)], 0.0)
    sightings.complete([seen("a", 2), seen("b", changed=2)], 2.0)
    assert paths(sightings.complete([seen("a", 2), seen("b", changed=2)], 3.9)) == []
    assert paths(sightings.complete([seen("a", 2), seen("b", changed=2)], 4.0)) == ["a", "b"]


def test_a_replaced_file_is_a_new_one() -> None:
    sightings = Sightings(2)
    sightings.complete([seen("a", inode=1)], 0.0)
    assert paths(sightings.complete([seen("a", inode=2)], 5.0)) == []


def test_a_temporary_name_waits_for_ever_and_its_rename_is_complete_at_once() -> None:
    sightings = Sightings(60)
    assert paths(sightings.complete([seen("a.part", 9, 7)], 0.0)) == []
    assert paths(sightings.complete([seen("a.part", 9, 7)], 100.0)) == []
    assert paths(sightings.complete([seen("a", 9, 7), seen("b", 9, 8)], 102.0)) == ["a"]


def test_a_rename_with_more_bytes_than_at_the_last_look_must_stand_still() -> None:
    sightings = Sightings(60)
    sightings.complete([seen("a.part", 9, 7)], 0.0)
    assert paths(sightings.complete([seen("a", 10, 7)], 2.0)) == []


def test_what_went_is_forgotten() -> None:
    sightings = Sightings(2)
    sightings.complete([seen("a")], 0.0)
    sightings.complete([], 1.0)
    assert paths(sightings.complete([seen("a")], 2.0)) == []
    assert sightings.waiting == 1


def test_the_longest_known_come_first() -> None:
    sightings = Sightings(1)
    sightings.complete([seen("z")], 0.0)
    sightings.complete([seen("a", inode=2), seen("z")], 1.0)
    assert paths(sightings.complete([seen("a", inode=2), seen("z")], 3.0)) == ["z", "a"]
