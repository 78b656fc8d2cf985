"""One part of an item: what it is, what its new name is, and why it stays behind."""

from hashlib import sha256

from sanitizers.blocked import reason_of
from sanitizers.detect import SCRIPT_TYPES
from sanitizers.extensions import ending_of, promised, with_ending
from sanitizers.job import Role, Sanitizer
from sanitizers.model import Action, Finding, Outcome, Rebuilt, Severity, Threat, Withheld
from sanitizers.names import safe_name
from sanitizers.reports import plain
from sanitizers.rules import Profile

MAIL = "message/rfc822"

# Types that run or fetch when opened, as detection names them: met in a mail, a likely attack.
NEVER_DELIVERED = SCRIPT_TYPES | {
    "application/appx",
    "application/hta",
    "application/java-archive",
    "application/onenote",
    "application/vnd.android.package-archive",
    "application/vnd.debian.binary-package",
    "application/vnd.microsoft.portable-executable",
    "application/vnd.ms-htmlhelp",
    "application/vsix",
    "application/wasm",
    "application/x-dex",
    "application/x-dosexec",
    "application/x-executable",
    "application/x-java-applet",
    "application/x-mach-binary",
    "application/x-ms-shortcut",
    "application/x-ms-wim",
    "application/x-msi",
    "application/x-mswinurl",
    "application/x-pie-executable",
    "application/x-rdp",
    "application/x-rpm",
    "application/x-sharedlib",
    "application/x-shockwave-flash",
    "application/x-sylk",
    "application/x-vhd",
    "application/x-vhdx",
    "application/x-xpinstall",
    "text/x-ms-iqy",
}
ENCRYPTED = frozenset({"application/encrypted", "application/pgp-encrypted"})
# Sanitizer → the rule of the profile that may say "removed".
RULES_THAT_REMOVE = {
    "cad": "cad",
    "calendar": "calendars",
    "contact": "calendars",
    "hwp": "hwp",
    "ichitaro": "ichitaro",
    "image": "pictures",
    "legacy": "legacy_office",
    "mail": "mail_files",
    "mailbox": "mail_files",
    "metafile": "pictures",
    "odf": "office",
    "ooxml": "office",
    "outlook": "mail_files",
    "pdf": "pdf",
    "svg": "svg",
    "textfile": "text_files",
    "webpage": "html_files",
}
# Detected in a body these are still words somebody wrote, and safe as words.
READ_AS_TEXT = frozenset(
    {MAIL, "application/json", "application/pgp-keys", "application/pgp-signature", "application/xml"}
)


class Part:
    """One part while it is worked on, and its place in the report."""

    __slots__ = (
        "children", "claimed_name", "claimed_type", "detected_type", "digest", "findings", "name", "path", "rules",
        "sanitizer",
    )  # fmt: skip

    def __init__(self, path: str, claimed_name: str, claimed_type: str, data: bytes, rules: Profile) -> None:
        self.path = path
        self.rules = rules
        self.digest = sha256(data)
        self.claimed_name = claimed_name
        self.claimed_type = claimed_type
        self.name = ""
        self.detected_type = ""
        self.sanitizer = ""
        self.findings: list[Finding] = []
        self.children = 0


def is_removed_by_rule(part: Part, sanitizer: Sanitizer) -> bool:
    """Whether the rules keep what this sanitizer would rebuild."""
    rule = RULES_THAT_REMOVE.get(sanitizer.name)
    if part.path == "1" and part.detected_type == MAIL:
        return False  # the rule is about mails that come with a mail
    return rule is not None and getattr(part.rules, rule) == "removed"


def is_text(kind: str) -> bool:
    """Whether a detected type is one of text, or reads as one."""
    return kind.startswith("text/") or kind in READ_AS_TEXT


def left_out(role: Role | None) -> Outcome:
    """The outcome of a part that stays behind: without it the rest goes on, but for the item itself."""
    return Outcome.BLOCKED if role is None else Outcome.REMOVED


def withheld(part: Part, size: int, outcome: Outcome, threat: Threat, severity: Severity, detail: str) -> Withheld:
    """A part that stays behind, and why."""
    action = Action.BLOCKED if outcome is Outcome.BLOCKED else Action.REMOVED
    finding = Finding(threat, severity, action, part.name, detail)
    return Withheld(part.name, part.detected_type, size, outcome, finding)


def mismatch(part: Part) -> Finding:
    """A body that is not what it claims to be."""
    detail = f"claims to be {part.claimed_type.partition(';')[0] or 'text'} but is {part.detected_type}"
    severity = Severity.DANGER if part.detected_type in NEVER_DELIVERED else Severity.WARNING
    return Finding(Threat.TYPE_MISMATCH, severity, Action.REMOVED, part.name or "body", plain(detail, 500))


def misnamed(part: Part) -> Finding:
    """Pictures go by each other's endings every day; anything else does so by mistake or on purpose."""
    detail = f"the name says .{ending_of(part.name)}, the content is {part.detected_type}"
    severity = Severity.DANGER if part.detected_type in NEVER_DELIVERED else Severity.WARNING
    if part.detected_type.startswith("image/") and all(each.startswith("image/") for each in promised(part.name)):
        severity = Severity.NOTE
    return Finding(Threat.TYPE_MISMATCH, severity, Action.REWRITTEN, "file name", plain(detail, 500))


def unowned(part: Part, size: int, role: Role | None) -> Withheld:
    """A part whose type no sanitizer owns."""
    outcome = left_out(role)
    if part.detected_type in NEVER_DELIVERED:
        detail = f"a file of a type that is never delivered: {part.detected_type}"
        return withheld(part, size, outcome, Threat.ACTIVE_CONTENT, Severity.DANGER, detail)
    if part.detected_type in ENCRYPTED:
        detail = f"encrypted: {part.detected_type}"
        return withheld(part, size, outcome, Threat.ENCRYPTED, Severity.WARNING, detail)
    detail = reason_of(part.detected_type, part.name) or f"no sanitizer for {part.detected_type}"
    return withheld(part, size, outcome, Threat.UNSUPPORTED, Severity.WARNING, detail)


def named(part: Part, rebuilt: Rebuilt) -> str:
    """Safe, and with an ending of what it is now."""
    name = rebuilt.name if rebuilt.name in {part.name, ""} else safe_name(rebuilt.name)[0]
    ended = with_ending(name, rebuilt.type)
    return ended if ended == name else safe_name(ended)[0]
