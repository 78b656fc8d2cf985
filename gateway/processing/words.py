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
    finding="本文や件名など: {what}({count}件)",
    contact="",
    threats={
        Threat.ACTIVE_CONTENT: "プログラムやスクリプトなどの実行できる内容",
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
    changes={
        Threat.ACTIVE_CONTENT: "スクリプトなどの実行できる内容を削除",
        Threat.EXTERNAL_REFERENCE: "外部のファイルやリンク先への参照を削除または無効化",
        Threat.EMBEDDED_OBJECT: "埋め込まれたファイルを削除",
        Threat.METADATA: "作成者・作成ソフト・撮影場所などの付随情報を削除",
        Threat.HIDDEN_CONTENT: "見えないように隠された内容を削除",
        Threat.TYPE_MISMATCH: "名前の末尾(拡張子)を中身に合わせて変更",
        Threat.ENCRYPTED: "暗号化された内容を削除",
        Threat.MALFORMED: "形式が壊れている部分を削除または修復",
        Threat.LIMIT_EXCEEDED: "大きさや数の上限を超える部分を削除または短縮",
        Threat.UNSUPPORTED: "無害化に対応していない内容を削除",
        Threat.DECEPTION: "表示を偽る文字やリンクを削除または変更",
    },
    made_part_of_the_page="入力欄・注釈・電子署名などを見た目のままページに固定",
    converted="別の形式のファイルに変換",
    locked_part="添付ファイル「{name}」({size})はパスワードで保護されているため、まだお届けしていません。"
    "パスワードの入力方法は、別のメールでご案内します。",
    unlocked="パスワードを解除",
    changed_part="{names}: {what}しました。",
    quoted_name="「{name}」",
    pictures="本文中の画像{count}件",
    more_names="ほか{count}件",
    between_names="、",
    between_changes="、",
    removed_pictures="本文中の画像{count}件を削除しました。",
    attached_pictures="本文中の画像{count}件は、添付ファイルとして付けています。",
    more_parts="ほかに添付ファイル{count}件を削除しました。",
    boxed="「{name}」の中身のうち、お渡しするもの({kept}件): {names}",
    boxed_removed="「{box}」の中の「{name}」({size})を削除しました。理由: {reason}",
    boxed_more="「{box}」の中のほかの{count}件も削除しました。",
)

ENGLISH = NoticeWords(
    language="en",
    unchanged="This mail was sanitised; nothing was removed. (Item {item})",
    changed="This mail was sanitised. The following was changed or removed. (Item {item})",
    removed_part='The attachment "{name}" ({size}) was removed. Reason: {reason}',
    unnamed_part="unnamed part",
    finding="Text, subject and so on: {what} ({count})",
    contact="",
    threats={
        Threat.ACTIVE_CONTENT: "active content such as scripts and programs",
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
    changes={
        Threat.ACTIVE_CONTENT: "active content such as scripts removed",
        Threat.EXTERNAL_REFERENCE: "references to external files or links removed or disabled",
        Threat.EMBEDDED_OBJECT: "embedded files removed",
        Threat.METADATA: "metadata such as author, program and place removed",
        Threat.HIDDEN_CONTENT: "hidden content removed",
        Threat.TYPE_MISMATCH: "ending of the name changed to fit the content",
        Threat.ENCRYPTED: "encrypted content removed",
        Threat.MALFORMED: "malformed parts removed or repaired",
        Threat.LIMIT_EXCEEDED: "parts beyond the limits of size or number removed or shortened",
        Threat.UNSUPPORTED: "content that cannot be sanitised removed",
        Threat.DECEPTION: "misleading characters or links removed or changed",
    },
    made_part_of_the_page="form fields, annotations and signatures made part of the page",
    converted="converted to another format",
    locked_part='The attachment "{name}" ({size}) is protected by a password and was not delivered yet. '
    "Another mail tells you where to enter the password.",
    unlocked="password protection taken off",
    changed_part="{names}: {what}.",
    quoted_name='"{name}"',
    pictures="pictures in the text ({count})",
    more_names="and {count} more",
    between_names=", ",
    between_changes="; ",
    removed_pictures="Pictures in the text were removed: {count}",
    attached_pictures="Pictures from the text are attached to this mail: {count}",
    more_parts="Further attachments were removed: {count}",
    boxed='In "{name}", files that go on ({kept}): {names}',
    boxed_removed='In "{box}", "{name}" ({size}) was removed. Reason: {reason}',
    boxed_more='In "{box}", further files were removed: {count}',
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

EXPIRY_OF_FILE: dict[str, Letter] = {
    "ja": Letter(
        "保留中のファイルの保存期間が終了しました",
        "あなた宛ての次のファイルは、無害化できないか規則に該当したため保留していましたが、"
        "保存期間が終了したためお渡しせずに終了しました。",
        item="受付番号: {item}\nファイル: {subject}\n渡した人: {sender}\n受付日時: {received}",
    ),
    "en": Letter(
        "A held file has expired",
        "The following file for you was held because it could not be sanitised or a rule applied. "
        "Its retention has ended and it was not handed over.",
        item="Item: {item}\nFile: {subject}\nHanded in by: {sender}\nReceived: {received}",
    ),
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
