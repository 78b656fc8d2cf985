"""Words of the door: password, second factor, first set-up."""

WORDS: dict[str, tuple[str, str]] = {
    "change_password_about": (
        "一回限りのパスワードでサインインしました。ご自身のパスワードを決めてください。",
        "You signed in with a one-time password. Choose your own now.",
    ),
    "change_password_title": ("パスワードを決める", "Choose a password"),
    "code": ("確認コード", "Code"),
    "code_about": (
        "認証アプリに表示されている6桁のコードを入力してください。アプリが使えないときは回復コードを入力できます。",
        "Enter the six digits that your authenticator app shows. Without the app, enter a recovery code.",
    ),
    "code_title": ("二段階認証", "Second step"),
    "code_wrong": (
        "コードが違うか、すでに使われています。次のコードをお試しください。",
        "That code does not fit, or was used already. Try the next one.",
    ),
    "confirm": ("確認", "Confirm"),
    "confirm_about": (
        "大切な操作の前に、もう一度本人であることを確かめます。",
        "Before something that matters, prove once more that it is you.",
    ),
    "confirm_title": ("本人確認", "Is it you?"),
    "go_on": ("次へ進む", "Go on"),
    "login": ("ログイン名", "Login"),
    "login_wrong": ("ログイン名かパスワードが違います。", "Login or password is wrong."),
    "new_password": ("新しいパスワード", "New password"),
    "new_password_again": ("新しいパスワード(確認)", "New password, again"),
    "new_password_hint": (
        "12文字以上。長い言葉の組み合わせが安全です。",
        "At least 12 characters; several words together are best.",
    ),
    "one_time_hint": (
        "初めてのときは、渡された一回限りのパスワードを入力します。",
        "The first time, enter the one-time password you were given.",
    ),
    "password": ("パスワード", "Password"),
    "password_about_you": (
        "ログイン名やアドレスを含むパスワードは使えません。",
        "A password must not hold your login or address.",
    ),
    "password_common": ("推測されやすいパスワードです。", "That password would be guessed easily."),
    "password_long": ("パスワードが長すぎます。", "The password is too long."),
    "password_same": ("今と同じパスワードです。", "That is the password you have now."),
    "password_short": ("パスワードは12文字以上にしてください。", "A password needs at least 12 characters."),
    "password_wrong": ("パスワードまたはコードが違います。", "Password or code is wrong."),
    "passwords_differ": ("二つのパスワードが一致しません。", "The two passwords differ."),
    "recovery_about": (
        "認証アプリが使えないとき、一つにつき一度だけコードの代わりになります。今だけ表示します。印刷するか、安全な場所に保管してください。",
        "Each works once instead of a code, should you lose your app. Shown now and never again: keep them safe.",
    ),
    "recovery_kept": ("保管しました", "I have kept them"),
    "recovery_title": ("回復コード", "Recovery codes"),
    "set_totp_about": (
        "メールを解放できる役割には二段階認証が必要です。認証アプリでこの図を読み取り、表示されたコードを入力してください。",
        "Roles that may release mail need a second step. Scan this with an authenticator app and enter its code.",
    ),
    "set_totp_by_hand": ("読み取れないときはこの鍵を入力します", "If you cannot scan it, enter this key"),
    "set_totp_later": ("今はしない(試用のみ)", "Not now (trial run only)"),
    "set_totp_picture": ("認証アプリ用のQRコード", "QR code for the authenticator app"),
    "set_totp_title": ("二段階認証の設定", "Set up the second step"),
    "signed_out": ("サインアウトしました。", "You are signed out."),
    "too_many_tries": (
        "間違いが続いたため、{seconds}秒ほど受け付けません。その後もう一度お試しください。",
        "Too many attempts. Nothing is accepted for about {seconds} seconds; then try again.",
    ),
}
