"""The visible tuples of built-in sanitizers, and who reads a second time what they wrote."""

from collections.abc import Callable, Mapping

from sanitizers.formats.html import HtmlBody
from sanitizers.formats.mail import Mail
from sanitizers.formats.text import PlainText
from sanitizers.job import Sanitizer
from sanitizers.verify.mail import verify as verify_mail

BODY_SANITIZERS: tuple[Sanitizer, ...] = (PlainText(), HtmlBody())  #: bodies become text where they stand
FILE_SANITIZERS: tuple[Sanitizer, ...] = (Mail(),)  #: items, and attachments that go on as files

Verifier = Callable[[bytes], None]  #: raises CannotSanitize for anything that a sanitizer may not have written
VERIFIERS: Mapping[str, Verifier] = {"message/rfc822": verify_mail}  #: by the media type that was written


class Registry:
    """Who owns which detected type."""

    def __init__(
        self, bodies: tuple[Sanitizer, ...], files: tuple[Sanitizer, ...], verifiers: Mapping[str, Verifier]
    ) -> None:
        self.bodies = {owned: sanitizer for sanitizer in bodies for owned in sanitizer.types}
        self.files = {owned: sanitizer for sanitizer in files for owned in sanitizer.types}
        self.verifiers = verifiers


BUILT_IN = Registry(BODY_SANITIZERS, FILE_SANITIZERS, VERIFIERS)
