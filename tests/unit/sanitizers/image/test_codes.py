"""QR codes: where they lead is told, and whether the host is what it looks like."""

import pytest
from PIL import Image

from sanitizers.model import Action, Severity, Threat
from sanitizers.pictures.codes import qr_findings
from tests.unit.sanitizers.image.making import photo, qr_code, rebuilt, saved


@pytest.mark.parametrize(
    ("text", "severity", "words"),
    [
        ("https://www.city.example.lg.jp/a?b=c", Severity.NOTE, "hxxps://www[.]city[.]example[.]lg[.]jp/a?b=c"),
        ("https://www.city.exаmple.lg.jp/", Severity.WARNING, "mixes scripts"),
        ("http://3232235777/", Severity.WARNING, "IP address in disguise"),
        ("https://bank.example.jp@evil.example/", Severity.WARNING, "looks like the host"),
        ("javascript:alert(1)", Severity.WARNING, "scheme javascript"),
        ("intent://scan/#Intent;end", Severity.WARNING, "scheme intent"),
    ],
)
def test_an_address_is_named_so_that_nobody_can_click_it(text: str, severity: Severity, words: str) -> None:
    (found,) = qr_findings(qr_code(text))
    assert (found.threat, found.severity, found.action) == (Threat.DECEPTION, severity, Action.NOTED)
    assert words in found.detail
    assert "://" not in found.detail.replace("hxxp://", "").replace("hxxps://", "")


@pytest.mark.parametrize("text", ["窓口番号 12", "WIFI:S:city;T:WPA;P:secret;;", "tel:0312345678", "A-17"])
def test_what_leads_nowhere_is_nothing_to_report(text: str) -> None:
    assert not qr_findings(qr_code(text))


def test_it_is_found_on_a_large_page_in_every_mode_and_kind() -> None:
    page = photo((2400, 1800))
    page.paste(qr_code("https://example.jp/").resize((500, 500)), (300, 900))
    for mode in ("L", "RGB", "RGBA", "P", "1", "I;16"):
        of_mode = (
            page.convert("L").convert("I").point(lambda value: value * 257).convert("I;16")
            if mode == "I;16"
            else page.convert(mode)
        )
        assert len(qr_findings(of_mode)) == 1, mode
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "AVIF"):
        assert "example[.]jp" in rebuilt(saved(page.reduce(2), kind)).findings[0].detail, kind


def test_a_light_code_on_transparency_is_seen_as_viewers_show_it() -> None:
    code = qr_code("https://example.jp/")
    picture = Image.new("RGBA", code.size, (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), mask=code.point(lambda value: 255 - value))
    assert len(qr_findings(picture)) == 1


def test_pictures_without_a_code_and_tiny_ones_say_nothing() -> None:
    assert not qr_findings(photo())
    assert not qr_findings(Image.new("L", (3, 3)))


def test_a_hundred_codes_make_a_short_report() -> None:
    page = Image.new("L", (1500, 1500), 255)
    for number in range(64):
        page.paste(qr_code(f"https://example.jp/{number}"), (180 * (number % 8), 180 * (number // 8)))
    assert 10 < len(qr_findings(page)) <= 20
