"""`kiyome run` before it begins: as many open files as the machine lets it have."""

import resource
from collections.abc import Iterator

import pytest

from gateway.commands.run import OPEN_FILES, allow_many_files


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_what_debian_gives_is_raised_and_never_lowered() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = min(hard, OPEN_FILES) if hard != resource.RLIM_INFINITY else OPEN_FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, hard))
    assert allow_many_files() == most
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    assert allow_many_files() == hard
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
