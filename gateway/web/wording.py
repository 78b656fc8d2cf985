"""The words of the pages in Japanese and English: one table, so that neither language falls behind."""

from gateway.model import ItemState, RecipientState
from sanitizers.model import Action, Outcome, Severity, Threat
from sanitizers.rules import Verdict

JA, EN = "ja", "en"
LANGUAGES = (JA, EN)

WORDS: dict[str, tuple[str, str]] = {
    "address": ("アドレス", "Address"),
    "all_states": ("すべての状態", "every state"),
    "arrived": ("到着", "Arrived"),
    "attachments": ("添付ファイル", "Attachments"),
    "attempts": ("試行", "Attempts"),
    "authentication": ("送信元の検証", "Sender checks"),
    "client": ("接続元", "Client"),
    "delivered_to": ("配送先", "Delivered to"),
    "envelope_sender": ("差出人(封筒)", "Envelope sender"),
    "findings_none": ("検知はありません。", "Nothing was found."),
    "from": ("差出人", "From"),
    "headers": ("ヘッダー", "Headers"),
    "item_number": ("受付番号", "Item number"),
    "items": ("受付アイテム", "Items"),
    "items_none": ("当てはまる受付アイテムはありません。", "No item matches."),
    "mailbox": ("試用の受信箱", "Trial mailbox"),
    "mailbox_none": ("当てはまるメールはありません。", "No mail matches."),
    "mailbox_about": (
        "無害化されて届いたメールです。実際の運用では庁内のメールサーバーに届きます。",
        "Mail as it arrives, sanitised. In real use it goes to your own mail server.",
    ),
    "next": ("次のページ", "Next page"),
    "no_subject": ("(件名なし)", "(no subject)"),
    "not_found": ("見つかりません", "Not found"),
    "octets": ("バイト", "bytes"),
    "original": ("原本", "Original"),
    "password": ("パスワード", "Password"),
    "password_hint": (
        "kiyome run --trial を始めた端末に表示されています。",
        "It is shown in the terminal where kiyome run --trial was started.",
    ),
    "password_wrong": ("パスワードが違います。", "That is not the password."),
    "previous": ("最初のページ", "First page"),
    "profile": ("プロファイル", "Profile"),
    "received": ("受信", "Received"),
    "recipients": ("宛先", "Recipients"),
    "reply": ("応答", "Reply"),
    "report": ("無害化レポート", "Report"),
    "report_none": ("無害化はこれからです。", "Not sanitised yet."),
    "search": ("検索", "Search"),
    "search_hint": ("番号・件名・アドレス", "number, subject, address"),
    "search_mail_hint": ("件名・アドレス・本文・添付の名前", "subject, address, text, names of attachments"),
    "sign_in": ("サインイン", "Sign in"),
    "sign_out": ("サインアウト", "Sign out"),
    "size": ("大きさ", "Size"),
    "skip": ("本文へ", "Skip to content"),
    "state": ("状態", "State"),
    "subject": ("件名", "Subject"),
    "text": ("本文", "Text"),
    "to": ("宛先", "To"),
    "too_many": (
        "間違いが続いたため、しばらく受け付けません。1分後にもう一度お試しください。",
        "Too many wrong passwords. Try again in a minute.",
    ),
    "trial": ("試用中", "trial run"),
    "unnamed": ("(名前なし)", "(no name)"),
}

#: What a person sees for each closed enum: symbol, Japanese, English. Never colour alone.
STATES: dict[ItemState, tuple[str, str, str]] = {
    ItemState.RECEIVED: ("…", "受付済み", "received"),
    ItemState.CLEANED: ("…", "無害化済み", "cleaned"),
    ItemState.HELD: ("■", "保留", "held"),
    ItemState.RELEASED: ("…", "解放", "released"),
    ItemState.DELIVERING: ("…", "配送中", "delivering"),
    ItemState.DELIVERED: ("✓", "配送済み", "delivered"),
    ItemState.BOUNCED: ("✕", "不達", "bounced"),
    ItemState.DISCARDED: ("−", "破棄", "discarded"),
    ItemState.EXPIRED: ("−", "期限切れ", "expired"),
}
RECIPIENT_STATES: dict[RecipientState, tuple[str, str, str]] = {
    RecipientState.WAITING: ("…", "待機中", "waiting"),
    RecipientState.DELIVERED: ("✓", "配送済み", "delivered"),
    RecipientState.BOUNCED: ("✕", "不達", "bounced"),
}
OUTCOMES: dict[Outcome, tuple[str, str, str]] = {
    Outcome.CLEAN: ("✓", "そのまま", "clean"),
    Outcome.REBUILT: ("↻", "再構成", "rebuilt"),
    Outcome.CONVERTED: ("⇄", "変換", "converted"),
    Outcome.REMOVED: ("−", "除去", "removed"),
    Outcome.BLOCKED: ("✕", "遮断", "blocked"),
    Outcome.LOCKED: ("⚿", "パスワード待ち", "locked"),
}
SEVERITIES: dict[Severity, tuple[str, str, str]] = {
    Severity.NOTE: ("・", "通常", "note"),
    Severity.WARNING: ("▲", "注意", "warning"),
    Severity.DANGER: ("◆", "危険", "danger"),
}
ACTIONS: dict[Action, tuple[str, str, str]] = {
    Action.REMOVED: ("", "除去", "removed"),
    Action.REWRITTEN: ("", "書き換え", "rewritten"),
    Action.REPLACED: ("", "置き換え", "replaced"),
    Action.BLOCKED: ("", "遮断", "blocked"),
    Action.NOTED: ("", "記録", "noted"),
}
VERDICTS: dict[Verdict, tuple[str, str, str]] = {
    Verdict.DELIVER: ("✓", "配送", "deliver"),
    Verdict.HOLD: ("■", "保留", "hold"),
}
THREATS: dict[Threat, tuple[str, str, str]] = {
    Threat.ACTIVE_CONTENT: ("", "アクティブコンテンツ", "active content"),
    Threat.EXTERNAL_REFERENCE: ("", "外部参照", "external reference"),
    Threat.EMBEDDED_OBJECT: ("", "埋め込みオブジェクト", "embedded object"),
    Threat.METADATA: ("", "メタデータ", "metadata"),
    Threat.HIDDEN_CONTENT: ("", "隠しコンテンツ", "hidden content"),
    Threat.TYPE_MISMATCH: ("", "種別の不一致", "type mismatch"),
    Threat.ENCRYPTED: ("", "暗号化", "encrypted"),
    Threat.MALFORMED: ("", "不正な形式", "malformed"),
    Threat.LIMIT_EXCEEDED: ("", "上限超過", "limit exceeded"),
    Threat.UNSUPPORTED: ("", "未対応の形式", "unsupported"),
    Threat.DECEPTION: ("", "なりすまし・偽装", "deception"),
}

_ENUM_WORDS: dict[str, tuple[str, str, str]] = {
    f"{type(member).__name__}.{member.value}": words
    for table in (STATES, RECIPIENT_STATES, OUTCOMES, SEVERITIES, ACTIONS, VERDICTS, THREATS)
    for member, words in table.items()
}


def word(key: str, language: str) -> str:
    """A phrase of WORDS; a key that is not there is a programming error."""
    japanese, english = WORDS[key]
    return japanese if language == JA else english


def enum_word(
    member: ItemState | RecipientState | Outcome | Severity | Action | Verdict | Threat, language: str
) -> str:
    """What a person reads for a member of a closed enum."""
    _, japanese, english = _ENUM_WORDS[f"{type(member).__name__}.{member.value}"]
    return japanese if language == JA else english


def symbol(member: ItemState | RecipientState | Outcome | Severity | Action | Verdict | Threat) -> str:
    """The sign before the word, "" for none."""
    return _ENUM_WORDS[f"{type(member).__name__}.{member.value}"][0]
