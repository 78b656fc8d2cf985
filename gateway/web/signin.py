"""Sign-in of the trial run: one password, made at each start, kept nowhere; sessions end with the process."""

import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable

SESSION_SECONDS = 12 * 3600
SESSIONS = 100  #: the oldest goes when there are more
FAILURES = 10  #: wrong passwords in FAILURE_SECONDS, from all clients together; the trial listens on one machine
FAILURE_SECONDS = 60
GROUPS = 4
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else


def new_password() -> str:
    """About 79 bits, in groups that can be typed from a terminal."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(GROUPS))
    return "-".join(groups)


class TooManyFailures(Exception):
    """Wait before another password is looked at."""


class SignIn:
    """Who is signed in. `clock` gives seconds that never go back."""

    def __init__(self, password: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._password = password.encode()
        self._clock = clock
        self._sessions: dict[str, float] = {}
        self._failures: deque[float] = deque(maxlen=FAILURES)

    def begin(self, password: str) -> str | None:
        """A new session's token, None when the password is wrong; raises TooManyFailures."""
        now = self._clock()
        if len(self._failures) == FAILURES and now - self._failures[0] < FAILURE_SECONDS:
            raise TooManyFailures
        if not hmac.compare_digest(password.strip().encode(), self._password):
            self._failures.append(now)
            return None
        if len(self._sessions) >= SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        token = secrets.token_urlsafe(32)
        self._sessions[token] = now + SESSION_SECONDS
        return token

    def knows(self, token: str) -> bool:
        """Whether the token is of a session that goes on."""
        return self._sessions.get(token, 0.0) > self._clock()

    def end(self, token: str) -> None:
        """Signs out; an unknown token is nothing to do."""
        self._sessions.pop(token, None)
