"""What must hold between the keys of [icap] and the rest of the settings."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from gateway.settings.checks import is_address, is_hostname, not_positive, unreadable
from gateway.settings.icap import Icap
from gateway.settings.structure import Settings
from sanitizers.rules import Rules

_ADDRESS: Final = re.compile(r"[^\s@<>\x00-\x1f\x7f]{1,64}@([^\s@<>]{1,253})")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,99}/[a-z0-9][a-z0-9.+_-]{0,99}")
#: What a client may send before it waits; more is no preview (RFC 3507 section 4.5).
LARGEST_PREVIEW: Final = 65_536


def icap_problems(settings: Settings) -> list[str]:
    """Each problem is one line that names the key."""
    icap = settings.icap
    if icap is None:
        return []
    return [
        *not_positive(icap, "icap"),
        *_place_problems(icap, settings),
        *_certificate_problems(icap),
        *_type_problems(icap),
    ]


def icap_rule_problems(settings: Settings, rules: Rules) -> list[str]:
    """Problems of [icap] in the light of rules.toml."""
    icap = settings.icap
    if icap is None:
        return []
    problems = []
    if icap.profile and icap.profile not in rules.profiles:
        problems.append(f'icap.profile: there is no profile "{icap.profile}" in the rules')
    if icap.max_bytes > rules.file_budget.bytes_in:
        problems.append(f"icap.max_bytes: must be at most file_budget.bytes_in ({rules.file_budget.bytes_in})")
    return problems


def _place_problems(icap: Icap, settings: Settings) -> Iterator[str]:
    if not is_address(icap.host) and not is_hostname(icap.host):
        yield f'icap.host: "{icap.host}" is neither an address nor a host name'
    if icap.port > 65_535:
        yield f"icap.port: {icap.port} is not a port"
    if (icap.host, icap.port) in {(each.host, each.port) for each in settings.listeners}:
        yield f"icap.port: {icap.port} is taken by a listener"
    if not icap.allowed_networks:
        yield "icap.allowed_networks: is empty, so nobody could connect"
    for index, network in enumerate(icap.allowed_networks):
        try:
            ip_network(network)
        except ValueError as error:
            yield f"icap.allowed_networks[{index}]: {error}"
    found = _ADDRESS.fullmatch(icap.owner)
    if found is None or not is_hostname(found[1]):
        yield f'icap.owner: "{icap.owner}" is not a mail address'
    if icap.preview_bytes > LARGEST_PREVIEW:
        yield f"icap.preview_bytes: must be at most {LARGEST_PREVIEW}"


def _certificate_problems(icap: Icap) -> Iterator[str]:
    if bool(icap.tls_certificate) != bool(icap.tls_key):
        yield "icap: tls_certificate and tls_key belong together; one is missing"
    yield from unreadable(icap.tls_certificate, "icap.tls_certificate")
    yield from unreadable(icap.tls_key, "icap.tls_key")


def _type_problems(icap: Icap) -> Iterator[str]:
    for index, media_type in enumerate(icap.pass_types):
        if not _MEDIA_TYPE.fullmatch(media_type):
            yield f'icap.pass_types[{index}]: "{media_type}" is not a media type like "text/html", without a star'
