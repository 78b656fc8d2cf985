"""The letter that tells people that files wait for them on their side."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from gateway.model import Direction
from gateway.processing.notices import both, own_letter, shown
from gateway.processing.words import CONTACT, Letter
from gateway.settings import Settings
from gateway.store.drafts import Draft


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent to whom, as far as a letter may say it."""

    title: str
    sender: str  #: address
    recipients: tuple[str, ...]
    profile: str
    files: int
    held: int
    link: str  #: on their side; "" when no address is set
    expires_at: datetime


# No names of files: some may be held, and a name is content, too.
WAITING: dict[str, Letter] = {
    "ja": Letter(
        "ファイルが届いています",
        "あなた宛てのファイルが届いています。無害化が済んだものから受け取れます。",
        item="件名: {title}\n差出人: {sender}\nファイル数: {files}{held}\n期限: {until}",
    ),
    "en": Letter(
        "Files are waiting for you",
        "Files were sent to you. Each can be fetched as soon as it is sanitised.",
        item="Title: {title}\nFrom: {sender}\nFiles: {files}{held}\nUntil: {until}",
    ),
}
_HELD = {"ja": "(うち確認待ち {held})", "en": " ({held} of them are being looked at)"}
_BY_LINK = {
    "ja": "受け取り: {link}\nサインインが必要です。",
    "en": "Fetch them here: {link}\nYou will be asked to sign in.",
}


def letters_of(settings: Settings, sent: Sent, now: datetime) -> Sequence[tuple[Draft, bytes]]:
    """One to each recipient, who does not learn who the others are; all of them are of our own domains."""
    text = "\n\n----\n\n".join(both(settings, lambda language: _block(settings, language, sent))) + "\n"
    return [
        own_letter(settings, sent.profile, Direction.INBOUND, address, WAITING, text, now)
        for address in sent.recipients
    ]


def _block(settings: Settings, language: str, sent: Sent) -> str:
    letter = WAITING[language]
    facts = letter.item.format(
        title=shown(sent.title) or "-",
        sender=shown(sent.sender),
        files=sent.files,
        held=_HELD[language].format(held=sent.held) if sent.held else "",
        until=f"{sent.expires_at.astimezone(ZoneInfo(settings.zone)):%Y-%m-%d %H:%M}",
    )
    lines = [letter.opening, "", facts]
    if sent.link:
        lines += ["", _BY_LINK[language].format(link=sent.link)]
    if settings.contact:
        lines += ["", CONTACT[language].format(contact=settings.contact)]
    return "\n".join(lines)
