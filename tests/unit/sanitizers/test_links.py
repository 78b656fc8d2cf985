"""Links as text, and invisible characters: what a reader sees is where it goes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sanitizers.formats.html import html_to_text
from sanitizers.links import link_text, rewrite_links, strip_deceptive_controls
from sanitizers.links.hosts import MOST_HOSTS
from sanitizers.model import Action, Severity, Threat
from sanitizers.rules import Links


def harms(target: str, shown: str = "表示", links: Links = Links.KEPT) -> list[tuple[Threat, Severity]]:
    return [(finding.threat, finding.severity) for finding in link_text(target, shown, links)[1]]


@pytest.mark.parametrize(
    ("target", "shown", "text"),
    [
        ("https://example.jp/a", "表示", "表示 <https://example.jp/a>"),
        ("https://example.jp/", "https://example.jp", "https://example.jp/"),
        ("https://example.jp/", "example.jp", "https://example.jp/"),
        ("http://example.jp/x", "HTTPS://example.jp/x/", "http://example.jp/x"),
        ("https://www.amazon.co.jp/x", "Amazon.co.jp", "Amazon.co.jp <https://www.amazon.co.jp/x>"),
        ("https://example.jp/a", "README.md", "README.md <https://example.jp/a>"),
        ("https://example.jp/", "", "<https://example.jp/>"),
        ("www.example.jp/x", "表示", "表示 <http://www.example.jp/x>"),
        ("https://example.jp/あ b?<x>", "表示", "表示 <https://example.jp/%E3%81%82%20b?%3Cx%3E>"),
        ("https://日本語.jp/", "表示", "表示 <https://xn--wgv71a119e.jp/> (日本語.jp)"),
        ("https://xn--wgv71a119e.jp/", "表示", "表示 <https://xn--wgv71a119e.jp/> (日本語.jp)"),
        ("mailto:info@example.jp", "info@example.jp", "info@example.jp"),
        ("mailto:info@example.jp", "問い合わせ", "問い合わせ <info@example.jp>"),
        ("#top", "上へ", "上へ"),
    ],
)
def test_an_honest_link_keeps_its_target(target: str, shown: str, text: str) -> None:
    assert link_text(target, shown, Links.KEPT) == (text, ())


def test_the_profile_decides() -> None:
    assert link_text("https://example.jp/a.b", "表示", Links.DEFANGED)[0] == "表示 <hxxps://example[.]jp/a.b>"
    text, findings = link_text("https://example.jp/", "表示", Links.REMOVED)
    assert text == "表示"
    assert [(found.threat, found.action) for found in findings] == [(Threat.EXTERNAL_REFERENCE, Action.REMOVED)]


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("https://evil.example/", "https://bank.example/login"),
        ("https://evil.example/?https://bank.example", "ログイン: https://bank.example"),
        ("https://bank.example.evil.example/", "http://bank.example"),
        ("https://evil.example/", "ｈｔｔｐｓ：／／ｂａｎｋ．ｅｘａｍｐｌｅ"),
        ("https://evil.example/", "ht\u200btps://bank.ex\u00adample"),
        ("https://evil.example/", "user@bank.example"),
        ("mailto:a@evil.example", "help@bank.example"),
        ("https://user@evil.example/", "https://bank.example"),
    ],
)
@pytest.mark.parametrize("links", [Links.KEPT, Links.DEFANGED])
def test_words_that_name_another_host_say_both(target: str, shown: str, links: Links) -> None:
    text, findings = link_text(target, shown, links)
    assert (Threat.DECEPTION, Severity.DANGER) in [(found.threat, found.severity) for found in findings]
    assert "evil[.]example" in text
    assert "表示と異なるリンク先" in text
    assert "actual link" in text
    assert "//evil.example" not in text


def test_a_bare_host_as_words_is_a_warning() -> None:
    assert harms("https://evil.example/", "bank.example") == [(Threat.DECEPTION, Severity.WARNING)]


@pytest.mark.parametrize(
    ("target", "threat", "severity"),
    [
        ("javascript:alert(1)", Threat.ACTIVE_CONTENT, Severity.DANGER),
        (" jAvA\nscr\tipt:alert(1)", Threat.ACTIVE_CONTENT, Severity.DANGER),
        ("data:text/html,<script>", Threat.ACTIVE_CONTENT, Severity.DANGER),
        ("vbscript:x", Threat.ACTIVE_CONTENT, Severity.DANGER),
        ("file:///c:/windows", Threat.EXTERNAL_REFERENCE, Severity.DANGER),
        ("\\\\server\\share", Threat.EXTERNAL_REFERENCE, Severity.DANGER),
        ("ms-msdt:/id PCWDiagnostic", Threat.EXTERNAL_REFERENCE, Severity.DANGER),
        ("search-ms:query=x", Threat.EXTERNAL_REFERENCE, Severity.DANGER),
        ("cid:image001", Threat.EXTERNAL_REFERENCE, Severity.NOTE),
        ("tel:0312345678", Threat.EXTERNAL_REFERENCE, Severity.NOTE),
        ("ftp://ftp.example.jp/", Threat.EXTERNAL_REFERENCE, Severity.NOTE),
        ("page.html", Threat.EXTERNAL_REFERENCE, Severity.NOTE),
    ],
)
def test_other_schemes_leave_only_the_words(target: str, threat: Threat, severity: Severity) -> None:
    text, findings = link_text(target, "表示", Links.KEPT)
    assert text == "表示"
    assert [(found.threat, found.severity, found.action) for found in findings] == [(threat, severity, Action.REMOVED)]


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("https://аpple.com/", "xn--pple-43d[.]com"),  # one Cyrillic letter
        ("https://аррӏе.com/", "xn--80ak6aa92e[.]com"),  # all Cyrillic
        ("https://xn--80ak6aa92e.com/", "xn--80ak6aa92e[.]com"),
        ("https://exampleノlogin.example/", "[.]example"),
        ("https://bank.example@evil.example/", "bank[.]example@evil[.]example"),
        ("http://2130706433/", "127[.]0[.]0[.]1"),
        ("http://0x7f.0.0.1/", "127[.]0[.]0[.]1"),
        ("http://0177.1/", "127[.]0[.]0[.]1"),
        ("http://192.0.2.1/", "192[.]0[.]2[.]1"),
        ("http://[2001:db8::1]/", "[2001:db8::1]"),
        ("https://%65vil.example/", "evil[.]example"),
        ("https://ｅｖｉｌ。example/", "evil[.]example"),
        ("https:\\\\evil.example\\x", "evil[.]example/x"),
        ("https:evil.example", "evil[.]example"),
        ("//evil.example/", "evil[.]example"),
        ("ht\ntps://evil.example/", "evil[.]example"),
        ("https://ev\u202eil.example/", "evil[.]example"),
    ],
)
def test_disguised_hosts_are_shown_undisguised_and_defanged(target: str, host: str) -> None:
    text, findings = link_text(target, "表示", Links.KEPT)
    assert f"//{host}" in text or f"{host}" in text
    assert "hxxp" in text
    assert [found.threat for found in findings] == [Threat.DECEPTION]
    assert findings[0].severity is Severity.WARNING


def test_a_mail_link_loses_what_it_prepared() -> None:
    text, findings = link_text("mailto:a@example.jp?bcc=x@evil.example&attach=/etc/passwd", "送る", Links.KEPT)
    assert text == "送る <a@example.jp>"
    assert [found.action for found in findings] == [Action.REMOVED]


def test_an_endless_address_is_cut() -> None:
    text, findings = link_text("https://example.jp/" + "a" * 100_000, "表示", Links.KEPT)
    assert len(text) < 2_100
    assert text.endswith("…>")
    assert [found.threat for found in findings] == [Threat.LIMIT_EXCEEDED]


@pytest.mark.parametrize(
    "text",
    [
        "見て https://example.jp/a?b=c#d です。",
        "(https://example.jp)",
        "https://日本語.jp/ と https://www.city.example.lg.jp/",
        "連絡は info@example.jp まで。C:\\temp\\a.txt",
        "hxxps://example[.]jp/?u=https://a@b.example/",
        "費用は\\10,000です // コメント",
        "http:// だけ",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert rewrite_links(text, Links.KEPT) == (text, ())


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("見て https://example.jpをご覧ください。", "見て hxxps://example[.]jpをご覧ください。"),
        ("(https://example.jp/a).", "(hxxps://example[.]jp/a)."),
        ("www.example.jp", "hxxp://www[.]example[.]jp"),
        ("https://a.example/?u=https://b.example", "hxxps://a[.]example/?u=https://b.example"),
    ],
)
def test_addresses_in_text_are_defanged(text: str, result: str) -> None:
    assert rewrite_links(text, Links.DEFANGED)[0] == result


def test_addresses_in_text_are_removed() -> None:
    text, findings = rewrite_links("(https://example.jp/a). www.example.jp、", Links.REMOVED)
    assert text == "([リンク削除 / link removed]). [リンク削除 / link removed]、"
    assert len(findings) == 1
    assert "2 times" in findings[0].detail


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("https://аррӏе.com/x です", "hxxps://xn--80ak6aa92e[.]com/x です"),
        ("https://bank.example@evil.example/", "hxxps://bank[.]example@evil[.]example/"),
        ("file://srv/share", "file[:]//srv/share"),
        ("\\\\srv\\share\\x.exe", "\\\\[srv]\\share\\x.exe"),
    ],
)
def test_dangerous_addresses_in_text_are_never_left_clickable(text: str, result: str) -> None:
    for links in (Links.KEPT, Links.DEFANGED):
        rewritten, findings = rewrite_links(text, links)
        assert rewritten == result
        assert findings


def honest_hosts(count: int) -> list[str]:
    """Different names that a browser would show in Japanese."""
    return [f"市{number}.example.jp" for number in range(count)]


@pytest.mark.parametrize("links", Links)
def test_one_host_more_than_are_examined_is_defanged_and_told(links: Links) -> None:
    *examined, last = honest_hosts(MOST_HOSTS + 1)
    within, findings = rewrite_links(" ".join(f"https://{host}/ https://{host}/x" for host in examined), links)
    assert Threat.LIMIT_EXCEEDED not in {found.threat for found in findings}
    beyond, findings = rewrite_links(
        " ".join(f"https://{host}/" for host in [*examined, last, last, "plain.jp"]), links
    )
    limits = [found for found in findings if found.threat is Threat.LIMIT_EXCEEDED]
    assert [(found.severity, found.action) for found in limits] == [(Severity.WARNING, Action.REWRITTEN)]
    assert last not in beyond
    assert beyond.count("hxxps://xn--") == within.count("hxxps://xn--") // 2 + 2
    assert ("https://plain.jp/" in beyond) is (links is Links.KEPT)  # a plain name imitates none
    assert rewrite_links(beyond, links) == (beyond, ())


def test_a_look_alike_beyond_the_limit_is_never_clickable() -> None:
    words = [f"https://{host}/" for host in honest_hosts(MOST_HOSTS)]
    assert (
        "https://xn--80ak6aa92e.com"
        not in rewrite_links(" ".join([*words, "https://xn--80ak6aa92e.com/"]), Links.KEPT)[0]
    )


@pytest.mark.parametrize("target", ["https://аррӏе.com/", "mailto:a@аррӏе.com", "//аррӏе.com"])
def test_links_of_one_page_share_the_limit(target: str) -> None:
    page = "".join(f"<a href='https://{host}/'>x</a> " for host in honest_hosts(MOST_HOSTS))
    assert html_to_text(page, Links.KEPT)[1] == ()
    text, findings = html_to_text(page + f"<a href='{target}'>x</a><a href='{target}'>{target}</a>", Links.KEPT)
    assert [found.threat for found in findings].count(Threat.LIMIT_EXCEEDED) == 1
    assert "аррӏе" not in text.rpartition("<")[2]
    assert "[.]com" in text


URL_PIECES = st.sampled_from(
    [
        "http",
        "https",
        "hxxps",
        "://",
        ":",
        "//",
        "\\\\",
        "\\",
        "www.",
        "example.jp",
        "аррӏе.com",
        "日本語",
        "@",
        "a@b.jp",
        "/",
        "?",
        "#",
        ".",
        "%41",
        "[",
        "]",
        "[:]//",
        "[.]",
        "127.0.0.1",
        "0x7f",
        "file",
        "javascript:",
        " ",
        "\n",
        "。",
        "（",
        "<",
        ">",
        ")",
        "…",
        "xn--",
        "ftp",
        "ｅ",
        "\u200b",
        "mailto:",
        "x" * 30,
    ]
)
URL_TEXTS = st.lists(URL_PIECES, max_size=14).map("".join)


@given(URL_TEXTS, st.sampled_from(Links))
@example("www.a.jp" + "/x" * 1_200, Links.KEPT)
def test_a_second_pass_over_text_finds_nothing(text: str, links: Links) -> None:
    once, _ = rewrite_links(strip_deceptive_controls(text)[0], links)
    assert rewrite_links(once, links) == (once, ())


@given(URL_TEXTS, URL_TEXTS, st.sampled_from(Links))
def test_a_second_pass_over_a_link_finds_nothing(target: str, shown: str, links: Links) -> None:
    once, findings = link_text(target, shown, links)
    assert strip_deceptive_controls(once) == (once, ())
    assert rewrite_links(once, links) == (once, ())
    for finding in findings:
        assert finding.detail.isprintable()
        assert len(finding.detail) <= 500


@pytest.mark.parametrize(
    "hidden",
    [
        "\u202e",
        "\u2066",
        "\u200f",
        "\u061c",
        "\u200b",
        "\u2060",
        "\ufeff",
        "\u00ad",
        "\u3164",
        "\u115f",
        "\u1160",
        "\uffa0",
        "\x00",
        "\x1b",
        "\x9b",
        "\U000e0041",
        "\ufffa",
        "\u200d",
        "\u200c",
    ],
)
def test_invisible_characters_go_and_are_reported(hidden: str) -> None:
    text, findings = strip_deceptive_controls(f"見え{hidden}ない")
    assert text == "見えない"
    assert findings
    assert {finding.action for finding in findings} == {Action.REMOVED}


@pytest.mark.parametrize(
    "text",
    [
        "👨\u200d👩\u200d👧",
        "❤\ufe0f\u200d🔥",
        "👩🏽\u200d💻",
        "می\u200cخواهم",
        "क्\u200dष",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "葛󠄀城市",
        "が ﾊﾟ ①\tａ\n〓",
    ],
)
def test_what_a_script_or_an_emoji_needs_stays(text: str) -> None:
    assert strip_deceptive_controls(text) == (text, ())


def test_line_endings_become_one_kind_without_a_finding() -> None:
    assert strip_deceptive_controls("a\r\nb\rc\u2028d\u0085e\x0cf") == ("a\nb\nc\nd\ne\nf", ())


def test_surrogates_and_noncharacters_are_replaced() -> None:
    text, findings = strip_deceptive_controls("\ud800a\uffff\U0001fffe")
    assert text == "\ufffda\ufffd\ufffd"
    assert [finding.threat for finding in findings] == [Threat.MALFORMED]


@given(
    st.text(
        alphabet=st.one_of(st.characters(), st.sampled_from("\u200d\u200c\ufe0f🏴👩🔥\U000e0067\U000e007f\r\n\u202eم")),
        max_size=30,
    )
)
def test_stripping_again_changes_nothing(text: str) -> None:
    once, _ = strip_deceptive_controls(text)
    assert strip_deceptive_controls(once) == (once, ())
    once.encode()
