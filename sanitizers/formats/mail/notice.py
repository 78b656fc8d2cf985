"""The notice at the end of a mail: what was removed or changed, the item's number, where to ask."""

from sanitizers.formats.mail.anomalies import shown
from sanitizers.formats.mail.unpacked import Unpacked
from sanitizers.links import rewrite_links
from sanitizers.model import (
    Action,
    Attached,
    Boxed,
    Finding,
    Left,
    Notice,
    NoticeWords,
    Outcome,
    Rebuilt,
    Severity,
    Threat,
    Withheld,
)
from sanitizers.passwords import OPENED
from sanitizers.rules import Links, NoticeWhen, Profile

_SEPARATOR = "-" * 60
_LISTED_PARTS = 50  # removed parts named one by one; the rest is counted
_LISTED_NAMES = 10  # of attachments that were changed in the same way
_LISTED_BOXED = 20  # files of one archive that stayed behind
_STAYS_BEHIND = frozenset({Outcome.REMOVED, Outcome.BLOCKED, Outcome.LOCKED})
_NAME_CHARACTERS = 100
_UNITS = (("MB", 1_048_576), ("KB", 1_024))


def notice_text(notice: Notice, rules: Profile, unpacked: Unpacked, findings: tuple[Finding, ...]) -> str:
    """The lines to add after the text, "" when none are wanted."""
    changes = _changes(unpacked, findings)
    told = changes or _is_changed(unpacked) or unpacked.signed or notice.remarks
    if not told and rules.notice is NoticeWhen.WHEN_CHANGED:
        return ""
    paragraphs = [_paragraph(words, notice.item, unpacked, changes, rules.links) for words in notice.words]
    if notice.remarks:
        paragraphs = [f"{text}\n{remark}" for text, remark in zip(paragraphs, notice.remarks, strict=True)]
    return "\n".join([_SEPARATOR, *"\n\n".join(paragraphs).split("\n"), _SEPARATOR]) + "\n"


def _is_changed(unpacked: Unpacked) -> bool:
    return bool(unpacked.left) or any(
        each.converted or _worth_telling(each) or _is_changed_inside(each.file) for each in unpacked.attached
    )


def _is_changed_inside(archive: Rebuilt) -> bool:
    return any(each.outcome is not Outcome.CLEAN for each in archive.boxed)


def _worth_telling(attached: Attached) -> list[Finding]:
    return [found for found in attached.file.findings if is_worth_telling(found)]


def _what(words: NoticeWords, attached: Attached) -> tuple[str, ...]:
    """What was done to an attachment, each kind once, in the order of the enum."""
    findings = _worth_telling(attached)
    fixed = [found for found in findings if found.threat is Threat.METADATA and found.action is Action.REWRITTEN]
    opened = [found for found in findings if found == OPENED]
    threats = {found.threat for found in findings if found not in fixed and found not in opened}
    told = [words.changes.get(threat, threat.value) for threat in Threat if threat in threats]
    told += [words.made_part_of_the_page] if fixed else []
    told += [words.unlocked] if opened else []
    return tuple([words.converted, *told] if attached.converted else told)


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
    lines = [(words.changed if changes or _is_changed(unpacked) else words.unchanged).format(item=item)]
    lines += _removed(words, unpacked.left, links)
    lines += _changed(words, unpacked.attached, links)
    lines += [line for each in unpacked.attached if each.file.boxed for line in _boxed(words, each.file, links)]
    lines += [words.finding.format(what=_threat(words, threat), count=count) for threat, count in changes.items()]
    if pictures := sum(each.inline_image for each in unpacked.attached):
        lines.append(words.attached_pictures.format(count=pictures))
    if unpacked.signed:
        lines.append(words.signed)
    if words.contact:
        lines.append(words.contact)
    return "\n".join(lines)


def _removed(words: NoticeWords, left: list[Left], links: Links) -> list[str]:
    images = sum(each.inline_image for each in left)
    parts = [each.part for each in left if not each.inline_image]
    lines = [_safe_line(_left(words, part), links) for part in parts[:_LISTED_PARTS]]
    if len(parts) > _LISTED_PARTS:
        lines.append(words.more_parts.format(count=len(parts) - _LISTED_PARTS))
    if images:
        lines.append(words.removed_pictures.format(count=images))
    return lines


def _left(words: NoticeWords, part: Withheld) -> str:
    name, size = _shown_name(words, part.name), _size(part.size)
    if part.outcome is Outcome.LOCKED:
        return words.locked_part.format(name=name, size=size)
    return words.removed_part.format(name=name, size=size, reason=_threat(words, part.finding.threat))


def _changed(words: NoticeWords, attached: list[Attached], links: Links) -> list[str]:
    """A line for all attachments that were changed in the same way; the routine, in nearly every PDF, comes last."""
    groups: dict[tuple[str, ...], list[Attached]] = {}
    for each in attached:
        if what := _what(words, each):
            groups.setdefault(what, []).append(each)
    routine = groups.pop((words.changes.get(Threat.METADATA, ""),), [])
    lines = [(_names(words, group), what) for what, group in groups.items()]
    if routine:
        counted = sum(each.inline_image for each in routine)
        named = [each for each in routine if not each.inline_image]
        lines.append((_names(words, named, pictures=counted), (words.changes[Threat.METADATA],)))
    return [
        _safe_line(words.changed_part.format(names=names, what=words.between_changes.join(what)), links)
        for names, what in lines
    ]


def _boxed(words: NoticeWords, archive: Rebuilt, links: Links) -> list[str]:
    """What was in an archive: what of it goes on, by name as far as there is room, and what stayed behind and why."""
    left = [each for each in archive.boxed if each.outcome in _STAYS_BEHIND]
    kept = [_shown_path(words, each) for each in archive.boxed if each.outcome not in _STAYS_BEHIND]
    names = [words.quoted_name.format(name=name) for name in kept[:_LISTED_NAMES]]
    if len(kept) > _LISTED_NAMES:
        names.append(words.more_names.format(count=len(kept) - _LISTED_NAMES))
    name = _shown_name(words, archive.name)
    lines = [words.boxed.format(name=name, kept=len(kept), names=words.between_names.join(names))] if kept else []
    lines += [
        words.boxed_removed.format(
            box=name,
            name=_shown_path(words, each),
            size=_size(each.size),
            reason=_threat(words, each.threat or Threat.UNSUPPORTED),
        )
        for each in left[:_LISTED_BOXED]
    ]
    if len(left) > _LISTED_BOXED:
        lines.append(words.boxed_more.format(box=name, count=len(left) - _LISTED_BOXED))
    return [_safe_line(line, links) for line in lines]


def _shown_path(words: NoticeWords, boxed: Boxed) -> str:
    return shown(boxed.name, _NAME_CHARACTERS).strip() or words.unnamed_part


def _names(words: NoticeWords, named: list[Attached], pictures: int = 0) -> str:
    names = [words.quoted_name.format(name=_shown_name(words, each.file.name)) for each in named[:_LISTED_NAMES]]
    if len(named) > _LISTED_NAMES:
        names.append(words.more_names.format(count=len(named) - _LISTED_NAMES))
    if pictures:
        names.append(words.pictures.format(count=pictures))
    return words.between_names.join(names)


def _shown_name(words: NoticeWords, name: str) -> str:
    return shown(name, _NAME_CHARACTERS).strip() or words.unnamed_part


def _safe_line(line: str, links: Links) -> str:
    """A name may read like an address, and mail programs would make a link of it; it is never left out, though."""
    return rewrite_links(line, Links.KEPT if links is Links.KEPT else Links.DEFANGED)[0]


def _threat(words: NoticeWords, threat: Threat) -> str:
    return words.threats.get(threat, threat.value)


def _size(size: int) -> str:
    for unit, factor in _UNITS:
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} B"
