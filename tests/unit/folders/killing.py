"""Ends what is being done at the n-th change of the file system, before or after it: what kill -9 leaves behind."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gateway.folders import ground

CHANGES = ("mkdir", "rmdir", "unlink", "rename", "link", "write", "fsync")


class Killed(BaseException):
    """Nothing catches this."""


@contextmanager
def killed_at(number: int) -> Iterator[None]:
    """Even numbers: before a change; odd ones: after it. Opening a file for writing counts too."""
    count = 0

    def counted(real: Callable[..., Any], *, counts: Callable[..., bool] = lambda *_, **__: True) -> Callable[..., Any]:
        def call(*words: Any, **named: Any) -> Any:
            nonlocal count
            if not counts(*words, **named):
                return real(*words, **named)
            if count == number:
                raise Killed
            result = real(*words, **named)
            count += 2
            if count == number + 1:
                raise Killed
            return result

        return call

    def writes(_name: object, flags: int, *_: object, **__: object) -> bool:
        return bool(flags & os.O_CREAT)

    with pytest.MonkeyPatch.context() as patch:
        for name in CHANGES:
            patch.setattr(os, name, counted(getattr(os, name)))
        patch.setattr(os, "open", counted(os.open, counts=writes))
        patch.setattr(ground, "move_without_replacing", counted(ground.move_without_replacing))
        yield
