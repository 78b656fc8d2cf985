"""`kiyome clean` as a person uses it; the children are real."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.__main__ import main
from gateway.commands import clean as clean_command
from sanitizers.confinement.enclosures import Wall
from sanitizers.confinement.pool import Pool

MAIL = (
    "Received: from a by b\r\nFrom: a@city.example.jp\r\nTo: b@example.org\r\nSubject: x\r\n"
    "Date: Sat, 21 Nov 2026 10:00:00 +0900\r\nMessage-ID: <1@city.example.jp>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/html; charset=utf-8\r\n\r\n<p>残る言葉</p><script>secret()</script>\r\n"
).encode()
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "one.eml").write_bytes(MAIL)
    (folder / "deep" / "two").write_bytes(MAIL)  # a mail by its content, not by its name
    return folder


def clean(*arguments: object) -> int:
    return main(["clean", "--language", "en", *(str(argument) for argument in arguments)])


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_folder_with_all_its_files(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert clean(folder, "-o", out) == 0
    assert files_in(out) == ["deep/two", "one.eml"]
    written = (out / "one.eml").read_bytes()
    assert b"secret" not in written
    assert b"<p>" not in written
    table = capsys.readouterr().out
    assert "one.eml" in table
    assert "active content such as scripts" in table
    assert "2 written, 0 blocked" in table


def test_what_cannot_be_cleaned_is_not_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "picture.eml").write_bytes(PNG)
    out = tmp_path / "out"
    assert clean(folder, "-o", out) == 3
    assert files_in(out) == ["deep/two", "one.eml"]
    table = capsys.readouterr().out
    assert "blocked" in table
    assert "2 written, 1 blocked" in table


def test_files_whose_clean_names_are_the_same_do_not_meet(folder: Path, tmp_path: Path) -> None:
    names = ["a.eml", "a.jpg", "a.png", f"{'n' * 130}1.txt", f"{'n' * 130}2.txt"]
    for number, name in enumerate(names):
        (folder / name).write_bytes(MAIL if number < 3 else f"text {number}".encode())
    out, report = tmp_path / "out", tmp_path / "report.json"
    assert clean(folder, "-o", out, "--report", report) == 0
    written = files_in(out)
    assert {"a.eml", "a (2).eml", "a (3).eml"} <= set(written)
    assert len(written) == len(names) + 2
    told = {fate["file"]: fate["output"] for fate in json.loads(report.read_bytes())}
    assert sorted(told.values()) == sorted(str(out / name) for name in written)
    assert Path(told[names[3]]).read_text() == "text 3"
    assert clean(folder, "-o", out, "--force") == 0
    assert files_in(out) == written


def test_what_the_rules_would_hold_is_not_written(tmp_path: Path, folder: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[profiles.standard]\nhold_on = ["active_content"]\n')
    out = tmp_path / "out"
    assert clean(folder, "-o", out, "--rules", rules) == 3
    assert files_in(out) == []


def test_a_second_pass_finds_nothing(folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert clean(folder, "-o", tmp_path / "first") == 0
    assert clean(tmp_path / "first", "-o", tmp_path / "second", "--report", report) == 0
    for fate in json.loads(report.read_text()):
        assert [part["findings"] for part in fate["report"]["parts"]] == [[]] * len(fate["report"]["parts"])


def test_the_json_report(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    out = tmp_path / "out"
    assert clean(folder, "-o", out, "--report", report, "--json") == 0
    told = json.loads(report.read_text())
    assert json.loads(capsys.readouterr().out) == told
    assert [fate["file"] for fate in told] == ["one.eml", "deep/two"]
    assert told[0]["output"] == str(out / "one.eml")
    assert told[0]["decision"]["verdict"] == "deliver"
    assert told[0]["report"]["parts"][0]["size_in"] == len(MAIL)


def test_existing_output_stays_unless_forced(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "one.eml").write_text("mine")
    assert clean(folder, "-o", out) == 2
    assert files_in(out) == ["one.eml"]
    assert (out / "one.eml").read_text() == "mine"
    assert "exists already" in capsys.readouterr().err
    assert clean(folder, "-o", out, "--force") == 0
    assert (out / "one.eml").read_text() != "mine"
    assert files_in(out) == ["deep/two", "one.eml"]


def test_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "three.eml").write_bytes(MAIL)
    (folder / "file_link.eml").symlink_to(outside / "three.eml")
    (folder / "folder_link").symlink_to(outside)
    assert clean(folder, "-o", tmp_path / "out") == 0
    assert files_in(tmp_path / "out") == ["deep/two", "one.eml"]
    assert clean(folder / "file_link.eml", "-o", tmp_path / "out2") == 2


def test_a_link_in_the_output_leads_nowhere(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    out.mkdir()
    outside.mkdir()
    (out / "deep").symlink_to(outside)
    assert clean(folder, "-o", out) == 2
    assert files_in(outside) == []
    assert "leads out of" in capsys.readouterr().err


def test_output_inside_the_input_is_not_read(folder: Path) -> None:
    out = folder / "clean"
    assert clean(folder, "-o", out) == 0
    assert clean(folder, "-o", out, "--force") == 0
    assert files_in(out) == ["deep/two", "one.eml"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.eml", "-o", "out"], "no such file or folder"),
        (["in", "-o", "in/one.eml"], "must be a folder"),
        (["in", "-o", "out", "--profile", "nobody"], "profile 'nobody' is not in the rules; there are: "),
        (["in", "-o", "out", "--rules", "missing.toml"], "missing.toml"),
        (["in", "-o", "out", "--report", "missing/report.json"], "no such folder"),
        (["in", "in/one.eml", "-o", "out"], "two files would be written here"),
        (["empty", "-o", "out"], "no files here"),
    ],
)
def test_a_mistake_is_one_clear_line(
    arguments: list[str],
    words: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert clean(*arguments) == 2
    told = capsys.readouterr().err.strip()
    assert words in told
    assert len(told.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_the_table_in_japanese(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clean", "--language", "ja", str(folder), "-o", str(tmp_path / "out")]) == 0
    table = capsys.readouterr().out
    assert "無害化" in table
    assert "出力 2 件、遮断 0 件" in table


def test_a_deceiving_file_name_is_made_safe(folder: Path, tmp_path: Path) -> None:
    (folder / "bill\u202elme.exe").write_bytes(MAIL)
    assert clean(folder, "-o", tmp_path / "out") == 0
    assert not any("\u202e" in name for name in files_in(tmp_path / "out"))
    assert len(files_in(tmp_path / "out")) == 3


def test_a_wall_that_may_be_missing_is_named_for_the_children(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[frozenset[Wall]] = []

    class Listening(Pool):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            asked.append(named["accepted"])
            super().__init__(*arguments, **named)

    monkeypatch.setattr(clean_command, "Pool", Listening)
    assert clean(folder, "-o", tmp_path / "first") == 0
    both = ("--accept-missing-wall", "files", "--accept-missing-wall", "user")
    assert clean(folder, "-o", tmp_path / "second", *both) == 0
    assert asked == [frozenset(), frozenset({Wall.FILES, Wall.USER})]


def test_a_wall_that_does_not_exist_is_a_mistake(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        clean(folder, "-o", "out", "--accept-missing-wall", "landlock")
    assert ended.value.code == 2
    assert "walls are user, no_new_privileges, files, system_calls, limits; got 'landlock'" in capsys.readouterr().err
