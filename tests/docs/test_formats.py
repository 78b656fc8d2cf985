"""docs/formats.md says what the code does: it is made from the code."""

from sanitizers.blocked import BLOCKED
from sanitizers.parts import NEVER_DELIVERED
from sanitizers.registry import BUILT_IN
from tools.formats import PAGE, Tier, page, rows


def test_the_page_is_what_the_code_makes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tools.formats --write"


def test_every_type_stands_once() -> None:
    shown = [row.type for each in rows().values() for row in each]
    assert len(shown) == len(set(shown))
    assert {f"`{name}`" for name in (*BUILT_IN.files, *BLOCKED, *NEVER_DELIVERED)} <= set(shown)


def test_nothing_that_is_blocked_has_a_sanitizer() -> None:
    assert not BLOCKED.keys() & BUILT_IN.files.keys()
    assert not BLOCKED.keys() & NEVER_DELIVERED


def test_japanese_formats_are_where_they_should_be() -> None:
    tiers = {row.type.strip("`"): tier for tier, each in rows().items() for row in each}
    assert tiers["application/x-js-taro"] is Tier.TEXT
    assert tiers["image/vnd.dxf"] is Tier.REBUILT
    assert tiers["image/vnd.dwg"] is tiers["application/x-jww"] is Tier.BLOCKED
    assert tiers["application/vnd.fujixerox.docuworks"] is Tier.BLOCKED
