"""Header fields and words as they came: nothing is taken out, and nothing of it can hide or move what is shown."""

from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256

import pytest

from sanitizers.engine import clean
from sanitizers.model import CannotSanitize, Cleaned, DnsAnswer, Notice, Threat
from sanitizers.reports import UNPRINTABLE
from sanitizers.rules import Budget, Kind, Profile, Task
from sanitizers.viewing import view
from sanitizers.viewing.visible import visible, visible_line
from sanitizers.views import (
    FIELD_CHARACTERS,
    FIELDS,
    TEXT_CHARACTERS,
    CleanPart,
    Difference,
    Headers,
    NoView,
    Shown,
    Side,
    Texts,
    Tree,
    View,
    ViewWish,
    Why,
)

HEAD = b"From: a@example.jp\r\nTo: b@example.jp\r\n"


def task(kind: Kind = Kind.MAIL, budget: Budget | None = None) -> Task:
    return Task("20261121-TEST-0001", kind, "", Profile(), budget or Budget(), Notice("20261121-TEST-0001", ()))


def no_dns(_name: str, _rdtype: str) -> DnsAnswer:
    return DnsAnswer("failed")


def cleaned(original: bytes, kind: Kind = Kind.MAIL) -> Cleaned:
    result = clean(task(kind), original, no_dns)
    assert result is not None
    return result


def no_converter(_extension: str, _target: str, _data: bytes) -> bytes:
    raise AssertionError("nothing is to be converted here")


def shown(wish: Shown | ViewWish, original: bytes, clean_bytes: bytes | None = None, kind: Kind = Kind.MAIL) -> View:
    after = (cleaned(original, kind).data or b"") if clean_bytes is None else clean_bytes
    wished = wish if isinstance(wish, ViewWish) else ViewWish(wish)
    return view(task(kind), wished, original, after, mark=lambda _path, _digest: None, convert=no_converter)


def headers(original: bytes) -> Headers:
    found = shown(Shown.HEADERS, original)
    assert isinstance(found, Headers)
    return found


def texts(original: bytes, kind: Kind = Kind.MAIL) -> Texts:
    found = shown(Shown.TEXTS, original, kind=kind)
    assert isinstance(found, Texts)
    return found


def difference(original: bytes) -> Difference:
    found = shown(Shown.DIFFERENCE, original)
    assert isinstance(found, Difference)
    return found


# What cannot be seen


@pytest.mark.parametrize(
    "hidden", ["\x00", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\u200b", "\u00ad", "\u3164", "\U000e0041", "\ud800"]
)
def test_what_cannot_be_seen_is_written_out(hidden: str) -> None:
    assert visible(f"a{hidden}b") == f"a[U+{ord(hidden):04X}]b"


def test_what_can_be_seen_stays_as_it_is() -> None:
    text = "葛\U000e0100飾区 ☎\ufe0f\tA\nB"  # variation selectors: the name is written with one
    assert visible(text) == text


def test_line_ends_are_of_one_kind_and_none_is_in_a_line() -> None:
    assert visible("a\r\nb\rc") == "a\nb\nc"
    assert visible_line("a\r\nb\tc") == "a[U+000A]b c"


# Header fields


def test_a_field_is_shown_as_it_came_and_as_it_went_out() -> None:
    original = (
        b"Subject: =?utf-8?q?invoice=E2=80=AEfdp=2Eexe?=\r\nX-Mailer: <script>x</script>\r\n" + HEAD + b"\r\nx\r\n"
    )
    found = headers(original)
    before = {field.name: field for field in found.before}
    assert before["Subject"].value == "invoice[U+202E]fdp.exe"
    assert before["Subject"].raw == "=?utf-8?q?invoice=E2=80=AEfdp=2Eexe?="
    assert before["X-Mailer"].value == "<script>x</script>"
    assert before["X-Mailer"].raw == ""
    after = {field.name: field.value for field in found.after}
    assert after["Subject"] == "invoicefdp.exe"
    assert "X-Mailer" not in after


def test_every_field_of_a_mail_is_one_plain_line_within_bounds() -> None:
    wild = b"X: " + "a\u2028b\u202e".encode() + b"\x00\x01\x1b[31m" + b"z" * 10_000
    many = b"".join(b"Y-%d: x\r\n" % number for number in range(FIELDS))
    found = headers(wild + b"\r\n" + many + HEAD + b"\r\nx\r\n")
    assert len(found.before) == FIELDS
    assert found.more == 3
    for field in (*found.before, *found.after):
        for text in (field.name, field.value, field.raw):
            assert UNPRINTABLE.search(text) is None
            assert len(text) <= FIELD_CHARACTERS
    assert found.before[0].cut


def test_a_file_has_no_header_fields() -> None:
    assert shown(Shown.HEADERS, b"words\n", kind=Kind.FILE) == NoView(Why.NOT_A_MAIL)


def test_too_many_fields_are_a_reason() -> None:
    found = shown(Shown.HEADERS, b"X: y\r\n" * 2_000 + b"\r\nx\r\n", b"")
    assert isinstance(found, NoView)
    assert found.why is Why.TOO_MUCH


# Bodies


def test_the_words_before_are_all_there_and_what_hides_among_them_shows() -> None:
    body = "請求書\u202eabc\x07 https://evil.example/\u200b\r\n".encode()
    found = texts(HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + body)
    (words,) = found.before
    assert words.path == "1.1"
    assert words.text == "請求書[U+202E]abc[U+0007] https://evil.example/[U+200B]\n"
    assert words.source == ""
    assert found.after.startswith("請求書abc https://evil.example/\n")


def test_a_page_shows_what_it_hides_and_its_source() -> None:
    page = (
        '<html><head><style>.h{display:none}</style></head><body><p>お知らせ<span class="h">SECRET</span></p>'
        '<p><a href="https://evil.example/x">https://bank.example</a></p><table><tr><td>甲</td><td>乙</td></tr></table>'
        '<ul><li>一<li>二</ul><img src="https://track.example/1.png" alt="図"><script>run()</script></body></html>'
    )
    found = texts(HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + page.encode())
    (words,) = found.before
    assert words.text.split("\n") == [
        "お知らせSECRET",
        "https://bank.example <https://evil.example/x>",
        "甲 | 乙",
        "・一",
        "・二",
        "[画像: 図 <https://track.example/1.png>]",
    ]
    assert "run()" in words.source
    assert "run()" not in words.text
    assert "SECRET" not in found.after


def test_a_page_that_is_a_bomb_is_still_there_as_it_was_written() -> None:
    found = texts(HEAD + b"Content-Type: text/html\r\n\r\n" + b"<b>" * 30_000 + b"x")
    (words,) = found.before
    assert words.text.startswith("[")
    assert words.source.startswith("<b><b>")


def test_endless_text_is_cut() -> None:
    found = texts(HEAD + b"Content-Type: text/plain\r\n\r\n" + "\u200bword\n".encode() * 100_000)
    (words,) = found.before
    assert words.cut
    assert len(words.text) == TEXT_CHARACTERS
    assert found.cut
    assert len(found.after) <= TEXT_CHARACTERS


def test_short_text_is_not_cut() -> None:
    found = texts(HEAD + b"Content-Type: text/html\r\n\r\n<p>x</p>")
    assert not found.cut
    assert not found.before[0].cut


def test_a_text_file_is_its_own_words() -> None:
    found = texts("名前,値\u202e\r\n".encode("utf-8"), Kind.FILE)
    assert [words.text for words in found.before] == ["名前,値[U+202E]\n"]
    assert "名前" in found.after


def test_what_is_not_text_has_no_words() -> None:
    assert texts(b"MZ\x90\x00" + bytes(60), Kind.FILE).before == ()


# The difference


def test_the_difference_shows_what_was_taken_out_and_put_in() -> None:
    body = "こんにちは\u202e世界\r\nsame line\r\n".encode()
    found = difference(HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + body)
    assert ("[U+202E]", Side.REMOVED) in [(run.text, run.side) for run in found.runs]
    assert "same line" in "".join(run.text for run in found.runs if run.side is Side.SAME)
    before = "".join(run.text for run in found.runs if run.side is not Side.ADDED)
    assert before == "こんにちは[U+202E]世界\nsame line\n"


def test_an_alternative_that_says_the_same_is_left_out() -> None:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = "a@example.jp", "b@example.jp"
    words = "明日の会議は午前十時から第一会議室で行いますのでよろしくお願いいたします"
    mail.set_content(words)
    mail.add_alternative(f"<p>{words}</p>", subtype="html")
    found = difference(mail.as_bytes())
    assert len(found.left_out) == 1
    assert "".join(run.text for run in found.runs if run.side is Side.SAME).count(words) == 1


def test_a_text_that_is_part_of_another_is_not_left_out() -> None:
    outer = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntest\r\n"
    inner = b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: c@example.jp\r\nSubject: x\r\n\r\ntest2\r\n--b--\r\n"
    found = difference(HEAD + outer + inner)
    assert found.left_out == ()
    assert [line for run in found.runs if run.side is Side.SAME for line in run.text.split()] == ["test", "test2"]


def test_the_difference_of_hard_texts_is_found_within_bounds() -> None:
    """Lines that are all alike, and one of nothing but changed words: what a naive comparison is cubic in."""
    alike = b"a\r\n" * 20_000
    changed = " ".join(f"w{number}\u200b" for number in range(20_000)).encode()
    for body in (alike, changed):
        found = difference(HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + body)
        assert found.cut
        assert found.runs


def test_without_a_clean_version_there_is_no_difference() -> None:
    assert shown(Shown.DIFFERENCE, HEAD + b"\r\nx\r\n", b"") == NoView(Why.NOTHING_CLEAN)


# Parts, and files to be downloaded


def attached(*files: tuple[str, bytes]) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = "a@example.jp", "b@example.jp"
    mail.set_content("words")
    for name, data in files:
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def test_the_tree_names_every_part_as_the_sanitizers_met_it() -> None:
    found = shown(Shown.TREE, attached(("../../a\u202e.txt", b"x\r\n"), ("b.exe", b"MZ\x90\x00" + bytes(60))))
    assert isinstance(found, Tree)
    rows = {part.path: part for part in found.parts}
    assert list(rows) == ["1", "1.1", "1.2", "1.3"]
    assert "/" not in rows["1.2"].name
    assert UNPRINTABLE.search(rows["1.2"].name) is None
    assert rows["1.2"].drawn
    assert rows["1.3"].detected_type == "application/vnd.microsoft.portable-executable"
    assert rows["1.3"].size == 64
    assert not rows["1.3"].drawn


def test_a_clean_file_comes_by_its_digest_under_its_own_name() -> None:
    original = attached(("一.txt", "清め\r\n".encode()), ("二.txt", "清め\r\n".encode()), ("c.txt", b"other\r\n"))
    result = cleaned(original)
    assert result.data is not None
    parts = {part.path: part for part in result.report.parts}
    for path, nth, name in (("1.2", 0, "一.txt"), ("1.3", 1, "二.txt"), ("1.4", 0, "c.txt")):
        wish = ViewWish(Shown.CLEAN_PART, path=path, sha256=parts[path].sha256_out, nth=nth)
        found = shown(wish, b"", result.data)
        assert isinstance(found, CleanPart)
        assert found.name == name
        assert found.type == "text/plain"
        assert len(found.data) == parts[path].size_out


def test_no_other_part_of_the_clean_mail_can_be_had() -> None:
    result = cleaned(attached(("a.txt", b"x\r\n")))
    assert result.data is not None
    body = result.data.split(b"\r\n\r\n", 2)[2].partition(b"\r\n--=_kiyome")[0]
    assert body.startswith(b"words")
    for digest in (sha256(body).hexdigest(), "0" * 64, ""):
        assert shown(ViewWish(Shown.CLEAN_PART, sha256=digest), b"", result.data) == NoView(Why.NO_SUCH_PART)
    assert shown(ViewWish(Shown.CLEAN_PART, sha256="0" * 64), b"", b"") == NoView(Why.NOTHING_CLEAN)


def test_a_bug_in_a_reader_is_a_reason_and_no_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise KeyError("a secret of the mail")

    monkeypatch.setattr("sanitizers.viewing.headers_of", broken)
    assert shown(Shown.HEADERS, HEAD + b"\r\nx\r\n", b"") == NoView(Why.UNREADABLE, "KeyError")


def test_a_look_may_keep_the_engine_from_opening_a_part() -> None:
    opened: list[str] = []

    def look(path: str, _role: object, _file: object) -> None:
        opened.append(path)
        if path == "1.2":
            raise CannotSanitize(Threat.UNSUPPORTED, "not looked at")

    result = clean(task(), attached(("a.txt", b"x\r\n"), ("b.txt", b"y\r\n")), no_dns, look=look)
    assert result is not None
    assert opened == ["1", "1.1", "1.2", "1.3"]
    outcomes = {part.path: part.outcome.value for part in result.report.parts}
    assert outcomes["1.2"] == "blocked"
    assert outcomes["1.3"] == "clean"
