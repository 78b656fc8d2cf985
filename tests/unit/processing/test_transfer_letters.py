"""The letter that tells people of files on their side."""

from datetime import UTC, datetime

import msgspec
import pytest

from gateway.model import Channel, Direction
from gateway.processing.transfer_letters import Sent, letters_of
from tests.fakes.items import settings
from tests.unit.processing.test_notices import read

NOW = datetime(2026, 7, 1, 2, 0, 0, tzinfo=UTC)
SENT = Sent(
    title="八月の資料",
    sender="taro@city.example.jp",
    recipients=("hanako@city.example.jp", "jiro@city.example.jp"),
    profile="standard",
    files=3,
    held=1,
    link="https://in.example/transfers/0123",
    expires_at=datetime(2026, 7, 8, 16, 30, tzinfo=UTC),
)


def test_each_recipient_has_a_letter_that_names_nobody_else() -> None:
    letters = letters_of(settings(contact="情報政策課"), SENT, NOW)
    assert [draft.envelope.recipients[0].address for draft, _ in letters] == list(SENT.recipients)
    for (draft, data), other in zip(letters, reversed(SENT.recipients), strict=True):
        assert (draft.channel, draft.envelope.direction, draft.envelope.mail_from) == (
            Channel.NOTICE, Direction.INBOUND, "",
        )  # fmt: skip
        text = read(data).get_body().get_content()  # type: ignore[union-attr]
        for said in ("八月の資料", "taro@city.example.jp", "3", SENT.link, "情報政策課", "2026-07-09 01:30"):
            assert text.count(said) >= 2, said  # in both languages
        assert other not in data.decode()
        assert "確認待ち 1" in text
        assert "1 of them are being looked at" in text


@pytest.mark.parametrize("title", ["a\r\nBcc: x@evil.example", "x\u202egpj.exe", ""])
def test_a_title_stays_one_line_of_the_body(title: str) -> None:
    ((_, data),) = letters_of(
        settings(), msgspec.structs.replace(SENT, title=title, recipients=SENT.recipients[:1]), NOW
    )
    mail = read(data)
    assert mail["Bcc"] is None
    text = mail.get_body().get_content()  # type: ignore[union-attr]
    assert "\nBcc:" not in text
    assert "\u202e" not in text


def test_without_an_address_of_the_other_side_there_is_no_link() -> None:
    ((_, data),) = letters_of(
        settings(), msgspec.structs.replace(SENT, link="", held=0, recipients=SENT.recipients[:1]), NOW
    )
    text = read(data).get_body().get_content()  # type: ignore[union-attr]
    assert "http" not in text
    assert "確認待ち" not in text
