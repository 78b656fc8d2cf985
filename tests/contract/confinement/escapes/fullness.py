"""Time, descriptors and words without end, and every way to die."""

import ctypes
import errno
import fcntl
import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import pbkdf2_hmac
from typing import NoReturn

from sanitizers.model import Threat
from tests.contract.confinement.escapes.table import QUICK, SECRET, TWO_SECONDS, Escape, Target, refused, stopped


def spin(_: Target) -> NoReturn:
    while True:
        pass


def ignore_everything(_: Target) -> None:
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)


def block_everything(_: Target) -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, signal.Signals)


def disarm(_: Target) -> None:
    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        signal.setitimer(timer, 0)


def before(first: Callable[[Target], object], then: Callable[[Target], object]) -> Callable[[Target], object]:
    return lambda at: (first(at), then(at))


def complain(_: Target) -> NoReturn:
    words = f"{SECRET}: of a mail\n".encode() * 1_000
    while True:
        with suppress(BlockingIOError):
            os.write(2, words)


def hoard(open_one: Callable[[], int]) -> str:
    count = 0
    while count < 10_000:
        open_one()
        count += 1
    return f"{count} descriptors"


def last_words(how: Callable[[], object]) -> Callable[[Target], object]:
    def die(_: Target) -> object:
        os.write(2, f"Traceback\nValueError: {SECRET}\n".encode())
        return how()

    return die


def die_late(_: Target) -> NoReturn:
    """Every try would begin the item's time anew."""
    time.sleep(1.4)
    os._exit(3)


def name_its_end(_: Target) -> NoReturn:
    """The gateway logs the type of the exception that a child died of."""
    os.write(2, f"Traceback\n{SECRET}: of a mail\n".encode())
    os._exit(3)


ROWS: tuple[Escape, ...] = (
    stopped("spin", "a loop in Python", spin, Threat.LIMIT_EXCEEDED, QUICK),
    stopped(
        "spin_in_c",
        "a call that takes hours",
        lambda _: pbkdf2_hmac("sha256", b"x", b"y", 2_000_000_000),
        Threat.LIMIT_EXCEEDED,
        QUICK,
        warm=False,
    ),
    stopped(
        "spin_in_a_pattern",
        "a regular expression without end",
        lambda _: re.match(r"(a|aa|a?)+$", "a" * 5_000 + "b"),
        Threat.LIMIT_EXCEEDED,
        QUICK,
        warm=False,
    ),
    stopped("sleep", "for ever", lambda _: time.sleep(10_000), Threat.LIMIT_EXCEEDED, QUICK),
    stopped("wait_for_input", "for ever", lambda _: os.read(3, 1), Threat.LIMIT_EXCEEDED, QUICK, warm=False),
    stopped(
        "ignore_signals_and_spin",
        "SIGTERM, SIGALRM, SIGXCPU, all",
        before(ignore_everything, spin),
        Threat.LIMIT_EXCEEDED,
        QUICK,
        warm=False,
    ),
    stopped(
        "block_signals_and_sleep",
        "sigprocmask",
        before(block_everything, lambda _: time.sleep(10_000)),
        Threat.LIMIT_EXCEEDED,
        QUICK,
        warm=False,
    ),
    stopped("disarm_and_spin", "setitimer 0", before(disarm, spin), Threat.LIMIT_EXCEEDED, QUICK),
    stopped("complain_without_end", "standard error", complain, Threat.LIMIT_EXCEEDED, QUICK, warm=False),
    refused(
        "hoard_files",
        "ten thousand open files",
        lambda at: hoard(lambda: os.open(at.library, os.O_RDONLY)),
        errno.EMFILE,
    ),
    refused(
        "hoard_descriptors",
        "ten thousand copies of one",
        lambda _: hoard(lambda: fcntl.fcntl(0, fcntl.F_DUPFD, 0)),
        errno.EMFILE,
    ),
    stopped(
        "die_late", "just before its time is over, each time", die_late, Threat.LIMIT_EXCEEDED, TWO_SECONDS, warm=False
    ),
    stopped("speak_through_the_log", "an exception named by the attacker", name_its_end, Threat.MALFORMED),
    stopped("exit", "without an answer", last_words(lambda: os._exit(0)), Threat.MALFORMED),
    stopped("exit_badly", "without an answer", last_words(lambda: os._exit(3)), Threat.MALFORMED),
    stopped("abort", "abort(3)", last_words(os.abort), Threat.MALFORMED),
    stopped("fault", "a read at address 0", last_words(lambda: ctypes.string_at(0)), Threat.MALFORMED),
)
