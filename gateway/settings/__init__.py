"""gateway.toml and rules.toml: their structure, how they are read, and what must hold between their keys."""

from gateway.settings.decoding import SettingsError
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

__all__ = [
    "Children",
    "Configuration",
    "DeliverySettings",
    "Endings",
    "Limits",
    "Listener",
    "Passwords",
    "Route",
    "Secret",
    "SenderChecks",
    "Settings",
    "SettingsError",
    "StoreSettings",
    "TlsOffer",
    "TlsPolicy",
    "WebSettings",
    "find_settings",
    "load_configuration",
    "load_rules",
    "load_settings",
    "secret_value",
]
