"""Damaged in any way, a document or drawing is rebuilt or refused with a reason; nothing else ever comes out."""

import contextlib
import random

import pytest

from sanitizers.budget import BudgetMeter
from sanitizers.detect import detect
from sanitizers.formats.cad import Cad
from sanitizers.formats.hwp import Hwp
from sanitizers.formats.ichitaro import Ichitaro
from sanitizers.job import Sanitizer
from sanitizers.model import CannotSanitize, File, Rebuilt
from sanitizers.registry import VERIFIERS
from sanitizers.rules import Budget, Profile, Transcript
from tests.golden.japanese_samples import ALL, Sample

OWNERS: dict[str, Sanitizer] = {kind: each for each in (Ichitaro(), Hwp(), Cad()) for kind in each.types}
SEEDS = [sample for sample in ALL if sample.expect == "clean"]
TRIES = 12
EDGES = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80", b"\0")


class AloneJob:
    """The job of a sanitizer that asks for no child."""

    def __init__(self, rule: Transcript) -> None:
        self.rules = Profile(ichitaro=rule, hwp=rule)
        self.budget = BudgetMeter(Budget())


def damaged(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 2, 4, 8))):
        at = chance.randrange(max(len(out), 1))
        match chance.randrange(5):
            case 0:
                out[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                edge = chance.choice(EDGES)
                out[at : at + len(edge)] = edge
            case 2:
                del out[at : at + chance.randrange(1, 64)]
            case 3:
                start = chance.randrange(max(len(out), 1))
                out[at:at] = out[start : start + chance.randrange(1, 200)]
            case 4:
                del out[max(at, len(out) // 2) :]
    return bytes(out)


@pytest.mark.parametrize("sample", SEEDS, ids=lambda sample: sample.path)
def test_it_is_rebuilt_or_refused(sample: Sample) -> None:
    chance = random.Random(sample.path)
    kind = detect(sample.data, "")
    for _ in range(TRIES):
        job = AloneJob(chance.choice((Transcript.DOCX, Transcript.TEXT)))
        with contextlib.suppress(CannotSanitize):
            made = OWNERS[kind].rebuild(File("a", "", kind, damaged(sample.data, chance)), job)
            assert passes(made)


def test_the_damage_leaves_enough_to_read() -> None:
    """Else the test above would show nothing."""
    chance = random.Random("seeds")
    made = 0
    for sample in SEEDS * TRIES:
        kind = detect(sample.data, "")
        with contextlib.suppress(CannotSanitize):
            OWNERS[kind].rebuild(File("a", "", kind, damaged(sample.data, chance)), AloneJob(Transcript.TEXT))
            made += 1
    assert len(SEEDS) < made < len(SEEDS) * TRIES


def passes(made: Rebuilt) -> bool:
    """What was written passes the second reading."""
    try:
        VERIFIERS[made.type](made.data)
    except CannotSanitize:
        return False
    return True
