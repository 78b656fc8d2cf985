"""[transfers]: what must hold together with the rules is said in one line that names the key."""

from pathlib import Path

import pytest

from gateway.settings import SettingsError, load_configuration
from tests.servers.gateway import ROOT, SETTINGS


def written(folder: Path, keys: str) -> Path:
    path = folder / "gateway.toml"
    text = SETTINGS.format(
        folder=folder,
        rules=ROOT / "config" / "rules.toml",
        port=2525,
        next_hop=2526,
        web=8080,
        store=f"sqlite:///{folder}/kiyome.db",
    )
    path.write_text(f"{text}\n[transfers]\n{keys}\n")
    return path


def test_nobody_chooses_a_profile_unless_the_settings_say_so(tmp_path: Path) -> None:
    assert load_configuration(written(tmp_path, "")).settings.transfers.profiles == ()
    assert load_configuration(written(tmp_path, 'profiles = ["standard"]')).settings.transfers.profiles == ("standard",)


def test_a_profile_that_callers_may_ask_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r'transfers\.profiles: there is no profile "none" in the rules'):
        load_configuration(written(tmp_path, 'profiles = ["none"]'))
