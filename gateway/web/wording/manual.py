"""Words around the operator's manual and the other documents."""

WORDS: dict[str, tuple[str, str]] = {
    "manual": ("手引き", "Manual"),
    "manual_contents": ("目次", "Contents"),
    "manual_more": ("ほかの文書", "More to read"),
    "manual_api": ("API の手引き", "API guide"),
    "manual_operation": ("運用(サーバー管理者向け)", "Running the server"),
    "manual_access": ("利用者とサインイン", "People and sign-in"),
    "manual_transfers": ("ファイルの受け渡し", "File transfers"),
    "manual_folders": ("監視フォルダー", "Watched folders"),
    "manual_icap": ("ICAP(プロキシーとストレージ)", "ICAP: proxies and storage"),
    "manual_passwords": ("パスワード付きファイル", "Files behind a password"),
    "manual_configuration": ("設定", "Settings"),
    "manual_limits": ("上限", "Limits"),
    "manual_formats": ("対応形式", "Formats"),
    "api_reference": ("すべての呼び出し(API の説明)", "Every call (The API)"),
}
