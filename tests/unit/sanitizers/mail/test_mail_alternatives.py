"""Between versions of one text: nothing the sender wrote is lost, and nothing is said twice."""

from sanitizers.model import Threat

HEAD = "From: a@example.jp\nDate: Sat, 21 Nov 2026 10:00:00 +0900\nMessage-ID: <1@example.jp>\n"
NEWS = "市民の皆様へお知らせします。来月の第一土曜日に、市民会館の大ホールで防災訓練の説明会を開きます。"


def alternative(plain: str, html: str) -> str:
    return (
        f'{HEAD}Content-Type: multipart/alternative; boundary="b"\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n'
        f"{plain}\n--b\nContent-Type: text/html; charset=utf-8\n\n{html}\n--b--\n"
    )


def test_the_same_text_is_said_once_as_plain_text(clean):
    result = clean(alternative(f"{NEWS[:20]}\n{NEWS[20:]}", f"<p>{NEWS}</p>"))
    assert result.text == f"{NEWS[:20]}\n{NEWS[20:]}"
    assert result.rebuilt.findings == ()


def test_links_make_no_difference(clean):
    result = clean(alternative(f"{NEWS}\nhttps://example.jp/abcdefghijklmnop", f"<p>{NEWS}</p>"))
    assert result.text.count("市民の皆様") == 1
    assert result.rebuilt.findings == ()


def test_html_for_an_empty_plain_text(clean):
    assert clean(alternative("", f"<p>{NEWS}</p>")).text == NEWS


def test_html_for_a_stub(clean):
    result = clean(alternative("このメールはHTML形式です。HTML対応のソフトでご覧ください。", f"<p>{NEWS}</p>"))
    assert result.text == NEWS


def test_html_that_says_more_takes_the_place_of_the_plain_text(clean):
    more = "お申し込みは防災課まで。電話でも受け付けます。締め切りは今月の末日です。"
    assert clean(alternative(NEWS, f"<p>{NEWS}</p><p>{more}</p>")).text == f"{NEWS}\n{more}"


def test_a_line_that_only_the_other_version_has_is_added(clean):
    result = clean(alternative(f"佐藤様、こんにちは。\n{NEWS}", f"<p>{NEWS}</p><p>{NEWS[::-1]}</p>"))
    assert result.text == f"{NEWS}\n{NEWS[::-1]}\n\n-------- + text/plain --------\n佐藤様、こんにちは。"


def test_one_changed_number_is_shown(clean):
    plain, html = f"{NEWS}\n振込先は普通1234567です。", f"<p>{NEWS}</p><p>振込先は普通7654321です。</p>"
    result = clean(alternative(plain, html))
    assert "1234567" in result.text
    assert "7654321" in result.text


def test_different_texts_are_both_shown_and_reported(clean):
    other = "ご請求の件です。至急、下記の口座へお振り込みください。担当は経理課の鈴木です。"
    result = clean(alternative(NEWS, f"<p>{other}</p>"))
    assert result.text == f"-------- text/plain --------\n\n{NEWS}\n\n-------- text/html --------\n\n{other}"
    assert result.found(Threat.HIDDEN_CONTENT)
    assert clean(result.data).rebuilt.findings == ()


def test_very_long_versions_are_not_compared_word_by_word(clean):
    text = "".join(f"行{number}の文です。" for number in range(20_000))
    result = clean(alternative(text, f"<p>{text}追伸</p>"))
    assert "追伸" in result.text
