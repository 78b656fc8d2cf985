"""Filters are undone within limits, and damage costs no more than what is damaged."""

import base64
import zlib

import pikepdf
import pytest

from sanitizers.budget import OverBudget
from sanitizers.formats.pdf.streams import decoded
from sanitizers.formats.pdf.work import StreamFailed, Work
from sanitizers.rules import Budget
from tests.unit.sanitizers.pdf.stream_documents import details, flate, stream, work

WORDS = b"0 0 m 100 100 l S " * 50
NAME = pikepdf.Name


def lzw(data: bytes) -> bytes:
    """Every byte a code of nine bits, a clear before the table grows."""
    bits = (
        "".join((f"{256:09b}" if place % 200 == 0 else "") + f"{byte:09b}" for place, byte in enumerate(data))
        + f"{257:09b}"
    )
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)


PACKED = {
    "flate": (zlib.compress(WORDS), NAME.FlateDecode),
    "flate, short name": (zlib.compress(WORDS), NAME.Fl),
    "ascii 85": (base64.a85encode(WORDS) + b"~>", NAME.ASCII85Decode),
    "ascii hex": (WORDS.hex().encode() + b">", NAME.ASCIIHexDecode),
    "run length": (b"".join(bytes((0, byte)) for byte in WORDS) + b"\x80", NAME.RunLengthDecode),
    "lzw": (lzw(WORDS), NAME.LZWDecode),
    "two of them": (zlib.compress(WORDS).hex().encode(), pikepdf.Array([NAME.ASCIIHexDecode, NAME.FlateDecode])),
    "plain": (WORDS, None),
    "flate without its frame": (b"xx" + zlib.compress(WORDS)[2:], NAME.FlateDecode),
    "said to be flate, but plain": (WORDS, NAME.FlateDecode),
}


@pytest.mark.parametrize("packed", PACKED)
def test_what_a_filter_packed_comes_out_again(packed: str) -> None:
    data, name = PACKED[packed]
    on = work()
    source = stream(on, data) if name is None else stream(on, data, Filter=name)
    assert decoded(source, on) == WORDS


@pytest.mark.parametrize("predictor", [2, 12])
def test_predictors_are_undone(predictor: int) -> None:
    on = work()
    rows = b"\2\1\1\1" + b"\2\1\1\1" if predictor == 12 else b"\1\1\1\1\1\1"
    source = flate(on, rows, DecodeParms=pikepdf.Dictionary(Predictor=predictor, Columns=3))
    assert decoded(source, on) == (b"\1\1\1\2\2\2" if predictor == 12 else b"\1\2\3\1\2\3")


def test_what_stands_before_damage_is_kept() -> None:
    on = work()
    packed = zlib.compress(bytes(range(256)) * 200, 0)
    assert len(decoded(stream(on, packed[:30_000], Filter=NAME.FlateDecode), on)) > 29_000


def refused(case: str, on: Work) -> pikepdf.Object:
    entries: dict[str, dict[str, object]] = {
        "kept in a file": {"F": pikepdf.String("/etc/passwd")},
        "filtered in a file": {"FFilter": NAME.FlateDecode},
        "encrypted on its own": {"Filter": NAME.Crypt, "DecodeParms": pikepdf.Dictionary(Name=NAME.Own)},
        "an unknown filter": {"Filter": NAME.Evil},
        "a picture": {"Filter": NAME.DCTDecode},
        "too many filters": {"Filter": pikepdf.Array([NAME.ASCIIHexDecode] * 7)},
        "rows without bytes": {"Filter": NAME.FlateDecode, "DecodeParms": pikepdf.Dictionary(Predictor=12, Columns=0)},
    }
    return stream(on, b"00", **entries[case])


@pytest.mark.parametrize(
    "case",
    [
        "kept in a file", "filtered in a file", "encrypted on its own", "an unknown filter", "a picture",
        "too many filters", "rows without bytes",
    ],
)  # fmt: skip
def test_what_cannot_be_undone_is_refused(case: str) -> None:
    on = work()
    with pytest.raises(StreamFailed):
        decoded(refused(case, on), on)


def test_a_stream_in_a_file_is_told() -> None:
    on = work()
    with pytest.raises(StreamFailed):
        decoded(stream(on, b"", F=pikepdf.String("evil")), on)
    assert details(on) == ["a stream kept in a file elsewhere"]


BOMBS = {
    "flate": (zlib.compress(bytes(8_000_000), 9), NAME.FlateDecode),
    "flate twice": (zlib.compress(zlib.compress(bytes(40_000_000), 9), 9), pikepdf.Array([NAME.FlateDecode] * 2)),
}


@pytest.mark.parametrize("bomb", ["flate", "flate twice"])
def test_a_bomb_is_over_budget(bomb: str) -> None:
    data, name = BOMBS[bomb]
    on = work()
    with pytest.raises(OverBudget):
        decoded(stream(on, data, Filter=name), on)


def test_an_lzw_bomb_is_over_budget() -> None:
    on = work(Budget(bytes_in=10_000))
    with pytest.raises(OverBudget):
        decoded(stream(on, lzw(bytes(20_000)), Filter=NAME.LZWDecode), on)


def test_decoded_bytes_count() -> None:
    on = work()
    decoded(flate(on, WORDS), on)
    assert on.meter.bytes_in == len(WORDS)
