"""The words every sanitizer speaks: what came in, what was found, what goes out. Frozen data, no behaviour."""

from collections.abc import Callable
from enum import StrEnum
from typing import Literal

import msgspec


class Threat(StrEnum):
    """What kind of harm or risk was met."""

    ACTIVE_CONTENT = "active_content"
    EXTERNAL_REFERENCE = "external_reference"
    EMBEDDED_OBJECT = "embedded_object"
    METADATA = "metadata"
    HIDDEN_CONTENT = "hidden_content"
    TYPE_MISMATCH = "type_mismatch"
    ENCRYPTED = "encrypted"
    MALFORMED = "malformed"
    LIMIT_EXCEEDED = "limit_exceeded"
    UNSUPPORTED = "unsupported"
    DECEPTION = "deception"


class Severity(StrEnum):
    """How much a person should care: NOTE is routine, WARNING deserves a look, DANGER is a likely attack."""

    NOTE = "note"
    WARNING = "warning"
    DANGER = "danger"


class Action(StrEnum):
    """What was done about a finding."""

    REMOVED = "removed"
    REWRITTEN = "rewritten"
    REPLACED = "replaced"
    BLOCKED = "blocked"
    NOTED = "noted"


class Outcome(StrEnum):
    """What became of a part."""

    CLEAN = "clean"  # nothing harmful met; written anew with the same content
    REBUILT = "rebuilt"  # same type, something was removed or rewritten
    CONVERTED = "converted"  # another type went on, e.g. HTML became text
    REMOVED = "removed"  # left out by rule; the rest goes on
    BLOCKED = "blocked"  # could not be sanitised; left out, and the rules may hold the item
    LOCKED = "locked"  # behind a password: left out until somebody gives it


class Finding(msgspec.Struct, frozen=True):
    """One harmful or risky thing met in a part."""

    threat: Threat
    severity: Severity
    action: Action
    where: str  #: place inside the part, in words a person understands ("link 3", "header Subject"); <= 200 characters
    detail: str  #: what it was, shown to administrators and recipients; <= 500 characters, no control characters


class File(msgspec.Struct, frozen=True):
    """Untrusted bytes with what was claimed of them and what detection says."""

    claimed_name: str  #: decoded, still untrusted; "" when none was given
    claimed_type: str  #: the claimed media type with its parameters, e.g. "text/plain; charset=iso-2022-jp"; may be ""
    detected_type: str  #: from content alone (`sanitizers.detect`), lower case, no parameters
    data: bytes


class MailFacts(msgspec.Struct, frozen=True):
    """What lists and searches show of a mail: decoded, control characters removed, each value <= 1000 characters."""

    subject: str = ""
    header_from: str = ""  #: the From header as it goes out ("Name <a@example.jp>")
    header_to: str = ""
    message_id: str = ""  #: without angle brackets
    date: str = ""  #: the Date header as it goes out, "" when there was none


class Boxed(msgspec.Struct, frozen=True):
    """One file of an archive, and what became of it."""

    name: str  #: its path, safe to show; as it goes on, or as it was where it does not
    outcome: Outcome
    size: int  #: bytes, as it goes on or as it was
    threat: Threat | None = None  #: why it was left out


class Rebuilt(msgspec.Struct, frozen=True):
    """What a sanitizer made: clean bytes written anew."""

    data: bytes
    name: str
    type: str  #: media type of `data`, no parameters
    findings: tuple[Finding, ...] = ()
    facts: MailFacts | None = None  #: of a mail only
    mail: "MailContents | None" = None  #: of a mail only
    boxed: tuple[Boxed, ...] = ()  #: of an archive only: its files, the first 200


class Withheld(msgspec.Struct, frozen=True):
    """A child part that does not go on, and what the reader may be told of it."""

    name: str  #: safe to show, "" when it had none
    detected_type: str
    size: int  #: bytes
    outcome: Outcome  #: REMOVED, BLOCKED or LOCKED
    finding: Finding  #: the reason


class Left(msgspec.Struct, frozen=True):
    """A part of a mail that stays behind."""

    part: Withheld
    inline_image: bool  #: shown inside the text by HTML; named only by count


class Attached(msgspec.Struct, frozen=True):
    """A file that goes along with a mail."""

    file: Rebuilt
    inline_image: bool  #: as above
    converted: bool = False  #: its name promised another type, which the content was


class MailContents(msgspec.Struct, frozen=True):
    """What a clean mail is made of, for a mail around it that takes its text and files over instead of the whole."""

    text: str  #: without the notice; LF line ends
    attached: tuple[Attached, ...]
    left: tuple[Left, ...]
    changes: tuple[Finding, ...]  #: in texts and headers
    signed: bool
    blocked: tuple[Finding, ...]  #: why parts could not be opened


class PartReport(msgspec.Struct, frozen=True):
    """What happened to one part. `path` places it in the tree: "1" is the item, "1.2" its second child, and so on."""

    path: str
    name: str  #: the claimed name made safe to show
    claimed_type: str
    detected_type: str
    sanitizer: str  #: name of the sanitizer, "" when none owns the type
    outcome: Outcome
    size_in: int  #: bytes
    size_out: int  #: bytes; 0 when nothing went on
    sha256_in: str
    sha256_out: str  #: "" when nothing went on
    findings: tuple[Finding, ...]
    milliseconds: float


class Report(msgspec.Struct, frozen=True):
    """The tree of part reports of one item, parents before children; `parts[0]` is the item itself."""

    parts: tuple[PartReport, ...]


class AuthenticationMethod(StrEnum):
    """The checks of RFC 8601 that Kiyome makes."""

    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"


class AuthenticationResult(msgspec.Struct, frozen=True):
    """One verified claim about the sender, in the words of RFC 8601 section 2.7."""

    method: AuthenticationMethod
    result: str  #: pass, fail, softfail, neutral, none, policy, temperror, permerror
    domain: str  #: the domain the claim is about (SPF: envelope sender or HELO; DKIM: d=; DMARC: From), ASCII
    detail: str = ""  #: selector for DKIM, published policy for DMARC; ASCII, <= 200 characters


class SenderClaim(msgspec.Struct, frozen=True):
    """What the parent already verified of the sender; asks the child for DKIM and DMARC (RFC 9989 alignment)."""

    spf: AuthenticationResult


class DnsAnswer(msgspec.Struct, frozen=True):
    """What the parent learned for a child. Each text is one TXT record, its strings joined."""

    status: Literal["found", "absent", "failed"]  #: failed: no answer that can be trusted; asking later may help
    texts: tuple[bytes, ...] = ()
    name_exists: bool = True  #: False: NXDOMAIN, the name itself is absent (np= of RFC 9989)


AskDns = Callable[[str, str], DnsAnswer]  #: (name, record type); the type is always "TXT"
AskConverter = Callable[[str, str, bytes], bytes]  #: (extension, target, document); raises CannotSanitize


class NoticeWords(msgspec.Struct, frozen=True):
    """One language's phrases for the notice at the end of a mail. Placeholders are str.format fields."""

    language: str  #: "ja" or "en"
    unchanged: str  #: one line; field {item}
    changed: str  #: heading line; field {item}
    removed_part: str  #: one removed part; fields {name} {size} {reason}
    unnamed_part: str  #: what to call a part without a name
    finding: str  #: one kind of change; fields {what} {count}
    contact: str  #: where to ask, already filled in; "" when not configured
    threats: dict[Threat, str]  #: short noun phrase for each threat
    signed: str  #: the note on unwrapped S/MIME or PGP signatures
    changes: dict[Threat, str]  #: what was done about each threat in an attachment; joined by `between_changes`
    made_part_of_the_page: str  #: the same for form fields, annotations and signatures
    converted: str  #: the same for a file that goes on as one of another type
    locked_part: str  #: one part behind a password; fields {name} {size}
    unlocked: str  #: the note on files that were opened with a password and go on without one
    changed_part: str  #: attachments that were changed in the same way; fields {names} {what}
    quoted_name: str  #: one of these names; field {name}
    pictures: str  #: pictures that HTML showed inside the text, as one of the names; field {count}
    more_names: str  #: after the last one that is named; field {count}
    between_names: str
    between_changes: str
    removed_pictures: str  #: such pictures that stayed behind; field {count}
    attached_pictures: str  #: such pictures that go along as attachments; field {count}
    more_parts: str  #: after the last removed part that is named; field {count}
    boxed: str  #: what of an archive goes on; fields {name} {kept} {names}
    boxed_removed: str  #: one file of an archive that stayed behind; fields {box} {name} {size} {reason}
    boxed_more: str  #: after the last of these; fields {box} {count}


class Notice(msgspec.Struct, frozen=True):
    """What the child needs to tell the reader: the item number and the words, first language first."""

    item: str
    words: tuple[NoticeWords, ...]
    subject_prefix: str = ""  #: before the subject of a mail that goes out a second time, with what was locked at first
    message_id: str = ""  #: of such a mail, without angle brackets; "" keeps the one it came with
    remarks: tuple[str, ...] = ()  #: further lines, one for each of `words`: what was opened with this mail's password


class Cleaned(msgspec.Struct, frozen=True):
    """All that comes back for one item."""

    data: bytes | None  #: what may go on; None: nothing may
    name: str
    type: str  #: media type of `data`, "" when there is none
    report: Report
    facts: MailFacts | None = None  #: of a mail only
    authentication: tuple[AuthenticationResult, ...] = ()  #: DKIM and DMARC
    passwords: tuple[str, ...] = ()  #: words of the mail that may be passwords; only when the task asks for them

    @property
    def passed(self) -> bool:
        """Something may go on: in `data`, or where the task's giver had it written."""
        return bool(self.report.parts and self.report.parts[0].sha256_out)


class CannotSanitize(Exception):
    """Raised by a sanitizer that cannot make a clean file: the engine turns it into `blocked`."""

    def __init__(self, threat: Threat, detail: str) -> None:
        super().__init__(detail)
        self.threat = threat
        self.detail = detail


class Locked(CannotSanitize):
    """The part is behind a password, and none of the job's passwords fits: the engine turns it into `locked`."""

    def __init__(self, detail: str) -> None:
        super().__init__(Threat.ENCRYPTED, detail)
