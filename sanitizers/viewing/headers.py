"""Header fields as they came and as they went out."""

from sanitizers.budget import BudgetMeter
from sanitizers.formats.mail.anomalies import Anomalies
from sanitizers.formats.mail.structure import read_message, with_plain_line_ends
from sanitizers.formats.mail.words import as_sent, raw_text
from sanitizers.rules import Budget
from sanitizers.viewing.visible import visible_line
from sanitizers.views import FIELD_CHARACTERS, FIELDS, Field, Headers

# How they are usually written; a block of fields is read without regard to case (RFC 5322 section 1.2.2).
_WRITTEN = {
    "arc": "ARC",
    "dkim": "DKIM",
    "id": "ID",
    "ip": "IP",
    "mime": "MIME",
    "spf": "SPF",
}


def headers_of(original: bytes, clean: bytes, budget: Budget) -> Headers:
    """Of the mail, and of the clean one where there is one; raises CannotSanitize for too much of it."""
    before = _fields(original, budget)
    return Headers(before[:FIELDS], _fields(clean, budget)[:FIELDS] if clean else (), max(0, len(before) - FIELDS))


def _fields(mail: bytes, budget: Budget) -> tuple[Field, ...]:
    anomalies = Anomalies()
    message = read_message(with_plain_line_ends(mail, anomalies), BudgetMeter(budget), anomalies, "mail")
    return tuple(_field(field.name, field.value) for field in message.block.fields)


def _field(name: str, sent: bytes) -> Field:
    decoded, raw = as_sent(sent), raw_text(sent)
    value, shown = visible_line(decoded), visible_line(raw)
    cut = max(len(decoded), len(raw)) > FIELD_CHARACTERS
    return Field(visible_line(_written(name))[:200], value, "" if shown == value else shown, cut)


def _written(name: str) -> str:
    return "-".join(_WRITTEN.get(word, word.capitalize()) for word in name.split("-"))
