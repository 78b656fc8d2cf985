"""Office files behind a password: one that Office itself tries without asking is tried here, too."""

import io
import re
import types
import xml.dom.expatbuilder
from typing import Final

import msoffcrypto
from cryptography.hazmat.backends import default_backend
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError
from msoffcrypto.format import doc97, ooxml, ppt97, xls97

from sanitizers.formats.legacy.compound import UNREADABLE, Compound
from sanitizers.formats.legacy.sightings import Sight, Sightings
from sanitizers.model import CannotSanitize, Locked, Severity, Threat
from sanitizers.passwords import Passwords

# Loaded here, as behind the walls there is no new code: what these load when they are first used.
_LOADED: Final = (xml.dom.expatbuilder, ooxml, default_backend())
for _module in (doc97, ppt97, xls97):
    _module.tempfile = types.SimpleNamespace(TemporaryFile=io.BytesIO)  # a child can write no file

DEFAULT: Final = (
    "VelvetSweatshop"  # what Excel takes when a workbook is protected and no password was set; see 2.3 there
)
HELD: Final = "opens only with a password"
MOST_SPINS: Final = 1_000_000  # hashes for one password; Office writes 100,000
OPENED_BY_DEFAULT: Final = Sight(
    Threat.HIDDEN_CONTENT,
    Severity.WARNING,
    "encryption",
    "encrypted with the password that Office knows by itself, which hides the content from scanners alone",
)

_SPINS: Final = re.compile(rb'spinCount\s*=\s*["\']([0-9]{1,20})["\']')


def opened(data: bytes, compound: Compound, passwords: Passwords, seen: Sightings) -> bytes:
    """The file without its encryption; raises Locked when it takes another password."""
    if compound.is_encrypted_package:
        _check(compound.stream("EncryptionInfo"))
    made = _decrypted(data, DEFAULT)
    if made is not None:
        seen.saw(OPENED_BY_DEFAULT)
        return made
    for password in passwords:
        made = _decrypted(data, password)
        if made is not None:
            passwords.fits(password)
            seen.opened_with_password()
            return made
    raise Locked(HELD)


def _decrypted(data: bytes, password: str) -> bytes | None:
    """None: it is another one."""
    plain = io.BytesIO()
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(data))
        office.load_key(password=password, **_verified(office))
        office.decrypt(plain)
    except (DecryptionError, FileFormatError, InvalidKeyError, ParseError, AssertionError, *UNREADABLE):
        return None
    made = plain.getvalue()
    if not made.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return None  # this reader checks no password there: it made nonsense
    return made


def _verified(office: object) -> dict[str, bool]:
    """Packages are told apart by the verifier in their header, so that no wrong one decrypts the whole of them."""
    return {"verify_password": True} if isinstance(office, ooxml.OOXMLFile) else {}


def _check(info: bytes) -> None:
    """[MS-OFFCRYPTO] 2.3.4.10: XML, which is not to keep us busy with entities or with hashing for ever."""
    if b"<!" in info or any(int(spins) > MOST_SPINS for spins in _SPINS.findall(info)):
        raise CannotSanitize(Threat.ENCRYPTED, HELD)
