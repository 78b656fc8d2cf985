"""The visible tuples of built-in sanitizers, and who reads a second time what they wrote."""

from collections.abc import Callable, Mapping

from sanitizers.formats.archive import Archive, Packed, Zip
from sanitizers.formats.cad import Cad
from sanitizers.formats.calendar import Calendar, Contact
from sanitizers.formats.html import HtmlBody
from sanitizers.formats.hwp import Hwp
from sanitizers.formats.ichitaro import Ichitaro
from sanitizers.formats.image import Image
from sanitizers.formats.legacy import EncryptedOffice, Legacy
from sanitizers.formats.mail import Mail
from sanitizers.formats.mailbox import Mailbox
from sanitizers.formats.metafile import Metafile
from sanitizers.formats.odf import Odf
from sanitizers.formats.ooxml import Ooxml
from sanitizers.formats.outlook import Outlook, Tnef
from sanitizers.formats.pdf import Pdf
from sanitizers.formats.svg import Svg
from sanitizers.formats.text import PlainText
from sanitizers.formats.textfile import TextFile
from sanitizers.formats.webpage import Webpage
from sanitizers.job import Sanitizer
from sanitizers.verify.archive import VERIFIERS as ARCHIVES
from sanitizers.verify.calendar import verify_calendar, verify_card
from sanitizers.verify.drawing import VERIFIERS as DRAWINGS
from sanitizers.verify.legacy import VERIFIERS as OLD_OFFICE
from sanitizers.verify.mail import verify as verify_mail
from sanitizers.verify.mailbox import verify as verify_mailbox
from sanitizers.verify.odf import TYPES as OPEN_DOCUMENTS
from sanitizers.verify.odf import verify as verify_odf
from sanitizers.verify.ooxml import VERIFIERS as NEW_OFFICE
from sanitizers.verify.pdf import verify as verify_pdf
from sanitizers.verify.picture import TYPES as PICTURES
from sanitizers.verify.picture import verify as verify_picture
from sanitizers.verify.svg import verify as verify_svg
from sanitizers.verify.textfile import verify_json, verify_table, verify_tabs, verify_text, verify_xml
from sanitizers.verify.webpage import verify as verify_webpage

BODY_SANITIZERS: tuple[Sanitizer, ...] = (PlainText(), HtmlBody())  #: bodies become text where they stand
FILE_SANITIZERS: tuple[Sanitizer, ...] = (
    Mail(),
    Image(),
    Pdf(),
    Svg(),
    Webpage(),
    TextFile(),
    Ooxml(),
    Odf(),
    Legacy(),
    EncryptedOffice(),
    Metafile(),
    Ichitaro(),
    Hwp(),
    Cad(),
    Zip(),
    Packed(),
    Archive(),
    Calendar(),
    Contact(),
    Outlook(),
    Tnef(),
    Mailbox(),
)  #: items, and attachments that go on as files

Verifier = Callable[[bytes], None]  #: raises CannotSanitize for anything that a sanitizer may not have written
VERIFIERS: Mapping[str, Verifier] = {
    **dict.fromkeys(PICTURES, verify_picture),
    **dict.fromkeys(OPEN_DOCUMENTS, verify_odf),
    **ARCHIVES,
    **DRAWINGS,
    **OLD_OFFICE,
    **NEW_OFFICE,
    "message/rfc822": verify_mail,
    "application/pdf": verify_pdf,
    "image/svg+xml": verify_svg,
    "text/html": verify_webpage,
    "text/plain": verify_text,
    "text/csv": verify_table,
    "text/tab-separated-values": verify_tabs,
    "application/json": verify_json,
    "text/xml": verify_xml,
    "application/mbox": verify_mailbox,
    "text/calendar": verify_calendar,
    "text/vcard": verify_card,
}  #: by the media type that was written


class Registry:
    """Who owns which detected type."""

    def __init__(
        self, bodies: tuple[Sanitizer, ...], files: tuple[Sanitizer, ...], verifiers: Mapping[str, Verifier]
    ) -> None:
        self.bodies = {owned: sanitizer for sanitizer in bodies for owned in sanitizer.types}
        self.files = {owned: sanitizer for sanitizer in files for owned in sanitizer.types}
        self.verifiers = verifiers


BUILT_IN = Registry(BODY_SANITIZERS, FILE_SANITIZERS, VERIFIERS)
