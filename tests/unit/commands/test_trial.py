"""What a trial run makes and remembers, and the mailbox behind it."""

import asyncio
import mailbox
import smtplib
import socket
import stat
from pathlib import Path

import pytest
from cryptography import x509

from gateway.commands.trial_folder import alone, announce, announced, prepare, with_free_ports
from gateway.commands.trial_mailbox import start_mailbox
from gateway.settings import SettingsError, load_configuration
from gateway.web.mailbox import letters


def test_the_first_use_makes_everything_and_the_settings_load(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "trial")
    settings = load_configuration(folder.settings).settings
    assert settings.listeners[0].tls_certificate == str(tmp_path / "trial" / "tls" / "certificate.pem")
    assert settings.report_key
    certificate = x509.load_pem_x509_certificate((folder.path / "tls" / "certificate.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]


def test_no_secret_can_be_read_by_others(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "trial")
    for path in [folder.path / "tls" / "key.pem", folder.path / "secrets" / "report.key"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_the_next_use_changes_nothing(tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    folder.settings.write_text(folder.settings.read_text() + "# mine\n")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    prepare(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_taken_port_gives_way_to_a_free_one(tmp_path: Path) -> None:
    settings = load_configuration(prepare(tmp_path).settings).settings
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        path = tmp_path / "gateway.toml"
        path.write_text(path.read_text().replace("port = 2525", f"port = {port}"))
        settings = load_configuration(path).settings
        moved, addresses = with_free_ports(settings)
    assert moved.listeners[0].port != port
    assert addresses.smtp == f"127.0.0.1:{moved.listeners[0].port}"
    assert {f"{route.host}:{route.port}" for route in moved.routes} == {addresses.next_hop}


def test_two_trials_do_not_share_a_folder(tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    with alone(folder), pytest.raises(SettingsError, match="a trial run is on in this folder"), alone(folder):
        pass
    with alone(folder):
        pass


def test_addresses_are_found_again_and_nonsense_is_not_believed(tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    assert announced(tmp_path) is None
    _, addresses = with_free_ports(load_configuration(folder.settings).settings)
    announce(folder, addresses)
    assert announced(tmp_path) == addresses
    folder.running.write_text("{")
    assert announced(tmp_path) is None


async def test_the_mailbox_keeps_every_byte_and_its_envelope(tmp_path: Path) -> None:
    server = await start_mailbox(tmp_path / "mailbox", "127.0.0.1", 0, lambda content: b"original" not in content)
    port = server.sockets[0].getsockname()[1]
    mail = "Subject: x\r\n\r\n.dot\r\n日本語\r\n".encode()

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as client:
            client.sendmail("a@example.jp", ["b@city.example.jp", "c@city.example.jp"], mail)
            client.sendmail("a@example.jp", ["b@city.example.jp"], b"Subject: original\r\n\r\nunsafe\r\n")

    await asyncio.to_thread(send)
    server.close()
    kept_folder = mailbox.Maildir(tmp_path / "mailbox", create=False)
    (kept,) = kept_folder
    (unopened,) = kept_folder.get_folder("Unopened")
    assert unopened["Subject"] == "original"
    assert [letter.subject for letter in letters(tmp_path / "mailbox")] == ["x"]
    assert kept.get_all("Delivered-To") == ["b@city.example.jp", "c@city.example.jp"]
    assert mail.replace(b"\r\n", b"\n") in kept.as_bytes().replace(b"\r\n", b"\n")
