"""What a person reads for each closed enum: symbol, Japanese, English. Never colour alone."""

from enum import StrEnum

from gateway.access.model import PasswordState, PersonState, Source
from gateway.access.rights import Right, Role
from gateway.model import ItemState, RecipientState
from sanitizers.model import Action, Outcome, Severity, Threat
from sanitizers.rules import Verdict

Words = tuple[str, str, str]

STATES: dict[ItemState, Words] = {
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
RECIPIENT_STATES: dict[RecipientState, Words] = {
    RecipientState.WAITING: ("…", "待機中", "waiting"),
    RecipientState.DELIVERED: ("✓", "配送済み", "delivered"),
    RecipientState.BOUNCED: ("✕", "不達", "bounced"),
}
OUTCOMES: dict[Outcome, Words] = {
    Outcome.CLEAN: ("✓", "そのまま", "clean"),
    Outcome.REBUILT: ("↻", "再構成", "rebuilt"),
    Outcome.CONVERTED: ("⇄", "変換", "converted"),
    Outcome.REMOVED: ("−", "除去", "removed"),
    Outcome.BLOCKED: ("✕", "遮断", "blocked"),
    Outcome.LOCKED: ("?", "パスワード待ち", "locked"),
}
SEVERITIES: dict[Severity, Words] = {
    Severity.NOTE: ("・", "通常", "note"),
    Severity.WARNING: ("▲", "注意", "warning"),
    Severity.DANGER: ("◆", "危険", "danger"),
}
ACTIONS: dict[Action, Words] = {
    Action.REMOVED: ("", "除去", "removed"),
    Action.REWRITTEN: ("", "書き換え", "rewritten"),
    Action.REPLACED: ("", "置き換え", "replaced"),
    Action.BLOCKED: ("", "遮断", "blocked"),
    Action.NOTED: ("", "記録", "noted"),
}
VERDICTS: dict[Verdict, Words] = {
    Verdict.DELIVER: ("✓", "配送", "deliver"),
    Verdict.HOLD: ("■", "保留", "hold"),
}
THREATS: dict[Threat, Words] = {
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
ROLES: dict[Role, Words] = {
    Role.ADMINISTRATOR: ("", "管理者", "administrator"),
    Role.OPERATOR: ("", "運用担当", "operator"),
    Role.APPROVER: ("", "承認者", "approver"),
    Role.AUDITOR: ("", "監査者", "auditor"),
    Role.USER: ("", "利用者", "user"),
}
RIGHTS: dict[Right, Words] = {
    Right.ITEMS_SEE: ("", "受付アイテムを見る", "see items"),
    Right.ITEMS_CONTENT: ("", "内容を見る", "see content"),
    Right.ITEMS_ORIGINAL: ("", "原本を扱う", "handle originals"),
    Right.ITEMS_RELEASE: ("", "解放する", "release"),
    Right.ITEMS_APPROVE: ("", "承認する", "approve"),
    Right.ITEMS_DISCARD: ("", "破棄する", "discard"),
    Right.ITEMS_RETRY: ("", "再送する", "retry"),
    Right.ITEMS_HOLD: ("", "保留する", "hold"),
    Right.PARTS_DOWNLOAD: ("", "無害化した部品を保存する", "download clean parts"),
    Right.STATISTICS: ("", "統計を見る", "see statistics"),
    Right.QUEUE: ("", "送信待ちを見る", "see the queue"),
    Right.RULES: ("", "規則を見る", "see rules"),
    Right.TRY: ("", "試す", "try a file or mail"),
    Right.AUDIT: ("", "監査記録を見る", "see the audit"),
    Right.AUDIT_EXPORT: ("", "監査記録を書き出す", "export the audit"),
    Right.PEOPLE: ("", "利用者の一覧を見る", "see people"),
    Right.PEOPLE_CHANGE: ("", "利用者を管理する", "administer people"),
    Right.TOKENS: ("", "APIトークンを作る", "make API tokens"),
    Right.TRANSFER: ("", "ファイルを受け渡す", "transfer files"),
    Right.SYSTEM: ("", "システムの状態を見る", "see the system"),
}
PERSON_STATES: dict[PersonState, Words] = {
    PersonState.ACTIVE: ("✓", "有効", "active"),
    PersonState.DISABLED: ("✕", "停止中", "disabled"),
}
PASSWORD_STATES: dict[PasswordState, Words] = {
    PasswordState.NONE: ("−", "なし", "none"),
    PasswordState.ONE_TIME: ("…", "一回限り(未変更)", "one-time, not changed yet"),
    PasswordState.OWN: ("✓", "設定済み", "set"),
}
SOURCES: dict[Source, Words] = {
    Source.LOCAL: ("", "このゲートウェイ", "this gateway"),
    Source.OIDC: ("", "外部の認証", "identity provider"),
}

_ENUM_WORDS: dict[str, Words] = {
    f"{type(member).__name__}.{member.value}": words
    for table in (
        STATES,
        RECIPIENT_STATES,
        OUTCOMES,
        SEVERITIES,
        ACTIONS,
        VERDICTS,
        THREATS,
        ROLES,
        RIGHTS,
        PERSON_STATES,
        PASSWORD_STATES,
        SOURCES,
    )
    for member, words in table.items()
}


def enum_word(member: StrEnum, language: str) -> str:
    """What a person reads for a member of a closed enum."""
    _, japanese, english = _ENUM_WORDS[f"{type(member).__name__}.{member.value}"]
    return japanese if language == "ja" else english


def symbol(member: StrEnum) -> str:
    """The sign before the word, "" for none."""
    return _ENUM_WORDS[f"{type(member).__name__}.{member.value}"][0]
