"""The sentences Kiyome writes to people, in Japanese and English: the notice in a mail, bounces, expiry."""

import msgspec

from gateway.delivery.fate import Telling
from sanitizers.model import NoticeWords, Threat

JAPANESE = NoticeWords(
    language="ja",
    unchanged="このメールは無害化処理を行いました。削除した内容はありません。(受付番号: {item})",
    changed="このメールは無害化処理により、次の内容を変更または削除しました。(受付番号: {item})",
    removed_part="添付ファイル「{name}」({size})を削除しました。理由: {reason}",
    unnamed_part="名前のない部品",
    finding="{what}: {count}件",
    contact="",
    threats={
        Threat.ACTIVE_CONTENT: "スクリプトなどの実行できる内容",
        Threat.EXTERNAL_REFERENCE: "外部の画像やリンク先への参照",
        Threat.EMBEDDED_OBJECT: "埋め込まれたファイル",
        Threat.METADATA: "付随する管理情報",
        Threat.HIDDEN_CONTENT: "見えないように隠された内容",
        Threat.TYPE_MISMATCH: "名前や申告と異なる種類のファイル",
        Threat.ENCRYPTED: "暗号化されているため確認できない内容",
        Threat.MALFORMED: "形式が壊れている内容",
        Threat.LIMIT_EXCEEDED: "大きさや数の上限を超える内容",
        Threat.UNSUPPORTED: "無害化に対応していない種類のファイル",
        Threat.DECEPTION: "表示を偽る文字やリンク",
    },
    signed="電子署名は無害化処理により外しました。署名の検証はできません。",
)

ENGLISH = NoticeWords(
    language="en",
    unchanged="This mail was sanitised; nothing was removed. (Item {item})",
    changed="This mail was sanitised. The following was changed or removed. (Item {item})",
    removed_part='The attachment "{name}" ({size}) was removed. Reason: {reason}',
    unnamed_part="unnamed part",
    finding="{what}: {count}",
    contact="",
    threats={
        Threat.ACTIVE_CONTENT: "active content such as scripts",
        Threat.EXTERNAL_REFERENCE: "references to external images or links",
        Threat.EMBEDDED_OBJECT: "embedded files",
        Threat.METADATA: "metadata",
        Threat.HIDDEN_CONTENT: "hidden content",
        Threat.TYPE_MISMATCH: "a type other than the one named",
        Threat.ENCRYPTED: "encrypted content that cannot be checked",
        Threat.MALFORMED: "malformed content",
        Threat.LIMIT_EXCEEDED: "content beyond the limits of size or number",
        Threat.UNSUPPORTED: "a type that cannot be sanitised",
        Threat.DECEPTION: "misleading characters or links",
    },
    signed="The digital signature was removed by sanitising and can no longer be verified.",
)

CONTACT = {"ja": "お問い合わせ先: {contact}", "en": "Contact: {contact}"}


class Letter(msgspec.Struct, frozen=True):
    """One language of a mail that Kiyome writes itself."""

    subject: str
    opening: str
    recipient: str = ""  #: one line for each; fields {address} {reason}
    item: str = ""  #: field {item}


LETTERS: dict[Telling, dict[str, Letter]] = {
    Telling.FAILED: {
        "ja": Letter(
            "メールを配信できませんでした",
            "次の宛先にメールを配信できませんでした。再送は行いません。",
            "宛先: {address}\n理由: {reason}",
            "受付番号: {item}",
        ),
        "en": Letter(
            "Undelivered mail",
            "Your mail could not be delivered to the following recipients. It will not be tried again.",
            "Recipient: {address}\nReason: {reason}",
            "Item: {item}",
        ),
    },
    Telling.DELAYED: {
        "ja": Letter(
            "メールの配信が遅れています",
            "次の宛先への配信が遅れています。再送を続けますので、送り直す必要はありません。",
            "宛先: {address}\n理由: {reason}",
            "受付番号: {item}",
        ),
        "en": Letter(
            "Delayed mail",
            "Your mail to the following recipients is delayed. It will be tried again; there is no need to resend.",
            "Recipient: {address}\nReason: {reason}",
            "Item: {item}",
        ),
    },
    Telling.RELAYED: {
        "ja": Letter(
            "メールを中継しました",
            "次の宛先へのメールを次のサーバーへ中継しました。この先の配信通知は届かないことがあります。",
            "宛先: {address}\n応答: {reason}",
            "受付番号: {item}",
        ),
        "en": Letter(
            "Relayed mail",
            "Your mail was relayed to the following recipients. The next server may send no further notice.",
            "Recipient: {address}\nReply: {reason}",
            "Item: {item}",
        ),
    },
}

EXPIRY: dict[str, Letter] = {
    "ja": Letter(
        "保留中のメールの保存期間が終了しました",
        "あなた宛ての次のメールは、無害化できないか規則に該当したため保留していましたが、"
        "保存期間が終了したため配信せずに終了しました。",
        item="受付番号: {item}\n差出人: {sender}\n件名: {subject}\n受付日時: {received}",
    ),
    "en": Letter(
        "A held mail has expired",
        "The following mail to you was held because it could not be sanitised or a rule applied. "
        "Its retention has ended and it was not delivered.",
        item="Item: {item}\nFrom: {sender}\nSubject: {subject}\nReceived: {received}",
    ),
}
