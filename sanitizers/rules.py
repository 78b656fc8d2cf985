"""Frozen rules and budgets: what to do with each family of types, and how much of anything is too much."""

from enum import StrEnum

import msgspec

from sanitizers.model import Notice, SenderClaim, Threat


class Links(StrEnum):
    """How link targets are written in text made from a body."""

    KEPT = "kept"  # https://example.jp/x
    DEFANGED = "defanged"  # hxxps://example[.]jp/x
    REMOVED = "removed"  # the words stay, the target goes


class BodyCharset(StrEnum):
    """The charset of outgoing text bodies; text that ISO-2022-JP cannot carry goes as UTF-8."""

    UTF_8 = "utf-8"
    ISO_2022_JP = "iso-2022-jp"


class NoticeWhen(StrEnum):
    """When the notice is added at the end of a mail."""

    ALWAYS = "always"
    WHEN_CHANGED = "when_changed"


class OwnChild(StrEnum):
    """When an item gets a child process of its own, which ends with the item."""

    ATTACHMENTS = "attachments"  # mail that is nothing but text goes to a warm child, anything else to one of its own
    ALWAYS = "always"  # every item: nothing of one is in memory while another is read; costs a new child each time
    NEVER = "never"  # warm children take everything, one item after the other


class Pdf(StrEnum):
    """How a PDF goes on."""

    REBUILT = "rebuilt"  # a new document of allow-listed objects: text stays text
    PICTURES = "pictures"  # a new document of pictures of the pages; also what a document gets that cannot be rebuilt
    REMOVED = "removed"


class PictureText(StrEnum):
    """What a PDF made of pictures says to a search."""

    INVISIBLE = "invisible"  # the words of the original lie unseen on the pictures
    NONE = "none"


class Pictures(StrEnum):
    """How pictures go on."""

    REBUILT = "rebuilt"  # decoded and encoded again
    RESAMPLED = "resampled"  # and moved by a fraction of a pixel, so that nothing hidden in single bits survives
    REMOVED = "removed"


class Svg(StrEnum):
    """How SVG drawings go on."""

    REBUILT = "rebuilt"  # a new drawing of allow-listed elements
    PICTURE = "picture"  # drawn here, goes on as PNG
    REMOVED = "removed"


class HtmlFiles(StrEnum):
    """How HTML files go on; a body is always text."""

    REBUILT = "rebuilt"  # a new document of allow-listed elements
    TEXT = "text"
    REMOVED = "removed"


class TextFiles(StrEnum):
    """The charset of text files, CSV among them, on their way out."""

    UTF_8 = "utf-8"  # with a byte order mark where a spreadsheet would guess wrongly
    KEPT = "kept"  # the charset they came in
    REMOVED = "removed"


class Office(StrEnum):
    """How Office files go on."""

    REBUILT = "rebuilt"  # a new file of allow-listed parts and elements, still editable
    PDF = "pdf"
    PICTURES = "pictures"  # a PDF of pictures of the pages
    REMOVED = "removed"


class Remarks(StrEnum):
    """Comments, tracked changes, notes, hidden sheets, rows and slides of Office files; they are always reported."""

    KEPT = "kept"
    REMOVED = "removed"


class Author(StrEnum):
    """Names of authors in Office files: in their properties, beside comments and tracked changes."""

    KEPT = "kept"
    REMOVED = "removed"


class LegacyOffice(StrEnum):
    """How files of Office 97 to 2003 go on."""

    MODERN = "modern"  # docx, xlsx, pptx
    SAME = "same"  # written back in the old format from the clean new one
    PDF = "pdf"
    REMOVED = "removed"


class LockedPart(StrEnum):
    """What becomes of an item with a part behind a password that nobody has given yet."""

    ASK = "ask"  # the rest goes on, the recipients are asked for the password, and get the part as soon as one gives it
    HOLD = "hold"  # the item is held


class MailFiles(StrEnum):
    """How mails that come with a mail go on: attached mails, Outlook messages; mailboxes stay files."""

    UNPACKED = "unpacked"  # words and files become those of the mail around it
    MAIL = "mail"  # a clean mail (.eml)
    REMOVED = "removed"


class Calendars(StrEnum):
    """How calendars, invitations and contact cards go on."""

    REBUILT = "rebuilt"  # new ones of allow-listed properties; an invitation stays an invitation
    REMOVED = "removed"


class Transcript(StrEnum):
    """How documents of programs whose files nobody else writes go on: by their words."""

    DOCX = "docx"  # paragraphs, tables and notes as a Word file
    TEXT = "text"
    REMOVED = "removed"


class Drawings(StrEnum):
    """How CAD drawings go on."""

    REBUILT = "rebuilt"  # a new drawing of allow-listed entities
    REMOVED = "removed"


class ZipMembers(StrEnum):
    """Names of files in a ZIP file that is the item itself."""

    PLAIN = "plain"  # their own
    SHIRASAGI = "shirasagi"  # with the marks that the CMS SHIRASAGI takes off, and reports of what stays behind


class Verdict(StrEnum):
    """What becomes of an item."""

    DELIVER = "deliver"
    HOLD = "hold"


class Approval(StrEnum):
    """Which releases from quarantine need a second person, who agrees to what another one asked for."""

    NONE = "none"
    ORIGINAL = "original"  # of originals; the clean version is released by one person
    ALWAYS = "always"


class TransferApproval(StrEnum):
    """Which uploaded files need a second person before they can be fetched, clean as they are."""

    NONE = "none"
    OUTBOUND = "outbound"  # those that go out
    ALWAYS = "always"


class TellHeld(StrEnum):
    """How recipients inside hear of mail that is held for them."""

    DIGEST = "digest"  # in the daily mail
    AT_ONCE = "at_once"  # by a mail of its own
    NEVER = "never"


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named set of rules, chosen by recipient and direction."""

    links: Links = Links.KEPT
    body_charset: BodyCharset = BodyCharset.UTF_8
    notice: NoticeWhen = NoticeWhen.ALWAYS
    hold_on: frozenset[Threat] = frozenset({Threat.ENCRYPTED})  #: an item with a finding of these is held
    blocked_part: Verdict = Verdict.HOLD  #: a part was blocked: the rest goes on, or the item is held
    locked_part: LockedPart = LockedPart.ASK
    removed_part: Verdict = Verdict.DELIVER  #: a part was removed: the rest goes on, or the item is held
    dmarc_failure: Verdict = Verdict.DELIVER  #: DMARC failed and the domain's policy is reject or quarantine
    approval: Approval = Approval.NONE
    transfer_approval: TransferApproval = TransferApproval.NONE
    tell_held: TellHeld = TellHeld.DIGEST
    own_child: OwnChild = OwnChild.ATTACHMENTS
    pdf: Pdf = Pdf.REBUILT
    pdf_resolution: int = 150  #: pixels per inch of pages drawn as pictures, 36 to 600
    pdf_picture_text: PictureText = PictureText.INVISIBLE
    pictures: Pictures = Pictures.REBUILT
    svg: Svg = Svg.REBUILT
    html_files: HtmlFiles = HtmlFiles.REBUILT
    text_files: TextFiles = TextFiles.UTF_8
    office: Office = Office.REBUILT
    office_remarks: Remarks = Remarks.KEPT
    office_author: Author = Author.KEPT
    legacy_office: LegacyOffice = LegacyOffice.MODERN
    mail_files: MailFiles = MailFiles.UNPACKED
    calendars: Calendars = Calendars.REBUILT
    ichitaro: Transcript = Transcript.DOCX
    hwp: Transcript = Transcript.DOCX
    cad: Drawings = Drawings.REBUILT
    zip_members: ZipMembers = ZipMembers.PLAIN


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much one item may use. Crossing any of these blocks the part or the item, never passes it."""

    depth: int = 10  #: levels of parts inside parts
    parts: int = 500  #: parts in the whole tree
    header_bytes: int = 262_144  #: header block of a mail or of one of its parts
    headers: int = 1_000  #: header fields in one header block
    bytes_in: int = 104_857_600  #: decoded bytes of all parts together
    bytes_out: int = 104_857_600  #: bytes written
    expansion_ratio: int = 200  #: bytes out of a decoder for each byte in, beyond the first MiB
    pixels: int = 200_000_000  #: decoded pixels of all pictures together, every frame counted
    pages: int = 2_000  #: pages of all documents together
    passwords: int = 200  #: tries to open parts with passwords; what is still locked then stays so
    conversions: int = 16  #: documents and drawings handed to LibreOffice, one after the other
    seconds: int = 60  #: wall clock for the whole item; enforced from outside
    memory: int = 1_073_741_824  #: address space of the child, bytes


class FileBudget(Budget, frozen=True, forbid_unknown_fields=True):
    """The same for a file that was uploaded, lay in a watched folder or came over ICAP: it can be far larger than mail.

    What comes out of an archive and what is written into a new one count, too: so twice the largest upload.
    """

    parts: int = 5_000
    bytes_in: int = 4_294_967_296
    bytes_out: int = 4_294_967_296
    pixels: int = 5_000_000_000
    pages: int = 20_000
    conversions: int = 64
    seconds: int = 1_800
    memory: int = 6_442_450_944  #: most formats are rebuilt in memory: three times the largest upload


class Assignment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first assignment that matches a recipient gives the profile."""

    profile: str
    recipients: tuple[str, ...] = ("*",)  #: patterns: "*", "*@domain", "user@domain"; case-insensitive
    direction: str = "any"  #: inbound, outbound or any


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long things are kept, in days."""

    held_days: int = 90  #: a held item expires, with a notice, after this
    finished_days: int = 365  #: originals of delivered, bounced, discarded and expired items


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of rules.toml."""

    profiles: dict[str, Profile]
    assignments: tuple[Assignment, ...] = ()
    budget: Budget = Budget()
    file_budget: FileBudget = FileBudget()
    retention: Retention = Retention()


class Kind(StrEnum):
    """What an item is, known from the channel it came by."""

    MAIL = "mail"  # a message by SMTP: it is message/rfc822 whatever it looks like
    FILE = "file"  # anything else: content decides


class Task(msgspec.Struct, frozen=True):
    """One order to clean one item."""

    item: str  #: item number, printed in the notice
    kind: Kind
    claimed_name: str  #: untrusted; "" for a mail
    profile: Profile
    budget: Budget
    notice: Notice
    sender: SenderClaim | None = None  #: given: verify DKIM and DMARC too
    alone: bool = True  #: its child ends with it; False: a warm child, which leaves attachments alone (own_child)
    passwords: tuple[str, ...] = ()  #: to try before the words of the mail itself; never written anywhere
    collect_passwords: bool = False  #: say which words of the mail may be passwords
    poison: tuple[bytes, ...] = ()  #: SHA-256 digests of parts that killed their children: blocked unopened
