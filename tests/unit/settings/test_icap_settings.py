"""[icap]: what must hold is said in one line that names the key; paths are those of the file's folder."""

from pathlib import Path

import pytest

from gateway.settings import SettingsError, load_configuration
from tests.servers.gateway import ROOT, SETTINGS

GOOD = {"allowed_networks": '["192.0.2.30/32"]', "owner": '"proxy@city.example.lg.jp"'}


def written(folder: Path, **keys: str) -> Path:
    path = folder / "gateway.toml"
    lines = [f"{key} = {value}" for key, value in (GOOD | keys).items() if value]
    rules = ROOT / "config" / "rules.toml"
    text = SETTINGS.format(
        folder=folder, rules=rules, port=2525, next_hop=2526, web=8080, store=f"sqlite:///{folder}/kiyome.db"
    )
    path.write_text(text + "\n[icap]\n" + "\n".join(lines) + "\n")
    return path


def test_the_least_that_must_be_said(tmp_path: Path) -> None:
    icap = load_configuration(written(tmp_path)).settings.icap
    assert icap is not None
    assert (icap.port, icap.pass_types, icap.profile) == (1344, (), "")


def test_certificates_are_beside_the_file(tmp_path: Path) -> None:
    for name in ("own.pem", "own.key"):
        (tmp_path / name).write_text("x")
    path = written(tmp_path, tls_certificate='"own.pem"', tls_key='"own.key"')
    icap = load_configuration(path).settings.icap
    assert icap is not None
    assert (icap.tls_certificate, icap.tls_key) == (str(tmp_path / "own.pem"), str(tmp_path / "own.key"))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("host", '"no host"', 'icap.host: "no host" is neither'),
        ("port", "70000", "icap.port: 70000 is not a port"),
        ("port", "0", "icap.port: must be greater than 0"),
        ("allowed_networks", "[]", "icap.allowed_networks: is empty"),
        ("allowed_networks", '["192.0.2.1/24"]', "icap.allowed_networks[0]: "),
        ("allowed_networks", "", "allowed_networks"),
        ("owner", '"nobody"', 'icap.owner: "nobody" is not a mail address'),
        ("owner", '"a@b@c.example"', "icap.owner: "),
        ("preview_bytes", "65537", "icap.preview_bytes: must be at most 65536"),
        ("wait_seconds", "-1", "icap.wait_seconds: must be greater than 0"),
        ("max_bytes", "99_000_000_000_000", "icap.max_bytes: must be at most file_budget.bytes_in"),
        ("profile", '"none"', 'icap.profile: there is no profile "none"'),
        ("tls_key", '"own.key"', "icap: tls_certificate and tls_key belong together"),
        ("tls_certificate", '"/nowhere/own.pem"', "icap.tls_certificate: /nowhere/own.pem cannot be read"),
        ("pass_types", '["text/*"]', 'icap.pass_types[0]: "text/*" is not a media type'),
        ("pass_types", '["Text/HTML"]', "icap.pass_types[0]: "),
        ("unknown", "1", "unknown"),
    ],
)
def test_a_problem_is_named(tmp_path: Path, key: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_configuration(written(tmp_path, **{key: value}))
    assert said in "\n".join(caught.value.problems)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_configuration(written(tmp_path, port="2525"))
    assert "icap.port: 2525 is taken by a listener" in "\n".join(caught.value.problems)
