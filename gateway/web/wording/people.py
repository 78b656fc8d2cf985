"""Words of the administration of people."""

WORDS: dict[str, tuple[str, str]] = {
    "address_unfit": (
        "メールアドレスが正しくありません(利用者には必須)。",
        "That is no mail address (users need one).",
    ),
    "created": ("作成", "Created"),
    "domains": ("ドメイン", "Domains"),
    "domains_all": ("すべて", "all"),
    "domains_hint": ("空白区切り。空ならすべてのドメイン。", "Separated by blanks. Empty: every domain."),
    "domains_unfit": ("ドメインが正しくありません。", "That is no domain."),
    "last_administrator": (
        "最後の有効な全体管理者なので、できません。",
        "Not possible: this is the last active administrator of all domains.",
    ),
    "login_hint": ("半角英数字と . _ @ + -", "Letters, digits and . _ @ + -"),
    "login_taken": ("そのログイン名は使われています。", "That login is taken."),
    "login_unfit": ("そのログイン名は使えません。", "That login cannot be used."),
    "never": ("まだなし", "never"),
    "one_time_password": ("一回限りのパスワード", "One-time password"),
    "one_time_password_about": (
        "今だけ表示します。本人に安全な方法で渡してください。3日以内に使い、最初のサインインで変更します。",
        "It is shown now and never again. Hand it over safely; it must be used within 3 days, and changed at sign-in.",
    ),
    "out_of_reach": ("担当のドメインの外です。", "That is outside your domains."),
    "people": ("利用者", "People"),
    "people_hint": ("ログイン名・氏名・アドレス", "login, name, address"),
    "people_none": ("当てはまる利用者はいません。", "Nobody matches."),
    "person_name": ("氏名", "Name"),
    "person_new": ("利用者の追加", "Add somebody"),
    "proof_note": (
        "変更するときは、もう一度パスワードを尋ねることがあります。",
        "Changes may ask for your password once more.",
    ),
    "remove_person": ("アカウントを削除", "Remove the account"),
    "remove_person_about": (
        "アカウント、サインイン、トークンがなくなります。監査記録は残ります。",
        "The account, its sessions and tokens go; the audit stays.",
    ),
    "reset_password": ("一回限りのパスワードを発行", "Issue a one-time password"),
    "reset_second_factor": ("二段階認証をリセット", "Reset the second step"),
    "role": ("役割", "Role"),
    "sessions_end_all": ("すべてのサインインとAPIトークンを終了", "End all sessions and API tokens"),
    "signed_in_last": ("最後のサインイン", "Last sign-in"),
    "source": ("認証元", "Signs in by"),
    "type_login_to_remove": ("確認のためログイン名を入力", "Type the login to confirm"),
}
