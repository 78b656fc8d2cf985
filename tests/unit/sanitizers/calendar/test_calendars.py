"""Calendars: what goes on, how it is written, and what is too much."""

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.formats.calendar.recurrence import rule
from sanitizers.model import Finding, Outcome, Threat
from sanitizers.rules import Calendars, Kind, Links
from tests.golden.mailfile_samples import alarm, attached, calendar, mail, quoted
from tests.unit.sanitizers.outlook.cleaning_items import clean, found, names, read, text


def rebuilt(*lines: str, links: Links = Links.KEPT, method: str = "", version: str = "2.0") -> str:
    return cleaned(calendar(*lines, method=method, version=version), links)


def cleaned(data: bytes, links: Links = Links.KEPT) -> str:
    """The lines that go on, unfolded; a second pass changes nothing."""
    result = clean(data, "a.ics", links=links)
    assert result.data is not None, found(result)
    again = clean(result.data, "a.ics", links=links)
    assert again.data == result.data
    assert found(again) == []
    assert again.report.parts[0].outcome is Outcome.CLEAN
    icalendar.Calendar.from_ical(result.data.decode())
    return result.data.decode().replace("\r\n ", "")


def findings(*lines: str) -> list[Finding]:
    return found(clean(calendar(*lines), "a.ics"))


def test_a_plain_event_goes_on_as_it_was() -> None:
    lines = (
        "DTEND:20261121T020000Z",
        "LOCATION:第一会議室\\, 二階",
        "DESCRIPTION:一行目\\n二行目",
        "RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=MO,WE",
        "EXDATE:20261128T010000Z",
        "CATEGORIES:会議,総務",
        "ORGANIZER;CN=差出人:mailto:a@example.jp",
        "ATTENDEE;CN=花子;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:b@example.jp",
        "STATUS:CONFIRMED",
        "SEQUENCE:2",
        "TRANSP:OPAQUE",
        "GEO:35.68;139.76",
    )
    written = rebuilt(*lines).replace('CN="差出人"', "CN=差出人").replace('CN="花子"', "CN=花子")
    for line in lines:
        assert line + "\r\n" in written
    assert findings(*lines) == []


def test_lines_are_folded_in_octets_between_characters() -> None:
    result = clean(calendar("SUMMARY:" + "会" * 100), "a.ics")
    assert result.data is not None
    lines = result.data.split(b"\r\n")
    assert max(map(len, lines)) in {73, 74, 75}
    for line in lines:
        line.decode("utf-8")
    assert "会" * 100 in result.data.decode().replace("\r\n ", "")


def test_a_character_cut_by_folding_is_whole_again() -> None:
    octets = calendar("LOCATION:会議室")
    place = octets.index("議".encode()) + 1
    assert "LOCATION:会議室" in cleaned(octets[:place] + b"\r\n " + octets[place:])


@pytest.mark.parametrize("codec", ["cp932", "euc_jp", "iso2022_jp", "utf-16"])
def test_any_charset_becomes_utf_8(codec: str) -> None:
    assert "LOCATION:表示会議室" in cleaned(calendar("LOCATION:表示会議室").decode().encode(codec))


def test_vcalendar_with_a_charset_on_each_line() -> None:
    written = rebuilt(
        f"SUMMARY;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:{quoted('予定の表')}=",
        quoted("示"),
        f"LOCATION;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:{quoted('第一', 'utf-8')}",
        "RRULE:D1 #5",
        version="1.0",
    )
    assert "SUMMARY:予定の表示" in written
    assert "LOCATION:第一" in written
    assert "VERSION:2.0" in written
    assert "RRULE" not in written


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("FREQ=DAILY;COUNT=5", "FREQ=DAILY;COUNT=5"),
        ("freq=weekly;interval=2;", "FREQ=WEEKLY;INTERVAL=2"),
        ("FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20271231T000000Z", "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20271231T000000Z"),
        ("FREQ=HOURLY;COUNT=8", "FREQ=HOURLY;COUNT=8"),
        ("FREQ=HOURLY", ""),
        ("FREQ=SECONDLY;COUNT=2", ""),
        ("FREQ=MINUTELY", ""),
        ("FREQ=DAILY;COUNT=99999", ""),
        ("FREQ=DAILY;BYSECOND=" + ",".join(map(str, range(60))) + ";BYMINUTE=0,1", ""),
        ("FREQ=DAILY;INTERVAL=0", ""),
        ("FREQ=DAILY;FREQ=DAILY", ""),
        ("FREQ=DAILY;X-EVIL=1", ""),
        ("COUNT=5", ""),
        ("", ""),
    ],
)
def test_rules(written: str, read: str) -> None:
    assert rule(written) == read


def test_an_alarm_shows_words_and_does_nothing_else() -> None:
    written = rebuilt(*alarm("AUDIO", "ATTACH;VALUE=URI:Basso"), *alarm("EMAIL"), *alarm("PROCEDURE"), *alarm("NONE"))
    assert written.count("BEGIN:VALARM") == written.count("ACTION:DISPLAY") == 1
    assert "Basso" not in written


def test_alarms_without_end_are_cut() -> None:
    assert rebuilt(*alarm("DISPLAY", "DESCRIPTION:x") * 50).count("BEGIN:VALARM") == 10


def test_links_follow_the_rule() -> None:
    lines = ("URL:https://www.example.jp/a", "DESCRIPTION:本文 https://www.example.jp/b")
    assert "https://www.example.jp/b\\nhttps://www.example.jp/a" in rebuilt(*lines)
    assert "hxxps://www[.]example[.]jp/b\\nhxxps://www[.]example[.]jp/a" in rebuilt(*lines, links=Links.DEFANGED)
    assert "example" not in rebuilt(*lines, links=Links.REMOVED).partition("DESCRIPTION")[2].partition("\r\n")[0]


def test_an_address_that_stands_in_the_text_is_not_repeated() -> None:
    written = rebuilt("URL:https://www.example.jp/a", "DESCRIPTION:https://www.example.jp/a")
    assert written.count("https://www.example.jp/a") == 1


def test_html_becomes_words_that_keep_their_lines() -> None:
    assert "DESCRIPTION:一\\n二 x\r\n" in rebuilt("DESCRIPTION:一\\n二 <b>x</b><script>y</script>")
    assert "DESCRIPTION:a < b > c" in rebuilt("DESCRIPTION:a < b > c")


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("DTEND;TZID=../../etc/passwd:20261121T020000", "passwd"),
        ("DTEND:tomorrow", "tomorrow"),
        ("ORGANIZER:ldap://evil.example/x", "evil"),
        ("ATTENDEE;DIR=\"http://evil.example\":mailto:a@b.example", "evil"),
        ("ATTENDEE;SENT-BY=\"http://evil.example\":mailto:a@b.example", "evil"),
        ("ATTENDEE:mailto:a@b.example?subject=evil&body=x", "evil"),
        ("X-EVIL;X-P=evil:evil", "evil"),
        ("SUMMARY;X-P=evil:件名", "evil"),
        ("ATTACH:CID:evil", "evil"),
        ("STATUS:evil evil", "evil"),
        ("PRIORITY:1;evil", "evil"),
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_is_not_there(line: str, gone: str) -> None:
    assert gone not in rebuilt(line)


def test_a_name_cannot_end_its_quotation_marks() -> None:
    written = rebuilt("ATTENDEE;CN=\"x^'^';SENT-BY=^'mailto:e@evil.example\":mailto:a@b.example", "UID:x")
    parsed = next(each for each in icalendar.Calendar.from_ical(written).walk("VEVENT"))["ATTENDEE"]
    assert parsed == "mailto:a@b.example"
    assert set(parsed.params) == {"CN"}


def test_a_line_end_in_a_value_begins_no_property() -> None:
    written = rebuilt("SUMMARY:x\\nATTACH:http://evil.example", "LOCATION:y\u2028ATTACH:z\x0bATTACH:w")
    assert "\r\nATTACH" not in written


def test_too_much_is_blocked() -> None:
    event = b"BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\n"
    whole = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + event * 10_001 + b"END:VCALENDAR\r\n"
    result = clean(whole, "a.ics")
    assert result.data is None
    assert found(result)[-1].threat is Threat.LIMIT_EXCEEDED


def test_parameters_without_end_are_not_read() -> None:
    assert "CN=" in rebuilt("ATTENDEE" + ";X-A=1" * 99 + ";CN=x:mailto:a@b.example")
    assert "CN=" not in rebuilt("ATTENDEE" + ";X-A=1" * 100 + ";CN=x:mailto:a@b.example")


def test_what_is_left_open_is_closed() -> None:
    whole = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:x\r\nEND:NOTHING\r\n"
    assert cleaned(whole).endswith("SUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")


def invited(part: str, **rules: object) -> tuple[str, list[str], bytes]:
    result = clean(mail("invitation", "本文", part), kind=Kind.MAIL, **rules)
    message = read(result)
    return text(message), names(message), result.data or b""


REQUEST = calendar("ORGANIZER:mailto:a@example.jp", method="REQUEST")


def test_an_invitation_can_be_answered() -> None:
    words, files, data = invited(attached("", REQUEST, "text/calendar; method=REQUEST", disposition=""))
    assert words == "本文"
    assert files == ["invite.ics"]
    message = read(clean(data, kind=Kind.MAIL))
    assert message.get_content_type() == "multipart/alternative"
    part = message.get_payload()[1]
    assert part.get_content_type() == "text/calendar"
    assert part.get_param("method") == "REQUEST"
    assert "attachment" not in str(part["Content-Disposition"])


def test_a_calendar_that_is_attached_stays_a_file() -> None:
    _, files, data = invited(attached("会議.ics", REQUEST, "text/calendar"))
    assert files == ["会議.ics"]
    assert b"multipart/alternative" not in data


def test_only_the_first_of_several_is_the_invitation() -> None:
    part = attached("", REQUEST, "text/calendar; method=REQUEST", disposition="")
    _, files, data = invited(part + "\n--b\n" + part)
    assert files == ["invite.ics", "attachment.ics"]
    assert data.count(b"method=REQUEST") == 1


def test_calendars_are_removed_by_rule() -> None:
    _, files, _ = invited(attached("", REQUEST, "text/calendar", disposition=""), calendars=Calendars.REMOVED)
    assert files == []


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from('BEGIN:VCALENDAR\nVEVENTD;="\\,日 \r<>@x^'), max_size=120))
def test_any_lines(lines: str) -> None:
    result = clean(
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDESCRIPTION:" + lines.encode() + b"\nEND:VEVENT\nEND:VCALENDAR", "a.ics"
    )
    assert not {finding.detail for finding in found(result)} & {"IndexError", "KeyError", "RecursionError", "TypeError"}
    assert not any("second reading" in finding.detail for finding in found(result))
    if result.data is not None:
        assert clean(result.data, "a.ics").data == result.data
