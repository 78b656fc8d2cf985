"""The second factor: codes of an authenticator app (RFC 6238), and recovery codes for when it is lost."""

import hashlib
import hmac
import io
import secrets
from datetime import datetime

import msgspec
import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

STEP_SECONDS = 30
WINDOW = 1  #: steps to either side: clocks differ (RFC 6238 section 5.2)
RECOVERY_CODES = 10
ISSUER = "Kiyome"
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_NONCE_BYTES = 12


class SealBroken(Exception):
    """The key beside the store is not the one this secret was sealed with."""


class Seal:
    """Keeps secrets unreadable in the database: AES-256-GCM, bound to the account they are of."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(hashlib.sha256(b"kiyome totp\0" + key).digest())

    def close(self, secret: str, person_id: str) -> str:
        """Hexadecimal text for the database."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return (nonce + self._cipher.encrypt(nonce, secret.encode(), person_id.encode())).hex()

    def open(self, sealed: str, person_id: str) -> str:
        """The secret. Raises SealBroken."""
        try:
            data = bytes.fromhex(sealed)
            return self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], person_id.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise SealBroken("the key of secrets beside the store was changed") from error


class Offer(msgspec.Struct, frozen=True):
    """What somebody needs to set up their app."""

    secret: str  #: base 32, to be typed
    uri: str  #: otpauth://
    picture: str  #: the same as a QR code: one <svg> element, without style or script


def new_secret() -> str:
    """160 bits in base 32 (RFC 4226 section 4)."""
    return pyotp.random_base32()


def offer(secret: str, login: str, issuer: str) -> Offer:
    """As apps read it; `issuer` tells several gateways apart."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)
    picture = io.BytesIO()
    segno.make(uri, error="m").save(
        picture, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False, svgns=False, nl=False
    )
    return Offer(secret, uri, picture.getvalue().decode())


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step that a code is of, None when it is of none near `now`. Whether it was used, the store knows."""
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdecimal():
        return None
    totp, step = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    near = range(step - WINDOW, step + WINDOW + 1)
    fitting = [each for each in near if hmac.compare_digest(totp.at(each * STEP_SECONDS), digits)]
    return fitting[0] if fitting else None


def new_recovery_codes() -> tuple[str, ...]:
    """Ten of 80 bits each, in groups."""
    return tuple("-".join(_group() for _ in range(4)) for _ in range(RECOVERY_CODES))


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(4))


def recovery_hash(person_id: str, code: str) -> str:
    """As the store keeps it, however it was typed. 80 random bits need no slow hash."""
    typed = "".join(character for character in code.upper() if character.isalnum())
    plain = typed.replace("O", "0").replace("I", "1").replace("L", "1")
    return hashlib.sha256(f"{person_id}:{plain}".encode()).hexdigest()
