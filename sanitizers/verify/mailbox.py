"""The second reading of a mailbox: our own postmarks, every byte in a mail that stands the second reading of mails."""

import re
from typing import Final

from sanitizers.model import CannotSanitize, Threat
from sanitizers.verify.mail import verify as verify_mail

# Said here once more on purpose; no line of a clean mail begins so.
_POSTMARK: Final = re.compile(
    rb"^From MAILER-DAEMON [A-Z][a-z]{2} [A-Z][a-z]{2} [ 123][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9] [12][0-9]{3}\n",
    re.MULTILINE,
)
_ANY: Final = re.compile(rb"^From ", re.MULTILINE)


def verify(clean: bytes) -> None:
    """Raise CannotSanitize unless it is a mailbox of the kind that our writer makes."""
    beginning, *mails = _POSTMARK.split(clean)
    if beginning or not mails or len(_ANY.findall(clean)) != len(mails) or b"\r" in clean:
        raise CannotSanitize(Threat.MALFORMED, "the second reading found: a mailbox that is not ours")
    for mail in mails:
        if not mail.endswith(b"\n\n"):
            raise CannotSanitize(Threat.MALFORMED, "the second reading found: a mail without its end")
        verify_mail(mail[:-1].replace(b"\n", b"\r\n"))
