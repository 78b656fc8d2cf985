"""The notice at the end of a mail: what was removed or changed, the item's number, where to ask."""

from sanitizers.formats.mail.anomalies import shown
from sanitizers.formats.mail.unpack import Left, Unpacked
from sanitizers.links import rewrite_links
from sanitizers.model import Action, Finding, Notice, NoticeWords, Severity, Threat
from sanitizers.rules import Links, NoticeWhen, Profile

_SEPARATOR = "-" * 60
_LISTED_PARTS = 50  # removed parts named one by one; the rest is counted
_NAME_CHARACTERS = 100
_UNITS = (("MB", 1_048_576), ("KB", 1_024))


def notice_text(notice: Notice, rules: Profile, unpacked: Unpacked, findings: tuple[Finding, ...]) -> str:
    """The lines to add after the text, "" when none are wanted."""
    changes = _changes(unpacked, findings)
    if not changes and not unpacked.left and not unpacked.signed and rules.notice is NoticeWhen.WHEN_CHANGED:
        return ""
    paragraphs = [_paragraph(words, notice.item, unpacked, changes, rules.links) for words in notice.words]
    return "\n".join([_SEPARATOR, *"\n\n".join(paragraphs).split("\n"), _SEPARATOR]) + "\n"


def _changes(unpacked: Unpacked, findings: tuple[Finding, ...]) -> dict[Threat, int]:
    """How often each kind of threat changed something; removed parts are told apart from these."""
    told = {left.part.finding for left in unpacked.left}
    counts: dict[Threat, int] = {}
    for finding in (*findings, *unpacked.changes):
        if is_worth_telling(finding) and finding not in told:
            counts[finding.threat] = counts.get(finding.threat, 0) + 1
    return counts


def is_worth_telling(finding: Finding) -> bool:
    """Small repairs of form, a missing Message-ID and the like, are for the report and not for the reader."""
    if finding.action is Action.NOTED:
        return False
    return finding.threat is not Threat.MALFORMED or finding.severity is not Severity.NOTE


def _paragraph(words: NoticeWords, item: str, unpacked: Unpacked, changes: dict[Threat, int], links: Links) -> str:
    lines = [(words.changed if changes or unpacked.left else words.unchanged).format(item=item)]
    lines += _removed(words, unpacked.left, links)
    lines += [words.finding.format(what=_threat(words, threat), count=count) for threat, count in changes.items()]
    if unpacked.signed:
        lines.append(words.signed)
    if words.contact:
        lines.append(words.contact)
    return "\n".join(lines)


def _removed(words: NoticeWords, left: list[Left], links: Links) -> list[str]:
    """A name may read like an address, and mail programs would make a link of it; it is never left out, though."""
    links = Links.KEPT if links is Links.KEPT else Links.DEFANGED
    images = sum(each.inline_image for each in left)
    parts = [each.part for each in left if not each.inline_image]
    lines = [
        rewrite_links(
            words.removed_part.format(
                name=shown(part.name, _NAME_CHARACTERS).strip() or words.unnamed_part,
                size=_size(part.size),
                reason=_threat(words, part.finding.threat),
            ),
            links,
        )[0]
        for part in parts[:_LISTED_PARTS]
    ]
    if len(parts) > _LISTED_PARTS:
        lines.append(words.more_parts.format(count=len(parts) - _LISTED_PARTS))
    if images:
        lines.append(words.images.format(count=images))
    return lines


def _threat(words: NoticeWords, threat: Threat) -> str:
    return words.threats.get(threat, threat.value)


def _size(size: int) -> str:
    for unit, factor in _UNITS:
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} B"
