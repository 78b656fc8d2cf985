"""The second table of `kiyome doctor`: each wall around the children, what it is here, and how it was proven."""

import ctypes.util
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from landlockpy import LandlockError, abi_version

from gateway.commands.doctor_checks import Status
from gateway.settings import Settings
from gateway.walls import prove_walls
from sanitizers.confinement.enclosures import CONVERTER, OFFICE, READER, WARM_CONVERTER, Wall
from sanitizers.confinement.forking import CannotStart
from sanitizers.confinement.proving import Ending, Proof, Proofs
from sanitizers.rules import Rules

MEBIBYTE = 1_048_576
NAMED = 4  #: attempts that got through are named, so many of them
PRODUCT = "ProductKey="  # in LibreOffice's bootstraprc


class WallCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table."""

    wall: str  #: as the settings name it; "belongings" and "converter" are no walls of the settings
    name_ja: str
    name_en: str
    status: Status
    detail_ja: str
    detail_en: str
    tried: int  #: attempts to break it
    got_through: tuple[str, ...]  #: those that were not stopped by it, in English
    advice_ja: str = ""
    advice_en: str = ""


class _Words(msgspec.Struct, frozen=True):
    """What to say of a wall: its name, what can happen without it, and how to get it."""

    name: tuple[str, str]
    without: tuple[str, str]
    remedy: tuple[str, str]


WORDS: dict[Wall | None, _Words] = {
    Wall.USER: _Words(
        ("利用者", "User"),
        (
            "乗っ取られた子プロセスが、ゲートウェイと同じ権限(root なら全て)を持ちます。",
            "a child that is taken over has the rights of the gateway itself, of root if it is root.",
        ),
        (
            "root 以外の利用者で動かすか、CAP_SETUID と CAP_SETGID を与えてください。",
            "Run it as an ordinary user, or leave it CAP_SETUID and CAP_SETGID.",
        ),
    ),
    Wall.NO_NEW_PRIVILEGES: _Words(
        ("新しい権限", "New privileges"),
        (
            "子プロセスが set-user-ID のプログラムから権限を得る道が残ります。",
            "a child may gain rights from set-user-ID programs.",
        ),
        (
            "prctl を妨げている seccomp プロファイルやコンテナの設定を直してください。",
            "Correct the seccomp profile or container setting that refuses prctl.",
        ),
    ),
    Wall.FILES: _Words(
        ("ファイル", "Files"),
        (
            "乗っ取られた子プロセスが、その利用者に読めるファイルを全て読めます。",
            "a child that is taken over reads every file that its user may read.",
        ),
        (
            "Linux 5.13 以降を使い、lsm= に landlock を含め、コンテナでは landlock_* を許してください。",
            "Use Linux 5.13 or later with landlock in lsm=, and allow landlock_* in containers.",
        ),
    ),
    Wall.SYSTEM_CALLS: _Words(
        ("システムコール", "System calls"),
        (
            "乗っ取られた子プロセスが、通信し、プログラムを動かし、カーネルの弱点を攻められます。",
            "a child that is taken over may use the network, run programs and attack the kernel.",
        ),
        (
            "Debian の libseccomp2 を入れ、seccomp を使えるカーネルとコンテナで動かしてください。",
            "Install Debian's libseccomp2, on a kernel and in a container with seccomp.",
        ),
    ),
    Wall.LIMITS: _Words(
        ("上限", "Limits"),
        (
            "一通のメールが、メモリー、CPU、ディスクを使い尽くせます。",
            "one mail may use up memory, CPU and disk.",
        ),
        (
            "setrlimit を妨げている設定を直してください。",
            "Correct what refuses setrlimit.",
        ),
    ),
    None: _Words(
        ("持ち物", "Belongings"),
        (
            "子プロセスが、ゲートウェイのファイルや秘密を受け継ぎます。",
            "a child inherits files or secrets of the gateway.",
        ),
        (
            "これを認める設定はありません。ゲートウェイの動かし方を確かめてください。",
            "No setting accepts this; look at how the gateway is started.",
        ),
    ),
}
NO_OFFICE = (
    (
        "LibreOffice がありません。古い形式の Office 文書、RTF、XLSB、EMF と WMF の図は遮断されます"
        "(メールは保留。apt-get install libreoffice-nogui)。"
    ),
    (
        "LibreOffice is not here: old Office files, RTF, XLSB, EMF and WMF drawings are blocked "
        "(and their mail is held; apt-get install libreoffice-nogui)."
    ),
)


async def walls(settings: Settings, rules: Rules, path: Path) -> list[WallCheck]:
    """All walls, tried in real children; `path`: of gateway.toml, which no child may read."""
    try:
        proofs = await prove_walls(settings, rules, (READER, CONVERTER), also=(path,))
    except CannotStart as failure:
        return [_no_child(str(failure))]
    warm = await _warm(settings, rules, path)
    accepted = frozenset(settings.children.accept_missing_walls)
    here = _what_is_here(settings, rules)
    checks = [_checked(wall, proofs, here[wall], accepted) for wall in (*Wall, None)]
    return [*checks, _converter(proofs, warm, accepted)]


async def _warm(settings: Settings, rules: Rules, path: Path) -> Proofs | str:
    """Of a LibreOffice that is kept warm; why there is none."""
    if not find_office(OFFICE):
        return ""
    try:
        return await prove_walls(settings, rules, (WARM_CONVERTER,), also=(path,))
    except CannotStart as failure:
        return str(failure)


def _checked(wall: Wall | None, proofs: Proofs, here: tuple[str, str], accepted: frozenset[Wall]) -> WallCheck:
    tried = [proof for proof in proofs.proofs if proof.enclosure == READER.name and proof.wall is wall]
    through = [proof for proof in tried if not proof.held]
    missing = next((each.reason for each in proofs.missing if each.wall is wall), "")
    broken = bool(through or missing or not tried)
    words = WORDS[wall]
    return WallCheck(
        wall=wall or "belongings",
        name_ja=words.name[0],
        name_en=words.name[1],
        status=_status(broken=broken, accepted=wall in accepted),
        detail_ja=_outcome(here[0], tried, through, missing, 0),
        detail_en=_outcome(here[1], tried, through, missing, 1),
        tried=len(tried),
        got_through=tuple(proof.en for proof in through),
        advice_ja=_advice(wall, 0, broken=broken, accepted=wall in accepted),
        advice_en=_advice(wall, 1, broken=broken, accepted=wall in accepted),
    )


def _status(*, broken: bool, accepted: bool) -> Status:
    if not broken:
        return Status.OK
    return Status.WARNING if accepted else Status.BAD


def _advice(wall: Wall | None, language: int, *, broken: bool, accepted: bool) -> str:
    words = WORDS[wall]
    if not broken:
        holds = (
            "働いています。children.accept_missing_walls から外してください。",
            "It holds: take it out of children.accept_missing_walls.",
        )
        return holds[language] if accepted else ""
    if accepted:
        return (f"設定で認めた欠け: {words.without[0]}", f"Accepted as missing: {words.without[1]}")[language]
    if wall is None:
        return words.remedy[language]
    way_out = (
        f'無いまま動かすなら children.accept_missing_walls = ["{wall}"]。その場合、{words.without[0]}',
        f'To run without it: children.accept_missing_walls = ["{wall}"]; then {words.without[1]}',
    )
    return f"{words.remedy[language]}\n{way_out[language]}"


def _outcome(here: str, tried: Sequence[Proof], through: Sequence[Proof], missing: str, language: int) -> str:
    if not through and not missing:
        attempts = "1 attempt" if len(tried) == 1 else f"{len(tried)} attempts"
        return f"{here}: {(f'{len(tried)} 通りの試みを全て阻止', f'{attempts}, all stopped')[language]}"
    told = [missing] if missing else []
    if through:
        told.append(
            (
                f"{len(tried)} 通りのうち {len(through)} 通りを止められない: {_named(through, language)}",
                f"{len(through)} of {len(tried)} attempts not stopped: {_named(through, language)}",
            )[language]
        )
    return "\n".join(told)


def _named(through: Sequence[Proof], language: int) -> str:
    names = [_attempt(proof, language) for proof in through[:NAMED]]
    more = len(through) - len(names)
    joined = ("、", ", ")[language].join(names)
    return joined + ((f" ほか {more}", f" and {more} more")[language] if more else "")


def _attempt(proof: Proof, language: int) -> str:
    """What was tried; with how it ended where that is no plain success."""
    name = (proof.ja, proof.en)[language]
    if proof.ending is Ending.THROUGH:
        return name
    if proof.ending is Ending.UNPROVEN:
        return f"{name} ({('証明できず', 'not proven')[language]}: {proof.detail})"
    return f"{name} ({proof.detail})"


def _what_is_here(settings: Settings, rules: Rules) -> dict[Wall | None, tuple[str, str]]:
    user = settings.children.user if os.geteuid() == 0 else f"uid {os.geteuid()}"
    memory, files = rules.budget.memory // MEBIBYTE, READER.files
    return {
        Wall.USER: (user, user),
        Wall.NO_NEW_PRIVILEGES: ("no_new_privs", "no_new_privs"),
        Wall.FILES: (landlock(), landlock()),
        Wall.SYSTEM_CALLS: (seccomp(), seccomp()),
        Wall.LIMITS: (f"メモリー {memory} MiB、ファイル {files}", f"memory {memory} MiB, files {files}"),
        None: ("開いたファイル、環境変数", "open files, environment"),
    }


def landlock() -> str:
    """Its version on this kernel."""
    try:
        return f"Landlock ABI {abi_version()}"
    except LandlockError as error:
        return f"Landlock: {error.strerror}"


def seccomp() -> str:
    """The library that makes the filter."""
    return f"seccomp ({ctypes.util.find_library('seccomp') or '-'})"


def _converter(proofs: Proofs, warm: Proofs | str, accepted: frozenset[Wall]) -> WallCheck:
    tried = [proof for proof in proofs.proofs if proof.enclosure == CONVERTER.name]
    if isinstance(warm, Proofs):
        tried += [proof for proof in warm.proofs if proof.enclosure == WARM_CONVERTER.name]
    through = [proof for proof in tried if not proof.held]
    open_walls = {proof.wall for proof in through}
    office = find_office(OFFICE)
    status = _status(broken=bool(through), accepted=open_walls <= accepted)
    return WallCheck(
        wall="converter",
        name_ja="変換プログラム",
        name_en="Converter",
        status=status if office else max(status, Status.WARNING, key=list(Status).index),
        detail_ja=_outcome(_way(office, warm, 0), tried, through, "", 0),
        detail_en=_outcome(_way(office, warm, 1), tried, through, "", 1),
        tried=len(tried),
        got_through=tuple(proof.en for proof in through),
        advice_ja="" if office else NO_OFFICE[0],
        advice_en="" if office else NO_OFFICE[1],
    )


def _way(office: str, warm: Proofs | str, language: int) -> str:
    """LibreOffice, and whether it is kept warm."""
    if not office:
        return "-"
    if isinstance(warm, Proofs):
        return f"{office}, {('常駐 (文書ごとに複製)', 'kept warm (forked for each document)')[language]}"
    return f"{office}, {('文書ごとに起動', 'started for each document')[language]} ({warm})"


def find_office(folders: Iterable[str]) -> str:
    """LibreOffice of the first folder that has one: its version and its place; "" when none has."""
    for folder in folders:
        program = Path(folder) / "program"
        if (program / "soffice.bin").is_file():
            return f"{_product(program / 'bootstraprc')}, {program}"
    return ""


def _product(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return next((line.removeprefix(PRODUCT) for line in lines if line.startswith(PRODUCT)), "LibreOffice")


def _no_child(reason: str) -> WallCheck:
    return WallCheck(
        wall="belongings",
        name_ja="壁",
        name_en="Walls",
        status=Status.BAD,
        detail_ja=f"子プロセスが始まらず、証明できません: {reason}",
        detail_en=f"no child process comes up, so nothing is proven: {reason}",
        tried=0,
        got_through=(),
        advice_ja="ログと children.user を確かめてください。",
        advice_en="Look at the log and at children.user.",
    )
