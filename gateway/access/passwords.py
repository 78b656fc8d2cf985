"""Passwords: hashed with argon2id, and refused when they would be guessed."""

import secrets
import unicodedata
from functools import cached_property

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12  #: characters; length is worth more than signs (NIST SP 800-63B section 5.1.1)
LONGEST = 256
DISTINCT = 5  #: characters that differ, at least

#: What people choose when twelve characters are asked for; letters and digits alone, in lower case.
_COMMON = """
    123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 012345678901 098765432109
    123412341234 123123123123 112233445566 abc123abc123 abcd1234abcd abcdefghijkl abcdefghijklm
    password1234 password12345 password123456 passwordpassword password2024 password2025 password2026 password2027
    mypassword123 newpassword1 changeme1234 changemenow1 letmein12345 welcome12345 iloveyou1234
    administrator administrator1 admin1234567 adminadminadmin administrador root12345678 operator1234
    qwertyuiop12 qwertyuiop123 qwertyuiop1234 qwertyuiopasdf qwerty123456 qwerty1234567 1qaz2wsx3edc 1q2w3e4r5t6y
    1qaz2wsx3edc4rfv qazwsxedcrfv asdfghjkl123 asdfghjklqwe zxcvbnm12345 aaaabbbbcccc
    kiyomekiyome kiyome123456 kiyome1234567 nihonnihon12 himitsu12345 sakura123456 tokyo1234567 japan1234567
"""
COMMON = frozenset(_COMMON.split())

GROUPS = 4
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else


class NoPassword(Exception):
    """An identity provider vouches for this person: they have no password here, and get none."""


class Checked(msgspec.Struct, frozen=True):
    """What became of a password: right or not, and the same under today's parameters when the hash is of older ones."""

    right: bool
    rehashed: str = ""


class Passwords:
    """Hashes and checks; both take a good part of a tenth of a second on purpose, so call them in a thread."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()  # RFC 9106's second recommended option, as argon2-cffi has it

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """Argon2id in PHC form, with a salt of its own."""
        return self._hasher.hash(_normal(password))

    def check(self, kept: str, password: str) -> Checked:
        """Whether it is the password. Where none is kept the work is done as well: time shall not tell them apart."""
        nobody = self._nobody  # made by whoever comes first, known or not
        if len(password) > LONGEST:
            password = ""
        try:
            right = self._hasher.verify(kept or nobody, _normal(password)) and bool(kept)
        except (VerificationError, InvalidHashError):
            right = False
        stale = right and self._hasher.check_needs_rehash(kept)
        return Checked(right, self.hash(password) if stale else "")


def one_time_password() -> str:
    """About 79 bits, in groups that can be typed from a terminal or read out."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(GROUPS))
    return "-".join(groups)


def weakness(password: str, *about: str) -> str:
    """Why a password is refused, as a key of the wording; "" when it is good. `about` are login, name and address."""
    plain = _normal(password)
    if len(plain) < SHORTEST:
        return "password_short"
    if len(plain) > LONGEST:
        return "password_long"
    letters = "".join(character for character in plain.casefold() if character.isalnum())
    if letters in COMMON or len(set(plain)) < DISTINCT:
        return "password_common"
    if any(len(each) >= 4 and each.casefold() in plain.casefold() for each in about):
        return "password_about_you"
    return ""


def _normal(password: str) -> str:
    """The same whatever keyboard it was typed on (NIST SP 800-63B section 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()
