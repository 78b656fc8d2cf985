"""The sentences of the digest, of notices about what is held, and of those to administrators, in both languages."""

from enum import StrEnum

import msgspec

from gateway.processing.words import Letter


class Phrases(msgspec.Struct, frozen=True):
    """One language of a letter about held mail."""

    digest: Letter
    at_once: Letter
    entry: str  #: fields {item} {sender} {subject} {received} {reason}
    entry_of_file: str  #: the same; {subject} is the file's name
    by_link: str  #: fields {link} {until}
    by_person: str
    not_listed: str  #: field {count}
    older: str  #: field {count}


PHRASES: dict[str, Phrases] = {
    "ja": Phrases(
        Letter(
            "あなた宛ての保留中のメールとファイル({count}件)",
            "次のメールやファイルは、無害化できないか規則に該当したため、まだお届けしていません。\n"
            "必要なものがあれば、それぞれのページから理由を添えて依頼してください。担当者が確かめてからお届けします。\n"
            "心当たりのないものは、そのままにしてください。",
        ),
        Letter(
            "あなた宛てのメールまたはファイルを保留しました",
            "次のものは、無害化できないか規則に該当したため、まだお届けしていません。\n"
            "必要な場合は、理由を添えて依頼してください。担当者が確かめてからお届けします。",
        ),
        entry="差出人: {sender}\n件名: {subject}\n受信日時: {received}\n保留の理由: {reason}\n受付番号: {item}",
        entry_of_file="ファイル: {subject}\n渡した人: {sender}\n受付日時: {received}\n"
        "保留の理由: {reason}\n受付番号: {item}",
        by_link="依頼のページ: {link}\n(あなた専用です。転送しないでください。期限: {until})",
        by_person="依頼するには、受付番号を添えて下記のお問い合わせ先にご連絡ください。",
        not_listed="ほかに新しく保留したものが{count}件あります。",
        older="以前にお知らせしたもののうち、{count}件をまだ保留しています。",
    ),
    "en": Phrases(
        Letter(
            "Mail and files held for you ({count})",
            "The following could not be sanitised, or a rule applied, and was not delivered yet.\n"
            "If you need one of them, ask for it on its page and say why; somebody checks it and has it delivered.\n"
            "Leave alone what you do not expect.",
        ),
        Letter(
            "A mail or file to you was held",
            "The following could not be sanitised, or a rule applied, and was not delivered yet.\n"
            "If you need it, ask for it and say why; somebody checks it and has it delivered.",
        ),
        entry="From: {sender}\nSubject: {subject}\nReceived: {received}\nReason: {reason}\nItem: {item}",
        entry_of_file="File: {subject}\nHanded in by: {sender}\nReceived: {received}\nReason: {reason}\nItem: {item}",
        by_link="Ask for it here: {link}\n(For you alone; please do not pass it on. Until: {until})",
        by_person="To ask for it, give the item number to the contact below.",
        not_listed="{count} more were newly held.",
        older="Of those you were told of earlier, {count} are still held.",
    ),
}

#: Why an item is held, by the last word of the rule that said so; field {threats}.
REASONS: dict[str, tuple[str, str]] = {
    "hold_on": ("確認が必要な内容がありました({threats})", "it holds something that needs a check ({threats})"),
    "blocked": ("無害化できませんでした", "it could not be sanitised"),
    "blocked_part": ("無害化できない部分がありました", "a part of it could not be sanitised"),
    "removed_part": ("規則により取り除いた部分があります", "a part of it was removed by rule"),
    "dmarc_failure": ("差出人を確かめられませんでした(なりすましの疑い)", "its sender may be forged"),
    "transfer_approval": ("別の人の承認を待っています", "it waits for a second person"),
    "locked_part": ("パスワードで保護されています", "it is behind a password"),
    "poison": ("処理を何度も中断させました", "handling it was cut short again and again"),
    "unreadable": ("保管した原本を読めませんでした", "its original could not be read"),
    "no_profile": ("適用する規則がなくなりました", "its rules no longer exist"),
    "deliver": ("担当者が保留にしました", "somebody put it on hold"),
}
OTHER_REASON = ("規則により保留しました", "a rule holds it")


class Alert(StrEnum):
    """What administrators are told of."""

    NEXT_HOP_DOWN = "next_hop_down"
    DISK_NEARLY_FULL = "disk_nearly_full"
    CHILDREN_DYING = "children_dying"
    RECORD_BROKEN = "record_broken"
    LOCK_CLOSED = "lock_closed"
    FOLDER_TROUBLE = "folder_trouble"


#: Field {what}; the letter ends with what can be done.
ALERTS: dict[Alert, dict[str, Letter]] = {
    Alert.NEXT_HOP_DOWN: {
        "ja": Letter(
            "転送先に接続できません",
            "次の転送先に接続できない状態が続いています。メールは保管され、再送を続けます。\n{what}\n\n"
            "転送先のサーバーと、途中のネットワークを確認してください。",
        ),
        "en": Letter(
            "A next hop is down",
            "The following next hops have not been reachable for some time. Mail is kept and tried again.\n{what}\n\n"
            "Look at those servers, and at the network on the way.",
        ),
    },
    Alert.DISK_NEARLY_FULL: {
        "ja": Letter(
            "保管庫の空きが少なくなっています",
            "空き容量: {what}\n\n"
            "下限(store.minimum_free_bytes)を下回ると、新しいメールを受け付けなくなります。容量を増やしてください。",
        ),
        "en": Letter(
            "The disk is nearly full",
            "Free space: {what}\n\nBelow store.minimum_free_bytes no new mail is taken. Give the store more room.",
        ),
    },
    Alert.CHILDREN_DYING: {
        "ja": Letter(
            "無害化の子プロセスが繰り返し異常終了しています",
            "この1時間の異常終了: {what}回\n\nkiyome doctor とログを確認してください。攻撃の可能性もあります。",
        ),
        "en": Letter(
            "Sanitising processes end abnormally again and again",
            "Abnormal ends within the last hour: {what}\n\nSee kiyome doctor and the log. It may be an attack.",
        ),
    },
    Alert.FOLDER_TROUBLE: {
        "ja": Letter(
            "監視フォルダーを確認してください",
            "次の監視フォルダーで、ファイルを受け付けられないか、結果を書き込めない状態です。\n{what}\n\n"
            "共有フォルダーの接続とアクセス権を確認してください(kiyome doctor)。直れば自動で続けます。"
            "失われたものはありません。",
        ),
        "en": Letter(
            "A watched folder needs attention",
            "From the following watched folders files cannot be taken, or results cannot be written.\n{what}\n\n"
            "Look at the share and its rights (kiyome doctor). As soon as they are well it goes on; nothing is lost.",
        ),
    },
    Alert.RECORD_BROKEN: {
        "ja": Letter(
            "監査記録の連鎖が壊れています",
            "監査記録を検証したところ、つながらない行がありました。\n{what}\n\n"
            "記録が書き換えられたか、失われた可能性があります。kiyome audit verify で確認し、控えと比べてください。",
        ),
        "en": Letter(
            "The chain of the audit record is broken",
            "Reading the record again showed a row that does not follow from the one before.\n{what}\n\n"
            "It may have been changed or lost. See kiyome audit verify, and compare it with a copy.",
        ),
    },
    Alert.LOCK_CLOSED: {
        "ja": Letter(
            "パスワードの入力を締め切りました",
            "間違ったパスワードが続いたため、次の受付アイテムの入力ページを閉じました。\n{what}\n\n"
            "受信者から連絡があれば、担当者が代わりに入力できます。",
        ),
        "en": Letter(
            "A password page was closed",
            "After too many wrong passwords the page of the following items was closed.\n{what}\n\n"
            "If the recipient asks, an operator can enter the password for them.",
        ),
    },
}
#: Lines of {what}; the same order as Phrases.
HOP_LINE = {"ja": "{hop}({since} から)", "en": "{hop} (since {since})"}
FOLDER_LINE = {
    "ja": "{name}: 受け付けられないファイル {refused}件 {problem}",
    "en": "{name}: {refused} files that cannot be taken. {problem}",
}
BROKEN_LINE = {"ja": "{seq} 行目: {problem}", "en": "Row {seq}: {problem}"}
