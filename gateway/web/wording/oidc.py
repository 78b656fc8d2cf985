"""Words of the sign-in through an identity provider."""

WORDS: dict[str, tuple[str, str]] = {
    "oidc_or": ("またはパスワードでサインイン", "Or sign in with a password"),
    "oidc_refused_title": ("サインインできませんでした", "You could not be signed in"),
    "oidc_again": ("もう一度サインインする", "Try to sign in again"),
    "oidc_confirm": ("組織のアカウントで本人確認する", "Prove it with your organisation's account"),
    "oidc_denied": (
        "組織の認証基盤がサインインを認めなかったか、途中で取りやめられました。",
        "Your organisation's sign-in was cancelled or not allowed.",
    ),
    "oidc_disabled": ("このアカウントは停止されています。", "This account is disabled."),
    "oidc_failed": (
        "組織の認証基盤に接続できません。しばらくしてからもう一度お試しください。",
        "Your organisation's sign-in cannot be reached. Try again a little later.",
    ),
    "oidc_last_administrator": (
        "組織の認証基盤の設定では、すべてのドメインの管理者がいなくなります。先に別の管理者を登録してください。",
        "With your role over there nobody would be left here to administer all domains. Add somebody first.",
    ),
    "oidc_login_taken": (
        "同じログイン名の別のアカウントがすでにあります。管理者にお知らせください。",
        "Another account has this login already. Tell an administrator.",
    ),
    "oidc_no_address": (
        "確認済みのメールアドレスが、組織の認証基盤から伝えられませんでした。",
        "Your organisation did not say which confirmed mail address is yours.",
    ),
    "oidc_no_domains": (
        "担当のドメインが、組織の認証基盤から伝えられませんでした。",
        "Your organisation did not say which domains you work on.",
    ),
    "oidc_no_login": (
        "使えるログイン名が、組織の認証基盤から伝えられませんでした。",
        "Your organisation did not give a login that can be used here.",
    ),
    "oidc_no_role": (
        "この画面を使う役割が割り当てられていません。",
        "You have no role that may use these pages.",
    ),
    "oidc_not_proven": (
        "サインインを確かめられませんでした。時間がたちすぎたか、別の画面で始めたサインインです。",
        "The sign-in could not be verified: it took too long, or was begun in another place.",
    ),
}
