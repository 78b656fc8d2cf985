"""Whom the record names is said as people say it."""

import pytest

from gateway.web.wording import actor_said


@pytest.mark.parametrize(
    ("actor", "japanese", "english"),
    [
        ("user:hanako", "hanako", "hanako"),
        ("token:hanako:night", "hanako · night(APIトークン)", "hanako · night (API token)"),
        ("recipient:soumu@city.example.jp", "宛先 soumu@city.example.jp", "recipient soumu@city.example.jp"),
        ("intake:internet", "受信口 internet", "listener internet"),
        ("client:192.0.2.1", "接続元 192.0.2.1", "client 192.0.2.1"),
        ("retention", "清め(保存期間)", "Kiyome (retention)"),
        ("kiyome1:4711:0123abcd", "清め", "Kiyome"),
        ("root (sudo: hanako)", "root (sudo: hanako)", "root (sudo: hanako)"),
        ("user:", "user:", "user:"),
        ("process:x", "process:x", "process:x"),
    ],
)
def test_an_actor_in_words(actor: str, japanese: str, english: str) -> None:
    assert (actor_said(actor, "ja"), actor_said(actor, "en")) == (japanese, english)


def test_braces_in_a_name_are_a_name() -> None:
    assert actor_said("user:{name.__class__}", "ja") == "{name.__class__}"
