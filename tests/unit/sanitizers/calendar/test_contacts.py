"""Contact cards: names and their readings stay, pictures are cleaned, the rest of the world stays outside."""

import base64
import io

import pytest
import vobject
from PIL import Image

from sanitizers.model import Outcome
from sanitizers.rules import Calendars, Links
from tests.golden.mailfile_samples import card, picture, quoted
from tests.unit.sanitizers.outlook.cleaning_items import clean, found


def rebuilt(*lines: str, version: str = "3.0", links: Links = Links.KEPT) -> str:
    return cleaned(card(*lines, version=version), links)


def cleaned(data: bytes, links: Links = Links.KEPT) -> str:
    result = clean(data, "a.vcf", links=links)
    assert result.data is not None, found(result)
    again = clean(result.data, "a.vcf", links=links)
    assert found(again) == []
    assert again.report.parts[0].outcome is Outcome.CLEAN
    if "PHOTO" not in result.data.decode():
        assert again.data == result.data
    for each in vobject.readComponents(io.StringIO(result.data.decode())):
        each.validate()
    return result.data.decode().replace("\r\n ", "")


def test_a_plain_card_goes_on_as_it_was() -> None:
    lines = (
        "ORG:市役所;総務課",
        "TITLE:係長",
        "TEL;TYPE=WORK,VOICE:03-0000-0000",
        "EMAIL;TYPE=INTERNET:hanako@example.jp",
        "ADR;TYPE=WORK:;;一丁目1-1;千代田区;東京都;100-0001;日本",
        "URL:https://www.example.jp/",
        "NOTE:一行目\\n二行目",
        "X-PHONETIC-LAST-NAME:ヤマダ",
        "BDAY:1980-01-01",
    )
    written = rebuilt(*lines)
    for line in lines:
        assert line.replace("TYPE=WORK,VOICE", "TYPE=WORK,VOICE") + "\r\n" in written
    assert found(clean(card(*lines), "a.vcf")) == []


def test_the_reading_of_a_name_on_a_telephone_is_kept() -> None:
    sound = f"SOUND;X-IRMC-N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:{quoted('ヤマダ')};{quoted('タロウ')};;;"
    written = rebuilt(
        f"N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:{quoted('山田')};{quoted('太郎')};;;", sound, version="2.1"
    )
    assert "VERSION:3.0" in written
    assert "N:山田;太郎;;;" in written
    assert "X-PHONETIC-LAST-NAME:ヤマダ" in written
    assert "X-PHONETIC-FIRST-NAME:タロウ" in written


def test_a_comma_of_version_2_1_is_a_comma() -> None:
    assert "ORG:Acme\\, Inc.;Dev" in rebuilt("ORG:Acme, Inc.;Dev", version="2.1")
    assert "N:a;b,c;;;" in rebuilt("N:a;b,c;;;")


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("PHOTO;ENCODING=b;TYPE=PNG:{}", "3.0"),
        ("PHOTO;ENCODING=BASE64;PNG:{}", "2.1"),
        ("PHOTO:data:image/png;base64,{}", "4.0"),
    ],
)
def test_a_picture_is_cleaned(line: str, version: str) -> None:
    written = rebuilt(line.format(base64.b64encode(picture()).decode()), version=version)
    photo = next(each for each in written.split("\r\n") if each.startswith("PHOTO"))
    data = base64.b64decode(photo.rpartition("," if version == "4.0" else ":")[2])
    assert b"KIYOME" not in data
    assert Image.open(io.BytesIO(data)).size == (16, 16)


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("PHOTO:http://evil.example/x.png", "evil"),
        ("PHOTO;ENCODING=b:QUJD", "QUJD"),
        ("LOGO:http://evil.example/x.png", "evil"),
        ("KEY;VALUE=uri:http://evil.example/x", "evil"),
        ("SOUND:http://evil.example/x", "evil"),
        ("SOURCE:ldap://evil.example/x", "evil"),
        ("IMPP:sip:evil@evil.example", "evil"),
        ("URL:file:///evil", "evil"),
        ("EMAIL:javascript:evil", "evil"),
        ("TEL:<evil>", "evil"),
        ("GEO:http://evil.example", "evil"),
        ("X-EVIL:evil", "evil"),
        ("TITLE;X-EVIL=evil:係長", "evil"),
    ],
)
def test_what_is_not_on_the_list_is_not_there(line: str, gone: str) -> None:
    assert gone not in rebuilt(line)


def test_links_follow_the_rule() -> None:
    assert "\r\nURL:https://www.example.jp/a\r\n" in rebuilt("URL:https://www.example.jp/a")
    defanged = rebuilt("URL:https://www.example.jp/a", links=Links.DEFANGED)
    assert "NOTE:hxxps://www[.]example[.]jp/a" in defanged
    assert "\r\nURL" not in defanged


def test_cards_are_removed_by_the_rule_for_calendars() -> None:
    assert clean(card(), "a.vcf", calendars=Calendars.REMOVED).data is None


def test_many_cards_stay_many() -> None:
    assert cleaned(card() * 50).count("BEGIN:VCARD") == 50
    assert clean(card() * 10_001, "a.vcf").data is None


def test_groups_and_their_labels_stay_together() -> None:
    written = rebuilt("item1.TEL:03-0000-0000", "item1.X-ABLabel:代表", "evil.TEL:03-1111-1111")
    assert "item1.TEL:03-0000-0000\r\nitem1.X-ABLABEL:代表\r\n" in written
    assert "evil" not in written
