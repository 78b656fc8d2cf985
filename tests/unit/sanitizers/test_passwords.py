"""Passwords are found where Japanese mails write them, the likeliest first, and tried within the budget."""

import pytest

from sanitizers.budget import BudgetMeter
from sanitizers.passwords import LONGEST, MOST_FOUND, Passwords, candidates
from sanitizers.rules import Budget

MAIL = """市役所 御中

先ほどお送りしたファイルのパスワードをお知らせします。

{}

--------------------------------
株式会社例示 営業部 03-1234-5678
https://example.jp/Contact1?id=99 sato2@example.jp
"""


@pytest.mark.parametrize(
    ("written", "password"),
    [
        ("パスワード: x7Kp2m!q", "x7Kp2m!q"),
        ("パスワード:x7Kp2m!q", "x7Kp2m!q"),
        ("【パスワード】 x7Kp2m!q", "x7Kp2m!q"),
        ("■解凍パスワード\n   x7Kp2m!q", "x7Kp2m!q"),
        ("解凍パスワードは「x7Kp2m!q」です。", "x7Kp2m!q"),
        ("パスワードは x7Kp2m!q です。", "x7Kp2m!q"),
        ("PW:x7Kp2m!q", "x7Kp2m!q"),
        ("P/W → 20261121", "20261121"),
        ("The password is x7Kp2m!q.", "x7Kp2m!q"),
        ("Password:\n\n    correct.horse\n", "correct.horse"),
        ("パスワード:Abc12345", "Abc12345"),
        ("パスワードは以下のとおりです。\n\nabcdefgh", "abcdefgh"),
        ("x7Kp2m!q", "x7Kp2m!q"),
        ("復号キー「さくら咲く」", "さくら咲く"),
        ("<<x7Kp2m!q>>", "x7Kp2m!q"),
    ],
)
def test_it_is_found_early(written: str, password: str) -> None:
    found = candidates([MAIL.format(written)])
    assert password in found[:6]


def test_a_sign_at_its_end_may_be_of_it_or_of_the_sentence() -> None:
    found = candidates(["パスワード: abcd!."])
    assert {"abcd", "abcd!."} <= set(found)


def test_addresses_are_no_passwords() -> None:
    found = candidates([MAIL.format("")])
    assert not [word for word in found if "example" in word or "Contact" in word]


def test_a_flood_of_words_stays_within_bounds() -> None:
    found = candidates([" ".join(f"word{number}x" for number in range(10_000)) + "\npassword: right1 " + "a1" * 500])
    assert len(found) == MOST_FOUND
    assert "right1" in found
    assert all(len(word) <= LONGEST for word in found)


def test_each_part_tries_anew_and_what_fitted_comes_first() -> None:
    passwords = Passwords(("first", "second"), BudgetMeter(Budget()))
    passwords.hear("password: third3")
    assert list(passwords)[:3] == ["first", "second", "third3"]
    passwords.fits("third3")
    assert list(passwords)[:3] == ["third3", "first", "second"]


def test_tries_end_with_the_budget() -> None:
    meter = BudgetMeter(Budget(passwords=3))
    passwords = Passwords(("a", "b", "c", "d"), meter)
    assert list(passwords) == ["a", "b", "c"]
    assert list(passwords) == []
    assert meter.exhausted == ""  # the item goes on; the part stays locked
