"""Names: in which charset they are read, where they go, and that other programs show them so."""

import shutil
import subprocess
from pathlib import Path

import pytest

from sanitizers.formats.archive.names import Charset, Places, Written, charset_of
from sanitizers.model import Finding
from sanitizers.names import safe_name
from tests.unit.sanitizers.archive.names_table import CASES, Case, clean_name, names_by
from tests.unit.sanitizers.archive.opening import TEXT, cleaned, inside

WORDS = [
    "見積書", "請求書", "資料", "会議", "予算", "表", "議事録", "日程", "案", "別紙", "様式", "申請", "通知",
    "回答", "名簿", "地図", "写真", "契約", "仕様書", "予定表", "住民", "福祉", "税務", "お知らせ", "テスト",
    "ｱﾝｹｰﾄ", "令和８年", "第１回", "①案", "㈱清め", "髙橋", "～案", "－別紙",
]  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_short_names_of_windows_are_shift_jis(word: str) -> None:
    assert charset_of([f"{word}.txt".encode("cp932")], Written.ON_WINDOWS) is Charset.SHIFT_JIS


@pytest.mark.parametrize("word", [word for word in WORDS if not set(word) & set("ｱ①㈱髙～－") and len(word) > 1])
def test_short_names_of_unix_may_be_euc_jp(word: str) -> None:
    """One kanji alone may be one letter of UTF-8 as well."""
    assert charset_of([f"{word}.txt".encode("euc-jp")], Written.ELSEWHERE) is Charset.EUC_JP
    assert charset_of([f"{word}.txt".encode()], Written.ELSEWHERE) is Charset.UTF_8


def test_names_are_weighed_together() -> None:
    kana = "ｶﾅ.txt".encode("cp932")
    assert charset_of([kana, "お知らせの一覧.txt".encode("cp932")], Written.ELSEWHERE) is Charset.SHIFT_JIS
    assert (
        charset_of(["狭.txt".encode("euc-jp"), "会議の資料.txt".encode("euc-jp")], Written.ELSEWHERE) is Charset.EUC_JP
    )


def placed(*paths: str) -> tuple[list[str], list[Finding]]:
    findings: list[Finding] = []
    places = Places(findings)
    found = []
    for path in paths:
        folders, last = places.steps(path)
        found.append(places.file(folders, safe_name(last)[0], path))
    return found, findings


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("a/b.txt", "a/b.txt"),
        ("./a//b.txt", "a/b.txt"),
        ("/a/b.txt", "a/b.txt"),
        ("../../a/../b.txt", "a/b.txt"),
        ("C:\\a\\b.txt", "a/b.txt"),
        ("C:b.txt", "b.txt"),
        ("\\\\host\\share\\b.txt", "host/share/b.txt"),
        ("a/CON/b.txt", "a/_CON/b.txt"),
        ("a:x/b.txt", "x/b.txt"),
        ("a . . /b.txt", "a/b.txt"),
        ("", "file"),
        ("..", "file"),
        ("a/\u202e", "a/file"),
    ],
)
def test_where_a_path_goes(path: str, place: str) -> None:
    assert placed(path)[0] == [place]


def test_what_is_taken_gets_a_number() -> None:
    found, findings = placed("a.txt", "A.TXT", "a.txt", "a", "a/b", "a/c", "é.txt", "e\u0301.txt", "x/y", "X/z", "x")
    assert found == [
        "a.txt", "A (2).TXT", "a (3).txt", "a", "a (2)/b", "a (2)/c", "é.txt", "é (2).txt", "x/y", "x/z", "x (2)",
    ]  # fmt: skip
    assert len(findings) >= 6


def test_a_long_path_loses_its_outer_folders() -> None:
    (path,), findings = placed("/".join(["書類の入った長い名前の箱"] * 40) + "/a.txt")
    assert len(path) <= 200
    assert path.endswith("/書類の入った長い名前の箱/a.txt")
    assert findings


@pytest.mark.parametrize("tool", ["7z", "bsdtar"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.written} {case.name!a:.30}")
def test_other_programs_show_these_names(case: Case, tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    result = cleaned(case.file, case.make(case.name))
    assert result.data is not None
    if result.type == "application/zip":
        assert names_by(tool, result.data) == [clean_name(case)]


@pytest.mark.parametrize(
    "tool", [["zip", "-q", "-r", "a.zip", "."], ["7z", "a", "a.zip", "."], ["7z", "a", "a.7z", "."]]
)
def test_names_from_the_programs_of_others(tool: list[str], tmp_path: Path) -> None:
    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not installed")
    (tmp_path / "資料").mkdir()
    for name in ("見積書①.txt", "資料/ﾃｽﾄ㈱髙﨑.txt", "𠮷野😀.txt"):
        (tmp_path / name).write_bytes(TEXT)
    environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    subprocess.run(tool, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL, env=environment)
    archive = next(tmp_path.glob("a.*"))
    files = {path for path in inside(cleaned(archive.name, archive.read_bytes())) if not path.endswith("/")}
    assert files == {"見積書①.txt", "資料/ﾃｽﾄ㈱髙﨑.txt", "𠮷野😀.txt"}
