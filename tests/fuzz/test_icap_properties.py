"""What must hold of anything said over ICAP, over random talk: the same in every run."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.icap_talk import requests, talk, talk_seeds

WORDS = (
    b"\r\n \n \r : \t \0 = , 0 1 -1 ;ieof \xe3\x81 res-hdr req-hdr res-body null-body Encapsulated: Preview: filename= "
    b"filename=\" filename*=UTF-8''% /../ ;q="
)
TOKENS = st.sampled_from(
    [*WORDS.split(b" "), b" ", b"5\r\n", b"0\r\n\r\n", b"Content-Length: 5\r\n", b"Accept-Language: ja"]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An honest request with some places replaced."""
    data = draw(st.sampled_from(list(talk_seeds())))
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 8))
        data = data[:at] + draw(TOKENS | st.binary(max_size=4)) + data[at + length :]
    return data


@pytest.mark.slow
@settings(derandomize=True, max_examples=1_500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(damaged() | st.lists(TOKENS, max_size=30).map(b"".join))
def test_any_talk_is_read_whole_or_refused(data: bytes) -> None:
    talk(data)


def test_the_honest_requests_are_understood() -> None:
    assert [requests(seed) for seed in talk_seeds()] == [1, 1, 1, 2]
