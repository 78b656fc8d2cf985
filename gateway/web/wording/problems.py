"""What is said when something cannot be done."""

WORDS: dict[str, tuple[str, str]] = {
    "problem_bad_request": ("リクエストが正しくありません", "The request is not understood"),
    "problem_checksum": (
        "届いたデータが送信元と一致しません。もう一度送ってください",
        "What arrived is not what was sent. Send it again",
    ),
    "problem_conflict": ("今の状態ではできません", "Not possible as things are"),
    "problem_cross_site": (
        "このページからの操作か確認できませんでした。ページを開き直してもう一度お試しください",
        "It is not certain that this came from the page itself. Open the page again and retry",
    ),
    "problem_failed": ("内部で問題が起きました", "Something went wrong inside"),
    "problem_gone": ("期限が過ぎて残っていません", "It is not kept any more"),
    "problem_invalid": ("入力に誤りがあります", "Something that was given is not valid"),
    "problem_media_type": ("この種類の本文は受け取れません", "The body is not of a type that is taken here"),
    "problem_method": ("この操作はありません", "There is no such operation"),
    "problem_no_right": ("この操作をする権限がありません", "You do not have the right to do this"),
    "problem_not_found": ("見つかりません", "Not found"),
    "problem_not_signed_in": ("サインインが必要です", "Sign in first"),
    "problem_proof_needed": ("パスワードでもう一度本人確認が必要です", "Prove again who you are first"),
    "problem_range": ("その範囲はファイルにありません", "The file does not have this range"),
    "problem_timeout": ("データが届かないまま時間が過ぎました", "Nothing arrived for too long"),
    "problem_too_large": ("送られたデータが大きすぎます", "Too much was sent"),
    "problem_too_many": (
        "回数が多すぎます。しばらくしてからもう一度お試しください",
        "Too many requests. Try again a little later",
    ),
    "problem_tus_version": ("tus 1.0.0 で送ってください", "Speak tus 1.0.0"),
    "problem_unavailable": (
        "一時的に使えません。しばらくしてからもう一度お試しください",
        "Not available at the moment. Try again a little later",
    ),
    "reason_no_password": (
        "組織のアカウントでサインインする人のパスワードは、ここにはありません。組織の認証基盤で変更・確認してください。",
        "Who signs in with their organisation's account has no password here. It is changed and proven over there.",
    ),
    "to_start": ("最初の画面へ", "To the first page"),
}
