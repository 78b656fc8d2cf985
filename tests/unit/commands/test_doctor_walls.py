"""The second table of `kiyome doctor`: what holds, what does not, what is accepted; for a person and in JSON."""

import json
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len

from gateway.__main__ import main
from gateway.commands import doctor, doctor_walls, terminal
from gateway.commands.doctor_checks import Status
from gateway.commands.doctor_walls import WallCheck, find_office, walls
from gateway.commands.trial_folder import TrialFolder, prepare
from gateway.settings import Settings, load_configuration
from sanitizers.confinement.enclosures import CONVERTER, READER, Missing, Wall
from sanitizers.confinement.forking import CannotStart
from sanitizers.confinement.proving import Ending, Proof, Proofs
from sanitizers.rules import Rules


@pytest.fixture
def folder(tmp_path: Path) -> TrialFolder:
    return prepare(tmp_path)


def proof(wall: Wall | None, *, held: bool = True, enclosure: str = READER.name, ending: Ending | None = None) -> Proof:
    ending = ending or (Ending.REFUSED if held else Ending.THROUGH)
    return Proof(enclosure, wall, "x", f"{wall}を試す", f"try {wall}", held, ending, "EACCES")


SOUND = (*(proof(wall) for wall in (*Wall, None)), proof(Wall.FILES, enclosure=CONVERTER.name))


async def rows_for(
    folder: TrialFolder,
    monkeypatch: pytest.MonkeyPatch,
    proofs: Iterable[Proof],
    *,
    missing: tuple[Missing, ...] = (),
    accepted: tuple[Wall, ...] = (),
) -> dict[str, WallCheck]:
    async def prove_walls(*_: object, **__: object) -> Proofs:
        return Proofs(tuple(proofs), missing)

    monkeypatch.setattr(doctor_walls, "prove_walls", prove_walls)
    configuration = load_configuration(folder.settings)
    children = msgspec.structs.replace(configuration.settings.children, accept_missing_walls=accepted)
    settings = msgspec.structs.replace(configuration.settings, children=children)
    rows = await walls(settings, configuration.rules, folder.settings)
    return {row.wall: row for row in rows}


async def test_every_wall_has_a_row_that_says_how_often_it_was_tried(
    folder: TrialFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = await rows_for(folder, monkeypatch, [*SOUND, proof(Wall.FILES)])
    assert list(rows) == [*Wall, "belongings", "converter"]
    assert {row.status for wall, row in rows.items() if wall != "converter"} == {Status.OK}
    assert rows["files"].tried == 2
    assert rows["files"].detail_ja.endswith(": 2 通りの試みを全て阻止")
    assert rows["files"].detail_en.endswith(": 2 attempts, all stopped")
    assert rows["user"].detail_en.endswith(": 1 attempt, all stopped")


async def test_what_got_through_is_named_with_the_remedy_and_the_way_out(
    folder: TrialFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = await rows_for(folder, monkeypatch, [*SOUND, proof(Wall.FILES, held=False)])
    row = rows["files"]
    assert row.status is Status.BAD
    assert row.got_through == ("try files",)
    assert "filesを試す" in row.detail_ja
    for advice in (row.advice_ja, row.advice_en):
        assert "5.13" in advice
        assert 'children.accept_missing_walls = ["files"]' in advice
    assert {wall for wall, row in rows.items() if row.status is Status.BAD} == {"files"}


async def test_an_accepted_wall_is_a_warning_that_says_what_it_costs(
    folder: TrialFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = (Missing(Wall.FILES, "the kernel has no Landlock"),)
    rows = await rows_for(
        folder, monkeypatch, [*SOUND, proof(Wall.FILES, held=False)], missing=missing, accepted=(Wall.FILES,)
    )
    row = rows["files"]
    assert row.status is Status.WARNING
    assert "the kernel has no Landlock" in row.detail_en
    assert "every file that its user may read" in row.advice_en
    assert "読めるファイルを全て読めます" in row.advice_ja


async def test_an_acceptance_that_is_not_needed_is_told(folder: TrialFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    row = (await rows_for(folder, monkeypatch, SOUND, accepted=(Wall.FILES,)))["files"]
    assert row.status is Status.OK
    assert "take it out" in row.advice_en


async def test_a_wall_without_any_proof_is_bad(folder: TrialFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = await rows_for(folder, monkeypatch, [each for each in SOUND if each.wall is not Wall.USER])
    assert rows["user"].status is Status.BAD


async def test_silence_is_shown_as_silence(folder: TrialFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    unproven = proof(Wall.USER, held=False, ending=Ending.UNPROVEN)
    row = (await rows_for(folder, monkeypatch, [*SOUND, unproven]))["user"]
    assert "not proven" in row.detail_en
    assert "証明できず" in row.detail_ja


async def test_a_converter_that_is_not_confined_is_bad(folder: TrialFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = proof(Wall.SYSTEM_CALLS, held=False, enclosure=CONVERTER.name)
    rows = await rows_for(folder, monkeypatch, [*SOUND, broken])
    assert rows["converter"].status is Status.BAD
    assert rows["system_calls"].status is Status.OK
    accepted = await rows_for(folder, monkeypatch, [*SOUND, broken], accepted=(Wall.SYSTEM_CALLS,))
    assert accepted["converter"].status is Status.WARNING


async def test_a_host_without_libreoffice_is_a_warning(folder: TrialFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_walls, "OFFICE", ("/nonexistent",))
    row = (await rows_for(folder, monkeypatch, SOUND))["converter"]
    assert row.status is Status.WARNING
    assert "libreoffice-nogui" in row.advice_ja


def test_libreoffice_is_found_with_its_version(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.mkdir()
    assert find_office([str(tmp_path)]) == ""
    (program / "soffice.bin").touch()
    assert find_office(["/nonexistent", str(tmp_path)]) == f"LibreOffice, {program}"
    (program / "bootstraprc").write_text("[Bootstrap]\nProductKey=LibreOffice 7.4\n")
    assert find_office([str(tmp_path)]) == f"LibreOffice 7.4, {program}"


async def test_without_a_child_nothing_is_proven(folder: TrialFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    async def prove_walls(*_: object, **__: object) -> Proofs:
        raise CannotStart("the reason")

    monkeypatch.setattr(doctor_walls, "prove_walls", prove_walls)
    configuration = load_configuration(folder.settings)
    (row,) = await walls(configuration.settings, configuration.rules, folder.settings)
    assert row.status is Status.BAD
    assert "the reason" in row.detail_ja


@pytest.mark.parametrize(
    ("language", "heading"), [("ja", "子プロセスの壁"), ("en", "Walls around the child processes")]
)
def test_a_person_reads_it_at_80_columns(
    language: str,
    heading: str,
    folder: TrialFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def all_kinds(settings: Settings, rules: Rules, path: Path) -> list[WallCheck]:
        rows = await rows_for(
            folder,
            monkeypatch,
            [*SOUND, proof(Wall.FILES, held=False), proof(Wall.USER, held=False)],
            accepted=(Wall.FILES, Wall.LIMITS),
        )
        return list(rows.values())

    monkeypatch.setattr(doctor, "walls", all_kinds)
    monkeypatch.setattr(terminal, "UNATTENDED_WIDTH", 80)
    assert main(["doctor", "--language", language, "--config", str(folder.settings)]) == 1
    told = capsys.readouterr().out
    assert heading in told
    for row in WORDS_OF_ROWS[language]:
        assert row in told
    assert max(cell_len(line) for line in told.splitlines()) <= 80


WORDS_OF_ROWS = {
    "ja": ("利用者", "新しい権限", "ファイル", "システムコール", "上限", "持ち物", "変換プログラム"),
    "en": ("User", "New privileges", "Files", "System calls", "Limits", "Belongings", "Converter"),
}


def test_a_script_reads_it(
    folder: TrialFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def sound(settings: Settings, rules: Rules, path: Path) -> list[WallCheck]:
        return list((await rows_for(folder, monkeypatch, SOUND)).values())

    monkeypatch.setattr(doctor, "walls", sound)
    main(["doctor", "--json", "--config", str(folder.settings)])
    told = json.loads(capsys.readouterr().out)
    assert {row["name_en"] for row in told["checks"]} >= {"Python", "Child processes"}
    assert [row["wall"] for row in told["walls"]] == [*Wall, "belongings", "converter"]


def test_settings_that_cannot_be_read_leave_no_walls_to_prove(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--json", "--config", str(tmp_path / "absent.toml")]) == 1
    assert json.loads(capsys.readouterr().out)["walls"] == []
