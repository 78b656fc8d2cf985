"""What a finding means, in a sentence: by what was found, what was done about it, and in what kind of file."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from gateway.web.wording.item import WORDS
from sanitizers.model import Action, Threat


class Family(Enum):
    """Kinds of files in which the same threat is another thing."""

    MAIL = "mail"
    PAGE = "page"
    TEXT = "text"
    PDF = "pdf"
    OFFICE = "office"
    PICTURE = "picture"
    ARCHIVE = "archive"
    DATES = "dates"
    PROGRAM = "program"
    OTHER = "other"


#: By the beginning of the detected type; the first that fits.
FAMILIES: Final = (
    ("message/", Family.MAIL),
    ("multipart/", Family.MAIL),
    ("application/mbox", Family.MAIL),
    ("application/vnd.ms-outlook", Family.MAIL),
    ("application/vnd.ms-tnef", Family.MAIL),
    ("text/html", Family.PAGE),
    ("application/xhtml", Family.PAGE),
    ("text/calendar", Family.DATES),
    ("text/vcard", Family.DATES),
    ("text/x-vcard", Family.DATES),
    ("text/rtf", Family.OFFICE),
    ("text/javascript", Family.PROGRAM),
    ("text/x-", Family.PROGRAM),
    ("application/vnd.microsoft.portable-executable", Family.PROGRAM),
    ("application/x-mswinurl", Family.PROGRAM),
    ("application/x-ms-shortcut", Family.PROGRAM),
    ("application/x-executable", Family.PROGRAM),
    ("application/x-msi", Family.PROGRAM),
    ("application/java", Family.PROGRAM),
    ("text/", Family.TEXT),
    ("application/json", Family.TEXT),
    ("application/xml", Family.TEXT),
    ("application/pdf", Family.PDF),
    ("application/vnd.openxmlformats-officedocument", Family.OFFICE),
    ("application/vnd.oasis.opendocument", Family.OFFICE),
    ("application/vnd.ms-excel", Family.OFFICE),
    ("application/vnd.ms-word", Family.OFFICE),
    ("application/vnd.ms-powerpoint", Family.OFFICE),
    ("application/msword", Family.OFFICE),
    ("application/rtf", Family.OFFICE),
    ("application/x-js-taro", Family.OFFICE),
    ("application/x-hwp", Family.OFFICE),
    ("application/hwp", Family.OFFICE),
    ("image/", Family.PICTURE),
    ("application/zip", Family.ARCHIVE),
    ("application/x-tar", Family.ARCHIVE),
    ("application/gzip", Family.ARCHIVE),
    ("application/x-7z-compressed", Family.ARCHIVE),
    ("application/x-lzh", Family.ARCHIVE),
    ("application/vnd.rar", Family.ARCHIVE),
)

#: What was found, where the kind of file says more than the threat alone ("threat.…" of the item's words).
FOUND: Final[Mapping[tuple[Threat, Family], tuple[str, str]]] = {
    (Threat.ACTIVE_CONTENT, Family.PAGE): (
        "開くと動くスクリプトや入力欄",
        "scripts and forms that act when the page is opened",
    ),
    (Threat.ACTIVE_CONTENT, Family.TEXT): (
        "開くと動くもの(スクリプト、ショートカット、数式など)",
        "something that acts when opened (a script, a shortcut, formulas)",
    ),
    (Threat.ACTIVE_CONTENT, Family.PDF): (
        "開くと動くもの(JavaScript や自動の動作)",
        "something that acts when opened (JavaScript, automatic actions)",
    ),
    (Threat.ACTIVE_CONTENT, Family.OFFICE): (
        "開くと動くもの(マクロ、プログラムを起動する仕掛け)",
        "something that acts when opened (macros, what starts programs)",
    ),
    (Threat.ACTIVE_CONTENT, Family.PROGRAM): (
        "プログラムやスクリプトなど、届けないことになっているファイル",
        "a program, a script or another file that is never delivered",
    ),
    (Threat.EXTERNAL_REFERENCE, Family.OFFICE): (
        "ファイルの外を参照する仕掛け(リンク、外部データ、数式)",
        "something that reaches out of the file (links, outside data, formulas)",
    ),
    (Threat.EXTERNAL_REFERENCE, Family.MAIL): (
        "開くと外から読み込む画像やリンク",
        "pictures or links that fetch from outside when opened",
    ),
    (Threat.EXTERNAL_REFERENCE, Family.PAGE): (
        "開くと外から読み込む画像やリンク",
        "pictures or links that fetch from outside when opened",
    ),
    (Threat.METADATA, Family.PICTURE): (
        "画像に付いた情報(撮影場所、機種、コメントなど)",
        "facts attached to the picture (place, camera, comments)",
    ),
    (Threat.METADATA, Family.OFFICE): (
        "文書に付いた情報(作成者、作成ソフト、日付など)",
        "facts attached to the document (author, program, dates)",
    ),
    (Threat.METADATA, Family.PDF): (
        "文書に付いた情報(作成者、作成ソフト、日付など)",
        "facts attached to the document (author, program, dates)",
    ),
    (Threat.METADATA, Family.MAIL): (
        "メールに付いた情報(差出人のソフトや経路など)",
        "facts attached to the mail (programs, routes)",
    ),
    (Threat.HIDDEN_CONTENT, Family.OFFICE): (
        "見えない内容(コメント、変更履歴、非表示の行など)",
        "content that is not seen (comments, tracked changes, hidden rows)",
    ),
    (Threat.HIDDEN_CONTENT, Family.PICTURE): (
        "画像の見えない部分や、画像に付け足されたデータ",
        "parts of the picture that nobody sees, or data attached to it",
    ),
    (Threat.HIDDEN_CONTENT, Family.ARCHIVE): (
        "圧縮ファイルの一覧に載っていないデータ",
        "data that the archive's own list does not name",
    ),
    (Threat.HIDDEN_CONTENT, Family.TEXT): ("見えない文字や制御文字", "characters that nobody sees"),
    (Threat.DECEPTION, Family.MAIL): (
        "人をだます表示(名前に別のアドレス、食い違うファイル名など)",
        "something made to deceive (a name that shows another address, file names that disagree)",
    ),
    (Threat.DECEPTION, Family.TEXT): (
        "人をだます名前や文字(並び順を変える文字、危険な名前、見せかけのリンク)",
        "a name or words made to deceive (characters that change their order, dangerous names, false links)",
    ),
    (Threat.DECEPTION, Family.PAGE): (
        "人をだます表示(見せかけのリンクなど)",
        "something made to deceive, such as a link that shows another address",
    ),
    (Threat.DECEPTION, Family.OFFICE): (
        "人をだます表示(見せかけのリンクなど)",
        "something made to deceive, such as a link that shows another address",
    ),
    (Threat.DECEPTION, Family.ARCHIVE): (
        "展開先を外へ導く名前や、ファイルではないもの",
        "a name that leads out of the archive, or a member that is no file",
    ),
    (Threat.MALFORMED, Family.MAIL): (
        "メールの形式の崩れ(読み方が分かれる書き方)",
        "mail that is not well formed, which programs read in different ways",
    ),
    (Threat.LIMIT_EXCEEDED, Family.ARCHIVE): (
        "深さ・数・展開後の大きさが上限を超えた圧縮ファイル",
        "an archive beyond the limits of depth, number or unpacked size",
    ),
}

#: What was done about {what}.
DONE: Final[Mapping[Action, tuple[str, str]]] = {
    Action.REMOVED: ("{what}を取り除きました。", "Removed: {what}."),
    Action.REWRITTEN: ("{what}を、害のない形に書き直しました。", "Written anew without harm: {what}."),
    Action.REPLACED: ("{what}を、害のないものに置き換えました。", "Replaced by something harmless: {what}."),
    Action.BLOCKED: ("{what}のため、届けません。", "It does not go on because of this: {what}."),
    Action.NOTED: ("{what}が見つかりました(記録のみ)。", "Found, and put on record only: {what}."),
}

#: Where the two put together would say something else than what happens.
SENTENCES: Final[Mapping[tuple[Threat, Action, Family | None], tuple[str, str]]] = {
    (Threat.ACTIVE_CONTENT, Action.REPLACED, Family.OFFICE): (
        "プログラムを動かす数式やフィールドを、いま表示している値に置き換えました。",
        "Formulas and fields that run programs were replaced by the values that they show.",
    ),
    (Threat.ACTIVE_CONTENT, Action.REWRITTEN, Family.TEXT): (
        "表計算ソフトが数式として動かすセルを、ただの文字に書き直しました。",
        "Cells that a spreadsheet would run as formulas became plain text.",
    ),
    (Threat.EXTERNAL_REFERENCE, Action.REPLACED, Family.OFFICE): (
        "ファイルの外を参照する数式やフィールドを、いま表示している値に置き換えました。",
        "Formulas and fields that reach out of the file were replaced by the values that they show.",
    ),
    (Threat.EMBEDDED_OBJECT, Action.REWRITTEN, Family.PAGE): (
        "ページに埋め込まれた図や数式を、画像や文字に書き直しました。",
        "Drawings and formulas embedded in the page became pictures and characters.",
    ),
    (Threat.DECEPTION, Action.NOTED, Family.PICTURE): (
        "画像の中に QR コードがあります。使う前に行き先を確かめてください(記録のみ)。",
        "There is a QR code in the picture; see where it leads before anybody uses it. Put on record only.",
    ),
    (Threat.MALFORMED, Action.REMOVED, None): (
        "壊れているか、わざと崩した部分を取り除きました。",
        "What was broken, perhaps on purpose, was removed.",
    ),
    (Threat.MALFORMED, Action.REPLACED, None): (
        "壊れていて読めない部分を、見えている内容に置き換えました。",
        "What is broken and cannot be read was replaced by what it shows.",
    ),
    (Threat.EMBEDDED_OBJECT, Action.REPLACED, None): (
        "埋め込まれたものを、その見た目の画像や値に置き換えました。",
        "What was embedded was replaced by a picture of it or by its value.",
    ),
    (Threat.METADATA, Action.REWRITTEN, Family.PDF): (
        "注釈・入力欄・電子署名を、見た目のままページに固定しました。",
        "Annotations, form fields and signatures became part of the page as they look.",
    ),
    (Threat.METADATA, Action.REPLACED, Family.OFFICE): (
        "作成者などの情報を表示するフィールドを、いま表示している値に置き換えました。",
        "Fields that show facts such as the author were replaced by the values that they show.",
    ),
    (Threat.MALFORMED, Action.REWRITTEN, None): (
        "形式の崩れた部分を、一通りにしか読めない形に書き直しました。",
        "What was not well formed was written anew so that it can be read in one way only.",
    ),
    (Threat.MALFORMED, Action.BLOCKED, None): (
        "形式が壊れているか、わざと崩してあるため、届けません。",
        "It does not go on: it is broken, perhaps on purpose.",
    ),
    (Threat.TYPE_MISMATCH, Action.REWRITTEN, None): (
        "名前の末尾(拡張子)が中身と合わないため、中身に合わせて変えました。",
        "The ending of the name did not match the content and was changed to fit it.",
    ),
    (Threat.TYPE_MISMATCH, Action.NOTED, None): (
        "申告された種類や文字コードと中身が食い違っていました(記録のみ)。",
        "The type or character set that was claimed is not that of the content; put on record only.",
    ),
    (Threat.UNSUPPORTED, Action.BLOCKED, None): (
        "無害化できない種類の内容のため、届けません。",
        "It does not go on: content of this kind cannot be sanitised.",
    ),
    (Threat.UNSUPPORTED, Action.REMOVED, None): (
        "無害化できない種類の部分を取り除きました。",
        "Something of a kind that cannot be sanitised was removed.",
    ),
    (Threat.UNSUPPORTED, Action.REPLACED, None): (
        "無害化できない部分を、いま表示している値や灰色の枠に置き換えました。",
        "What cannot be sanitised was replaced by the value that it shows or by a grey field.",
    ),
    (Threat.UNSUPPORTED, Action.NOTED, Family.MAIL): (
        "電子署名は、内容を書き直したためここで外れました。文章は届きます。",
        "The signature ended here, since the content was written anew; the text went on.",
    ),
    (Threat.ENCRYPTED, Action.REMOVED, None): (
        "パスワードで保護されていて調べられないため、外しました。パスワードが分かれば開けます。",
        "It is behind a password and cannot be examined, so it was left out. With the password it can be opened.",
    ),
    (Threat.ENCRYPTED, Action.BLOCKED, None): (
        "暗号化されていて調べられないため、届けません。",
        "It does not go on: it is encrypted and cannot be examined.",
    ),
    (Threat.ENCRYPTED, Action.REWRITTEN, None): (
        "パスワードの保護を解いてから無害化しました。",
        "The password protection was taken off, and the content sanitised.",
    ),
    (Threat.LIMIT_EXCEEDED, Action.BLOCKED, None): (
        "大きさ・数・深さのどれかが上限を超えるため、届けません。",
        "It does not go on: it is beyond the limits of size, number or depth.",
    ),
    (Threat.LIMIT_EXCEEDED, Action.REMOVED, None): (
        "大きさや数の上限を超える部分を取り除きました。",
        "What was beyond the limits of size or number was removed.",
    ),
    (Threat.LIMIT_EXCEEDED, Action.REWRITTEN, None): (
        "長すぎるものを、上限までに縮めました。",
        "What was too long was shortened to the limit.",
    ),
    (Threat.HIDDEN_CONTENT, Action.REWRITTEN, Family.MAIL): (
        "隠れていた内容や食い違う本文を、すべて見えるようにしました。",
        "Content that was hidden, or bodies that differ, are all shown.",
    ),
}


def family(kind: str) -> Family:
    """Of a detected type."""
    return next((each for beginning, each in FAMILIES if kind.startswith(beginning)), Family.OTHER)


def finding_said(threat: Threat, action: Action, kind: str, language: str) -> str:
    """One sentence; `kind` is the detected type of the part."""
    of = family(kind)
    whole = SENTENCES.get((threat, action, of)) or SENTENCES.get((threat, action, None))
    japanese = language == "ja"
    if whole:
        return whole[0] if japanese else whole[1]
    what = FOUND.get((threat, of)) or WORDS[f"threat.{threat.value}"]
    return (DONE[action][0] if japanese else DONE[action][1]).format(what=what[0] if japanese else what[1])
