"""Words of the trial mailbox."""

WORDS: dict[str, tuple[str, str]] = {
    "arrived": ("到着", "Arrived"),
    "attachments": ("添付ファイル", "Attachments"),
    "delivered_to": ("配送先", "Delivered to"),
    "headers": ("ヘッダー", "Headers"),
    "mailbox": ("試用の受信箱", "Trial mailbox"),
    "mailbox_about": (
        "無害化されて届いたメールです。実際の運用では庁内のメールサーバーに届きます。",
        "Mail as it arrives, sanitised. In real use it goes to your own mail server.",
    ),
    "mailbox_none": ("当てはまるメールはありません。", "No mail matches."),
    "octets": ("バイト", "bytes"),
    "search_mail_hint": ("件名・アドレス・本文・添付の名前", "subject, address, text, names of attachments"),
    "text": ("本文", "Text"),
    "to": ("宛先", "To"),
}
