"""Finds and reads gateway.toml and rules.toml: relative paths resolved, everything checked, secrets fetched."""

import os
from pathlib import Path

import msgspec
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from gateway.settings.checks import rules_problems, settings_problems, together_problems
from gateway.settings.decoding import SettingsError, read, read_bytes
from gateway.settings.folders import WatchedFolder, folder_problems, folder_rule_problems
from gateway.settings.icap import Icap
from gateway.settings.icap_checks import icap_problems, icap_rule_problems
from gateway.settings.structure import Listener, Route, Secret, Settings, StoreSettings, WebSettings
from gateway.settings.transfer_checks import transfer_problems, transfer_rule_problems
from sanitizers.rules import Rules

SEARCHED = (Path("config/gateway.toml"), Path("/etc/kiyome/gateway.toml"))
ENVIRONMENT_KEY = "KIYOME_CONFIG"


class Configuration(msgspec.Struct, frozen=True):
    """Both files, read and checked together."""

    settings: Settings
    rules: Rules
    path: Path  #: of gateway.toml


def find_settings(given: str | None) -> Path:
    """The gateway.toml to use: the one given, else $KIYOME_CONFIG, else the first that exists of SEARCHED."""
    named = given or os.environ.get(ENVIRONMENT_KEY)
    if named:
        return Path(named)
    for candidate in SEARCHED:
        if candidate.is_file():
            return candidate
    places = ", ".join(str(path) for path in SEARCHED)
    raise SettingsError(f"no gateway.toml found ({places}); name one with --config or ${ENVIRONMENT_KEY}")


def load_configuration(path: Path) -> Configuration:
    """Both files; raises SettingsError with all problems of both at once."""
    try:
        settings = load_settings(path)
    except SettingsError as error:
        raise SettingsError(*error.problems, *_problems_beside(path)) from None
    rules = load_rules(Path(settings.rules))
    _raise_if_any(
        Path(settings.rules),
        [
            *together_problems(settings, rules),
            *transfer_rule_problems(settings, rules),
            *icap_rule_problems(settings, rules),
            *folder_rule_problems(settings.folders, rules),
        ],
    )
    return Configuration(settings, rules, path)


def _problems_beside(path: Path) -> tuple[str, ...]:
    """Of the usual rules file, when gateway.toml cannot say which it is."""
    rules_path = path.parent / "rules.toml"
    if not (path.is_file() and rules_path.is_file()):
        return ()
    try:
        load_rules(rules_path)
    except SettingsError as error:
        return error.problems
    return ()


def load_settings(path: Path) -> Settings:
    """gateway.toml with absolute paths; raises SettingsError with all its problems."""
    settings = _resolved(read(path, Settings), path.absolute().parent)
    _raise_if_any(
        path,
        [
            *settings_problems(settings),
            *transfer_problems(settings),
            *icap_problems(settings),
            *folder_problems(settings.folders),
            *_secret_problems(settings),
        ],
    )
    return settings


def load_rules(path: Path) -> Rules:
    """rules.toml; raises SettingsError with all its problems."""
    rules = read(path, Rules)
    _raise_if_any(path, rules_problems(rules))
    return rules


def rules_of(text: bytes) -> Rules:
    """What would be in rules.toml; raises SettingsError with all its problems."""
    rules = read_bytes(text, Rules, "rules.toml")
    _raise_if_any(Path("rules.toml"), rules_problems(rules))
    return rules


def secret_value(secret: Secret, where: str) -> bytes:
    """The secret without surrounding blanks; `where` is the key that asks for it, for the SettingsError."""
    if bool(secret.file) == bool(secret.env):
        raise SettingsError(f"{where}: give exactly one of file and env")
    value = _from_environment(secret.env, where) if secret.env else _from_file(secret.file, where)
    if not value:
        source = f"environment variable {secret.env}" if secret.env else secret.file
        raise SettingsError(f"{where}: {source} is empty")
    return value


def _from_environment(name: str, where: str) -> bytes:
    value = os.environ.get(name)
    if value is None:
        raise SettingsError(f"{where}: environment variable {name} is not set")
    return value.strip().encode()


def _from_file(name: str, where: str) -> bytes:
    try:
        return Path(name).read_bytes().strip()
    except OSError as error:
        raise SettingsError(f"{where}: {name} cannot be read: {error.strerror or error}") from None


def _secret_problems(settings: Settings) -> list[str]:
    problems: list[str] = []
    oidc = settings.web.oidc
    for where, secret in (
        ("report_key", settings.report_key),
        ("store.password", settings.store.password),
        ("passwords.organisation", settings.passwords.organisation),
        ("web.oidc.client_secret", oidc.client_secret if oidc else None),
    ):
        if secret is None:
            continue
        try:
            secret_value(secret, where)
        except SettingsError as error:
            problems += error.problems
    return problems


def _resolved(settings: Settings, folder: Path) -> Settings:
    """Relative paths are relative to the folder of the file that names them."""
    return msgspec.structs.replace(
        settings,
        rules=_absolute(settings.rules, folder),
        listeners=tuple(_resolved_listener(each, folder) for each in settings.listeners),
        routes=tuple(_resolved_route(each, folder) for each in settings.routes),
        report_key=_resolved_secret(settings.report_key, folder),
        store=_resolved_store(settings.store, folder),
        web=_resolved_web(settings.web, folder),
        folders=tuple(_resolved_folder(each, folder) for each in settings.folders),
        icap=_resolved_icap(settings.icap, folder),
        passwords=msgspec.structs.replace(
            settings.passwords, organisation=_resolved_secret(settings.passwords.organisation, folder)
        ),
    )


def _resolved_listener(listener: Listener, folder: Path) -> Listener:
    return msgspec.structs.replace(
        listener,
        tls_certificate=_absolute(listener.tls_certificate, folder),
        tls_key=_absolute(listener.tls_key, folder),
    )


def _resolved_route(route: Route, folder: Path) -> Route:
    return msgspec.structs.replace(route, ca_file=_absolute(route.ca_file, folder))


def _resolved_secret(secret: Secret | None, folder: Path) -> Secret | None:
    return secret and msgspec.structs.replace(secret, file=_absolute(secret.file, folder))


def _resolved_web(web: WebSettings, folder: Path) -> WebSettings:
    if web.oidc is None:
        return web
    secret = web.oidc.client_secret
    resolved = msgspec.structs.replace(secret, file=_absolute(secret.file, folder))
    return msgspec.structs.replace(web, oidc=msgspec.structs.replace(web.oidc, client_secret=resolved))


def _resolved_folder(watched: WatchedFolder, folder: Path) -> WatchedFolder:
    return msgspec.structs.replace(
        watched,
        intake=_absolute(watched.intake, folder),
        out=_absolute(watched.out, folder),
        error=_absolute(watched.error, folder),
        mount=_absolute(watched.mount, folder),
    )


def _resolved_icap(icap: Icap | None, folder: Path) -> Icap | None:
    return icap and msgspec.structs.replace(
        icap, tls_certificate=_absolute(icap.tls_certificate, folder), tls_key=_absolute(icap.tls_key, folder)
    )


def _resolved_store(store: StoreSettings, folder: Path) -> StoreSettings:
    return msgspec.structs.replace(
        store,
        url=_resolved_url(store.url, folder),
        blobs=_absolute(store.blobs, folder),
        password=_resolved_secret(store.password, folder),
    )


def _resolved_url(text: str, folder: Path) -> str:
    try:
        url: URL = make_url(text)
    except ArgumentError:
        return text  # settings_problems says so
    if url.get_backend_name() != "sqlite" or not url.database:
        return text
    return url.set(database=_absolute(url.database, folder)).render_as_string(hide_password=False)


def _absolute(path: str, folder: Path) -> str:
    return str(folder / path) if path else ""


def _raise_if_any(path: Path, problems: list[str]) -> None:
    if problems:
        raise SettingsError(*(f"{path}: {problem}" for problem in problems))
