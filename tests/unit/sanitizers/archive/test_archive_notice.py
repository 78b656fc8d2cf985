"""The notice of a mail lists what was in an archive, kept and removed, in Japanese and English."""

from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest

from gateway.processing.notices import notice
from gateway.settings import load_settings
from sanitizers.engine import clean
from sanitizers.model import DnsAnswer
from sanitizers.rules import Budget, Kind, NoticeWhen, Profile, Task
from tests import archives
from tests.archives import Entry, zip_file
from tests.unit.sanitizers.archive.opening import TEXT

SETTINGS = load_settings(Path(__file__).resolve().parents[4] / "config" / "gateway.toml")


def told(*entries: Entry, when: NoticeWhen = NoticeWhen.ALWAYS) -> str:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.jp", "b@example.jp", "x"
    mail.set_content("text\n")
    mail.add_attachment(zip_file(entries), maintype="application", subtype="zip", filename="資料.zip")
    task = Task("x", Kind.MAIL, "", Profile(notice=when), Budget(), notice(SETTINGS, "x"))
    result = clean(task, mail.as_bytes(), lambda _name, _type: DnsAnswer("failed"))
    assert result is not None
    assert result.data is not None
    return text_of(result.data)


def text_of(mail: bytes) -> str:
    body = BytesParser(policy=default).parsebytes(mail).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_what_goes_on_and_what_does_not_is_named() -> None:
    program = archives.program(b"x")
    inner = zip_file([Entry(b"deep.txt", TEXT), Entry(b"deep.exe", program)])
    text = told(Entry("見積.txt".encode(), TEXT), Entry(b"tool/setup.exe", program), Entry(b"inner.zip", inner))
    assert "「資料.zip」の中身のうち、お渡しするもの(3件): 「見積.txt」、「inner.zip」、「inner.zip/deep.txt」" in text
    assert "「資料.zip」の中の「tool/setup.exe」" in text
    assert "「資料.zip」の中の「inner.zip/deep.exe」" in text
    assert 'In "資料.zip", files that go on (3)' in text
    assert 'In "資料.zip", "tool/setup.exe"' in text


def test_a_long_list_is_cut_and_counted() -> None:
    program = archives.program(b"x")
    entries = [Entry(b"%02d.txt" % n, TEXT) for n in range(15)] + [Entry(b"%02d.exe" % n, program) for n in range(25)]
    text = told(*entries)
    assert "お渡しするもの(15件)" in text
    assert "ほか5件" in text
    assert text.count("の中の「") == 20
    assert "「資料.zip」の中のほかの5件も削除しました。" in text


@pytest.mark.parametrize(("entries", "wanted"), [([b"a.txt"], False), ([b"a.txt", b"b.exe"], True)])
def test_a_notice_only_where_something_changed(entries: list[bytes], wanted: bool) -> None:
    made = [Entry(name, archives.program(b"") if name.endswith(b"exe") else TEXT) for name in entries]
    assert ("資料.zip" in told(*made, when=NoticeWhen.WHEN_CHANGED)) == wanted
