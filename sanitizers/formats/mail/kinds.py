"""What an entity is, by its headers alone where they tell: a body, a file, a mail, or what never goes on."""

from enum import Enum
from typing import Final

from sanitizers.detect import detect
from sanitizers.formats.mail.alternatives import Kind
from sanitizers.formats.mail.fields import looks_like_mail
from sanitizers.formats.mail.secure import OPAQUE_TYPES
from sanitizers.formats.mail.structure import Entity
from sanitizers.model import Action, Outcome, Threat

# Types whose body is a mail of its own (RFC 2046 section 5.2.1, RFC 6532 section 3.7).
MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
# Types whose body is header fields that a person may read.
FIELD_TYPES = frozenset(
    {
        "message/delivery-status",  # RFC 3464
        "message/global-delivery-status",  # RFC 6533
        "message/disposition-notification",  # RFC 8098
        "message/global-disposition-notification",  # RFC 6533
        "message/feedback-report",  # RFC 5965
        "text/rfc822-headers",  # RFC 3462
        "message/global-headers",  # RFC 6533
    }
)
_MAIL_ENDINGS = (".eml", ".mht", ".mhtml")
BODY_TYPES = {"text/plain": Kind.PLAIN, "text/html": Kind.HTML}
_MAILBOX: Final = "application/mbox"


class Refused(Enum):
    """Kinds of parts that never go on, whatever they hold."""

    ENCRYPTED = (Threat.ENCRYPTED, Outcome.BLOCKED, Action.BLOCKED, "encrypted content")
    PARTIAL = (Threat.UNSUPPORTED, Outcome.REMOVED, Action.REMOVED, "a piece of a larger mail (message/partial)")
    EXTERNAL = (Threat.EXTERNAL_REFERENCE, Outcome.REMOVED, Action.REMOVED, "content kept elsewhere (external-body)")
    OPAQUE = (Threat.UNSUPPORTED, Outcome.BLOCKED, Action.BLOCKED, "an S/MIME object that cannot be opened")


_REFUSED_TYPES = {
    "message/partial": Refused.PARTIAL,  # RFC 2046 section 5.2.2
    "message/external-body": Refused.EXTERNAL,  # RFC 2046 section 5.2.3
    "application/pgp-encrypted": Refused.ENCRYPTED,  # RFC 3156 section 4
    "application/pgp": Refused.ENCRYPTED,  # older mailers
}


def is_body(entity: Entity, *, root: bool) -> bool:
    """Whether it is text of the mail; `root`: it is all that the mail has, even when it has a file name."""
    if entity.type not in BODY_TYPES or entity.disposition == "attachment":
        return False
    return root or not entity.name


def is_mail_file(entity: Entity, data: bytes) -> bool:
    """A mail that was attached as a file."""
    named = entity.name.lower().endswith(_MAIL_ENDINGS)
    if not (named or entity.type == "application/octet-stream") or not looks_like_mail(data):
        return False
    return not data.startswith(b"From ") or detect(data, "") != _MAILBOX


def is_surely_file(entity: Entity) -> bool:
    """Whether an entity will be handed on as a file, as far as its headers tell; most that will be are found so."""
    if entity.main_type in {"multipart", "message"} or refused(entity) or entity.type in FIELD_TYPES:
        return False
    if entity.type in OPAQUE_TYPES or entity.type == "application/octet-stream":  # the latter: perhaps a mail
        return False
    if entity.name.lower().endswith((*_MAIL_ENDINGS, ".p7m")):
        return False
    return entity.type not in BODY_TYPES or entity.disposition == "attachment" or bool(entity.name)


def refused(entity: Entity) -> Refused | None:
    """Why it stays behind, whatever it holds; None: it may go on."""
    if entity.type in _REFUSED_TYPES:
        return _REFUSED_TYPES[entity.type]
    return Refused.ENCRYPTED if entity.name.lower().endswith((".pgp", ".gpg")) else None
