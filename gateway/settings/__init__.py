"""gateway.toml and rules.toml: their structure, how they are read, and what must hold between their keys."""

from gateway.settings.decoding import SettingsError
from gateway.settings.folders import Preset, WatchedFolder
from gateway.settings.icap import Icap
from gateway.settings.loading import (
    Configuration,
    find_settings,
    load_configuration,
    load_rules,
    load_settings,
    secret_value,
)
from gateway.settings.structure import (
    Children,
    DeliverySettings,
    Endings,
    Limits,
    Listener,
    Notices,
    Oidc,
    Passwords,
    Route,
    Secret,
    SenderChecks,
    Settings,
    StoreSettings,
    TlsOffer,
    TlsPolicy,
    WebSettings,
)
from gateway.settings.transfers import TransferListener, TransferSettings

__all__ = [
    "Children",
    "Configuration",
    "DeliverySettings",
    "Endings",
    "Icap",
    "Limits",
    "Listener",
    "Notices",
    "Oidc",
    "Passwords",
    "Preset",
    "Route",
    "Secret",
    "SenderChecks",
    "Settings",
    "SettingsError",
    "StoreSettings",
    "TlsOffer",
    "TlsPolicy",
    "TransferListener",
    "TransferSettings",
    "WatchedFolder",
    "WebSettings",
    "find_settings",
    "load_configuration",
    "load_rules",
    "load_settings",
    "secret_value",
]
