"""The DATA state machine: how the bytes are cut never matters, and a slow reading by the book agrees."""

import re
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.intake.data import DataLimits, DataReader, Fault

SMALL = {"message": 60, "line": 12, "header": 30, "received": 2}
LARGE = {"message": 10**6, "line": 10**4, "header": 10**6, "received": 100}
PIECES = [
    b"\r",
    b"\n",
    b".",
    b"\0",
    b"\r\n",
    b"\r\n.",
    b"\r\n.\r\n",
    b"\r\n\r\n",
    b"a",
    b"Received: x",
    b"received :y",
    b"ten octets",
]

pieces = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3)), max_size=25).map(b"".join)
limits = st.builds(
    lambda sizes, normalise: DataLimits(**sizes, normalise=normalise), st.sampled_from([SMALL, LARGE]), st.booleans()
)


def read(data: bytes, limits: DataLimits, cuts: list[int]) -> tuple[bytes | None, Fault | None, bool, bytes]:
    """Content (None when refused), fault, whether the end was seen, and what came behind it."""
    reader = DataReader(limits)
    borders = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    content, rest = b"", b""
    for begin, end in pairwise(borders):
        if reader.finished:
            rest += data[begin:end]
        else:
            content += reader.feed(data[begin:end])
    rest = reader.rest + rest
    return (None if reader.fault else content), reader.fault, reader.finished, rest


def by_the_book(data: bytes, limits: DataLimits) -> tuple[bytes, set[Fault], bytes] | None:
    """The whole message at once and line by line; None when it has no end."""
    body, end, rest = (b"\r\n" + data).partition(b"\r\n.\r\n")
    if not end:
        return None
    body += b"\r\n"
    faults = set()
    if not limits.normalise and re.search(rb"\r(?!\n)|(?<!\r)\n|\0", body):
        return b"", {Fault.AMBIGUOUS}, rest
    lines = [line[1:] if line.startswith(b".") else line for line in body.split(b"\r\n")]
    content = re.sub(rb"\r\n|\r|\n", b"\r\n", b"\r\n".join(lines)).replace(b"\0", b"")[2:]
    if len(content) > limits.message:
        faults.add(Fault.TOO_LARGE)
    if any(len(line) > limits.line for line in content.split(b"\r\n")):
        faults.add(Fault.LINE_TOO_LONG)
    header = (b"\r\n" + content).partition(b"\r\n\r\n")[0].removeprefix(b"\r\n")
    header += b"\r\n" if header and not header.endswith(b"\r\n") else b""
    if len(header) > limits.header:
        faults.add(Fault.HEADER_TOO_LARGE)
    trace = [line for line in header.split(b"\r\n") if re.match(rb"received[: \t]", line, re.IGNORECASE)]
    if len(trace) > limits.received:
        faults.add(Fault.LOOP)
    return content, faults, rest


@given(pieces, limits, st.lists(st.integers(min_value=0), max_size=30))
@example(b"\r\0\n.\r\n", DataLimits(**LARGE, normalise=True), [2])
@example(b"a\r\n.\r\n", DataLimits(**LARGE, normalise=False), [1, 2, 3, 4, 5])
def test_how_it_is_cut_does_not_matter(data: bytes, limits: DataLimits, cuts: list[int]) -> None:
    assert read(data, limits, cuts) == read(data, limits, [])


@given(pieces, limits)
def test_octet_by_octet_is_the_same(data: bytes, limits: DataLimits) -> None:
    assert read(data, limits, list(range(len(data)))) == read(data, limits, [])


@given(pieces, limits)
def test_agrees_with_the_book(data: bytes, limits: DataLimits) -> None:
    content, fault, finished, rest = read(data, limits, [])
    expected = by_the_book(data, limits)
    assert finished is (expected is not None)
    if expected is None:
        return
    assert rest == expected[2]
    if fault is None:
        assert expected[1] == set()
        assert content == expected[0]
    else:
        assert fault in expected[1]
        assert fault.value == min(other.value for other in expected[1])


@given(st.lists(st.one_of(st.sampled_from([b".", b"..", b"", b".a"]), st.binary(max_size=8)), max_size=12))
def test_stuffing_round_trips(lines: list[bytes]) -> None:
    clean = [re.sub(rb"[\r\n\0]", b"", line) for line in lines]
    content = b"".join(line + b"\r\n" for line in clean)
    stuffed = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in clean)
    assert read(stuffed + b".\r\nNEXT", DataLimits(**LARGE, normalise=False), []) == (content, None, True, b"NEXT")


@given(pieces)
def test_what_is_kept_has_no_bare_ending(data: bytes) -> None:
    content = read(data, DataLimits(**LARGE, normalise=True), [])[0]
    assert content is not None
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\0", content)


def test_a_large_message_is_read_in_chunks() -> None:
    line = b"x" * 76 + b"\r\n"
    data = line * 100_000 + b".\r\n"
    reader = DataReader(DataLimits(message=10**8, line=998, header=10**8, received=50, normalise=False))
    sizes = [len(reader.feed(data[begin : begin + 65_536])) for begin in range(0, len(data), 65_536)]
    assert reader.finished
    assert reader.fault is None
    assert sum(sizes) == len(line) * 100_000
    assert max(sizes) < 65_600
