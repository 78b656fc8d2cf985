"""The second reading refuses what the writer never writes."""

import pytest

from sanitizers.model import CannotSanitize
from sanitizers.verify.calendar import verify_calendar, verify_card
from tests.golden.mailfile_samples import alarm, calendar, card
from tests.unit.sanitizers.outlook.cleaning_items import clean


def ours(data: bytes, name: str) -> bytes:
    result = clean(data, name)
    assert result.data is not None
    return result.data


CALENDAR = ours(
    calendar("ATTENDEE;CN=x:mailto:a@b.example", "RRULE:FREQ=DAILY", *alarm("DISPLAY", "DESCRIPTION:x")), "a.ics"
)
CARD = ours(card("TEL:1", "URL:https://www.example.jp/"), "a.vcf")


def test_what_we_write_is_accepted() -> None:
    verify_calendar(CALENDAR)
    verify_card(CARD)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"SUMMARY:", b"ATTACH:"),
        (b"SUMMARY:", b"X-EVIL:"),
        (b"SUMMARY:", b"SUMMARY;ALTREP=x:"),
        (b"ACTION:DISPLAY", b"ACTION:PROCEDURE"),
        (b"FREQ=DAILY", b"FREQ=SECONDLY"),
        (b"mailto:a@b.example", b"http://evil.example"),
        (b"CN=x", b"CN=c@d.example"),
        (b"BEGIN:VALARM", b"BEGIN:VEVIL"),
        (b"END:VALARM\r\n", b""),
        (b"END:VCALENDAR\r\n", b""),
        (b"\r\n", b"\n"),
        ("窓口".encode(), b"\x91\x8b"),
        ("窓口".encode(), "\u202e".encode()),
        ("窓口".encode(), b"a" * 80),
        (b"DTSTART:20261121T010000Z", b"DTSTART:x"),
    ],
)
def test_what_we_never_write_is_not(old: bytes, new: bytes) -> None:
    assert old in CALENDAR
    with pytest.raises(CannotSanitize):
        verify_calendar(CALENDAR.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"TEL:", b"AGENT:"),
        (b"TEL:", b"PHOTO;VALUE=uri:http://evil.example/"),
        (b"TEL:1", b"PHOTO;ENCODING=b:QUJD"),
        (b"https://", b"javascript:"),
        (b"TEL:", b"TEL;X-EVIL=1:"),
        (b"END:VCARD\r\n", b"END:VCARD\r\nTEL:2\r\n"),
    ],
)
def test_nor_in_cards(old: bytes, new: bytes) -> None:
    assert old in CARD
    with pytest.raises(CannotSanitize):
        verify_card(CARD.replace(old, new))
