"""Words of the two pages that recipients reach by a link: giving a password, and asking for an original."""

WORDS: dict[str, tuple[str, str]] = {
    "original_about": (
        "担当者が内容を確かめ、認めた場合に限り、お届けします。",
        "Somebody looks at it and decides; only then does it arrive.",
    ),
    "original_ask": ("依頼する", "Send the request"),
    "original_asked": (
        "依頼を受け付けました。担当者の判断をお待ちください。",
        "Your request was taken. Somebody will decide about it.",
    ),
    "original_already": ("すでに依頼されています。", "It has been asked for already."),
    "original_item": ("受付番号", "Item number"),
    "original_over": (
        "このリンクは使えません。期限が切れたか、すでに使われたか、正しくありません。",
        "This link cannot be used: it has expired, was used, or is not right.",
    ),
    "original_reason": ("必要な理由", "Why you need it"),
    "original_title": ("保留中のメールを求める", "Ask for mail that is held"),
    "original_wanted.clean": (
        "無害化版(危険なものを取り除いたもの)",
        "the sanitised version, without what was harmful",
    ),
    "original_wanted.original": ("原本(届いたままのもの)", "the original, as it came in"),
    "original_which": ("どちらが必要ですか", "Which do you need?"),
    "recipient_help": ("お困りのときは: {contact}", "For help: {contact}"),
    "unlock_about": (
        "届いたファイルがパスワードで保護されています。パスワードを入力すると、中身を無害化してお届けします。",
        "A file that was sent to you is behind a password. Give it here: the content is sanitised and sent to you.",
    ),
    "unlock_code": ("確認コード(8桁の数字)", "Code (8 digits)"),
    "unlock_code_hint": (
        "お知らせのメールに書かれています。",
        "It stands in the mail that told you about this page.",
    ),
    "unlock_go": ("開いて受け取る", "Open it and have it sent to me"),
    "unlock_answer.opened": ("開けました。まもなくメールで届きます。", "It was opened and will arrive by mail soon."),
    "unlock_answer.partly": (
        "一部を開けました。まもなくメールで届きます。残りのパスワードも入力できます。",
        "Some of it was opened and will arrive soon. You can give the password of the rest.",
    ),
    "unlock_answer.held": (
        "開けましたが、中身を担当者が確認します。",
        "It was opened, but somebody has to look at it before it is sent on.",
    ),
    "unlock_answer.wrong": (
        "確認コードかパスワードが違います。あと {left} 回入力できます。",
        "The code or the password does not fit. You can try {left} more times.",
    ),
    "unlock_answer.wait": (
        "{seconds} 秒ほど待ってから、もう一度お試しください。",
        "Wait about {seconds} seconds, then try again.",
    ),
    "unlock_answer.over": (
        "このリンクはもう使えません。期限が切れたか、すでに開かれたか、間違いが続いたためです。",
        "This link can no longer be used: it has expired, everything was opened, or too many tries failed.",
    ),
    "unlock_answer.unavailable": (
        "いまは受け付けられません。しばらくしてからもう一度お試しください。",
        "Not available now. Try again a little later.",
    ),
    "unlock_kept_nowhere": ("パスワードはどこにも保存されません。", "The password is kept nowhere."),
    "unlock_passwords": ("パスワード", "Password"),
    "unlock_passwords_hint": (
        "ファイルが複数あるときは、1行に1つずつ入力できます。",
        "For several files, give one password a line.",
    ),
    "unlock_title": ("パスワード付きファイルを開く", "Open a protected file"),
}
