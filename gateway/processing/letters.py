"""The letter that asks a recipient for the password of a file."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.model import Item, Recipient
from gateway.processing.notices import addressed, both, shown
from gateway.processing.words import CONTACT, Letter
from gateway.settings import Settings
from gateway.store.drafts import Draft
from sanitizers.model import MailFacts

#: Before the subject of the mail that brings what was opened.
SUBJECT_PREFIX = {"ja": "[解錠済] ", "en": "[unlocked] "}
_LISTED = 20  # file names

ASKING: dict[str, Letter] = {
    "ja": Letter(
        "パスワード付きファイルの受け取り方",
        "あなた宛てのメールに、パスワードで保護されたファイルがありました。中身を確認できないため、まだお届けしていません。\n"
        "送信者から受け取ったパスワードを入力すると、無害化したファイルをメールでお届けします。",
        item="受付番号: {item}\n差出人: {sender}\n件名: {subject}\n受付日時: {received}\nファイル: {files}",
    ),
    "en": Letter(
        "How to get your protected file",
        "A mail to you came with a file that is protected by a password. It could not be checked and was not delivered "
        "yet.\nEnter the password that the sender gave you, and the sanitised file comes by mail.",
        item="Item: {item}\nFrom: {sender}\nSubject: {subject}\nReceived: {received}\nFiles: {files}",
    ),
}
_BY_LINK = {
    "ja": "入力ページ: {link}\n確認コード: {code}\n期限: {until}\n\n"
    "このページと確認コードはあなた専用です。転送しないでください。パスワードを何度も間違えると、入力できなくなります。",
    "en": "Enter it here: {link}\nCode: {code}\nUntil: {until}\n\n"
    "Page and code are for you alone; please do not pass them on. After several wrong passwords the page is closed.",
}
_BY_PERSON = {
    "ja": "受付番号を添えて、下記のお問い合わせ先にご連絡ください。(期限: {until})",
    "en": "Please give the item number to the contact below. (Until: {until})",
}


_OPENED_BY_THIS = {
    "ja": "このメールのパスワードで、次のメールの添付ファイルを開きました。無害化して別のメールでお届けします: {mails}",
    "en": "A password in this mail opened attachments of an earlier one; they come sanitised in another mail: {mails}",
}


def opened_by_this(settings: Settings, items: Sequence[Item]) -> tuple[str, ...]:
    """A line for the notice of the mail that told the password, in each language."""
    mails = ", ".join(f"{shown(item.facts.subject) if item.facts else ''} ({item.id})".strip() for item in items)
    return both(settings, lambda language: _OPENED_BY_THIS[language].format(mails=mails))


def ask(
    settings: Settings,
    item: Item,
    recipient: Recipient,
    token: str,
    code: str,
    names: Sequence[str],
    expires_at: datetime,
    now: datetime,
) -> tuple[Draft, bytes]:
    """To one recipient, with a link and a code for nobody else; `names` are those of the files."""
    zone = ZoneInfo(settings.zone)
    facts = item.facts or MailFacts()
    link = f"{settings.web.public_url.rstrip('/')}/unlock/{token}" if settings.web.public_url else ""
    fields = {
        "item": item.id,
        "sender": shown(facts.header_from or item.envelope.mail_from or "<>"),
        "subject": shown(facts.subject) or "-",
        "received": f"{item.envelope.received_at.astimezone(zone):%Y-%m-%d %H:%M}",
        "files": ", ".join(shown(name) or "-" for name in names[:_LISTED]),
        "link": link,
        "code": f"{code[:4]} {code[4:]}",
        "until": f"{expires_at.astimezone(zone):%Y-%m-%d %H:%M}",
    }
    text = "\n\n----\n\n".join(both(settings, lambda language: _block(settings, language, fields))) + "\n"
    return addressed(settings, item, recipient, ASKING, text, now)


def _block(settings: Settings, language: str, fields: dict[str, str]) -> str:
    letter = ASKING[language]
    way = (_BY_LINK if fields["link"] else _BY_PERSON)[language]
    lines = [letter.opening, "", letter.item.format(**fields), "", way.format(**fields)]
    if settings.contact:
        lines += ["", CONTACT[language].format(contact=settings.contact)]
    return "\n".join(lines)
