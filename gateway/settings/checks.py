"""What must hold between the keys of gateway.toml and rules.toml; each problem is one line that names the key."""

import os
import pwd
import re
import zoneinfo
from collections import Counter
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import idna
import msgspec
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway.model import Direction
from gateway.settings.structure import (
    Children,
    Listener,
    Oidc,
    Route,
    Settings,
    StoreSettings,
    TlsOffer,
    TlsPolicy,
)
from sanitizers.rules import Rules

STANDARD_PROFILE = "standard"
LANGUAGES = ("ja", "en")
STORE_DRIVERS = ("sqlite", "postgresql+psycopg")
PDF_RESOLUTIONS = (36, 600)  # pixels per inch: less cannot be read, more is only larger
MAY_BE_ZERO = frozenset(
    {"children.count", "passwords.look_back_hours", "store.inline_bytes", "store.minimum_free_bytes"}
)
DIRECTIONS = ("inbound", "outbound", "any")
ROLES = ("administrator", "operator", "approver", "auditor", "user")  # gateway.access.rights.Role

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"  # RFC 1123 section 2.1
_HOSTNAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_PATTERN_LOCAL_PART = re.compile(r"[^\s@*]+")


def settings_problems(settings: Settings) -> list[str]:
    """All problems of gateway.toml that its form does not show."""
    return [
        *_identity_problems(settings),
        *_domain_problems(settings),
        *_listener_problems(settings.listeners),
        *_route_problems(settings),
        *_number_problems(settings),
        *_store_problems(settings.store),
        *_nameserver_problems(settings.sender_checks.nameservers),
        *_children_problems(settings.children),
        *_web_problems(settings),
        *_oidc_problems(settings),
        *_notice_problems(settings),
    ]


def rules_problems(rules: Rules) -> list[str]:
    """All problems of rules.toml that its form does not show."""
    return [
        *([] if STANDARD_PROFILE in rules.profiles else [f'profiles: "{STANDARD_PROFILE}" is missing']),
        *_assignment_problems(rules),
        *_resolution_problems(rules),
        *not_positive(rules.budget, "budget"),
        *not_positive(rules.file_budget, "file_budget"),
        *not_positive(rules.retention, "retention"),
    ]


def together_problems(settings: Settings, rules: Rules) -> list[str]:
    """Problems of rules.toml in the light of gateway.toml."""
    if rules.budget.bytes_in < settings.limits.message_bytes:
        wanted = settings.limits.message_bytes
        return [f"budget.bytes_in: must be at least limits.message_bytes of gateway.toml ({wanted})"]
    if settings.transfers.listeners and rules.file_budget.bytes_in < settings.transfers.max_bytes:
        wanted = settings.transfers.max_bytes
        return [f"file_budget.bytes_in: must be at least transfers.max_bytes of gateway.toml ({wanted})"]
    return []


def is_hostname(text: str) -> bool:
    """RFC 1123 letters, digits and hyphens."""
    return _HOSTNAME.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """An IPv4 or IPv6 address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _identity_problems(settings: Settings) -> Iterator[str]:
    if not is_hostname(settings.hostname):
        yield f'hostname: "{settings.hostname}" is not a host name'
    if settings.zone not in zoneinfo.available_timezones():
        yield f'zone: "{settings.zone}" is not a time zone; write it like "Asia/Tokyo"'
    if settings.language not in LANGUAGES:
        yield f'language: "{settings.language}" is not one of {", ".join(LANGUAGES)}'
    if any(not character.isprintable() for character in settings.contact):
        yield "contact: must be one line without control characters"


def _domain_problems(settings: Settings) -> Iterator[str]:
    inbound = {route.domain.lower() for route in settings.routes if route.direction is Direction.INBOUND}
    takes_inbound = any(listener.direction is Direction.INBOUND for listener in settings.listeners)
    if takes_inbound and not settings.accepted_domains:
        yield "accepted_domains: is empty, so the inbound listeners would refuse every mail"
    for index, domain in enumerate(settings.accepted_domains):
        where = f"accepted_domains[{index}]"
        if problem := _domain_problem(domain):
            yield f"{where}: {problem}"
        elif not {domain.lower(), "*"} & inbound:
            yield f'{where}: no inbound route leads to "{domain}"; add one to routes for it or for "*"'
    yield from repeated((domain.lower() for domain in settings.accepted_domains), "accepted_domains")


def _domain_problem(domain: str) -> str:
    if domain.isascii():
        return "" if is_hostname(domain) else f'"{domain}" is not a domain'
    try:
        return f'write "{domain}" in its ASCII form: {idna.encode(domain).decode()}'
    except idna.IDNAError:
        return f'"{domain}" is not a domain'


def _listener_problems(listeners: tuple[Listener, ...]) -> Iterator[str]:
    if not listeners:
        yield "listeners: is empty, so nothing would be received"
    for index, listener in enumerate(listeners):
        where = f"listeners[{index}]"
        if not listener.name:
            yield f"{where}.name: is empty"
        if not is_address(listener.host) and not is_hostname(listener.host):
            yield f'{where}.host: "{listener.host}" is neither an address nor a host name'
        if not 0 <= listener.port <= 65_535:  # 0 lets the system choose, as tests like it
            yield f"{where}.port: {listener.port} is not a port"
        if listener.direction is Direction.OUTBOUND and not listener.allowed_networks:
            yield f"{where}.allowed_networks: an outbound listener must name its networks, or it would be an open relay"
        yield from _network_problems(listener, where)
        yield from _offer_problems(listener, where)
    yield from repeated((listener.name for listener in listeners), "listeners: name")
    yield from repeated((f"{each.host}:{each.port}" for each in listeners if each.port), "listeners: host and port")


def _network_problems(listener: Listener, where: str) -> Iterator[str]:
    for key in ("allowed_networks", "trusted_xclient", "trusted_proxies"):
        for index, network in enumerate(getattr(listener, key)):
            try:
                ip_network(network)
            except ValueError as error:
                yield f"{where}.{key}[{index}]: {error}"


def _offer_problems(listener: Listener, where: str) -> Iterator[str]:
    if bool(listener.tls_certificate) != bool(listener.tls_key):
        yield f"{where}: tls_certificate and tls_key belong together; one is missing"
    if listener.tls is TlsOffer.REQUIRED and not listener.tls_certificate:
        yield f'{where}.tls: "required" needs tls_certificate and tls_key'
    if listener.tls is not TlsOffer.OFF:
        yield from unreadable(listener.tls_certificate, f"{where}.tls_certificate")
        yield from unreadable(listener.tls_key, f"{where}.tls_key")


def _route_problems(settings: Settings) -> Iterator[str]:
    for index, route in enumerate(settings.routes):
        where = f"routes[{index}]"
        if route.domain != "*" and (problem := _domain_problem(route.domain)):
            yield f"{where}.domain: {problem}"
        if not is_address(route.host) and not is_hostname(route.host):
            yield f'{where}.host: "{route.host}" is neither an address nor a host name'
        if not 1 <= route.port <= 65_535:
            yield f"{where}.port: {route.port} is not a port"
        if route.tls is not TlsPolicy.VERIFIED and route.ca_file:
            yield f'{where}.ca_file: has a meaning only with tls = "verified"'
        yield from unreadable(route.ca_file, f"{where}.ca_file")
        for listener in settings.listeners:
            if _leads_back(route, listener, settings.hostname):
                yield f'{where}: {route.host}:{route.port} is our own listener "{listener.name}": mail would loop'
    yield from repeated((f"{each.direction} {each.domain.lower()}" for each in settings.routes), "routes: domain")
    directions = {route.direction for route in settings.routes}
    for index, listener in enumerate(settings.listeners):
        if listener.direction is Direction.OUTBOUND and Direction.OUTBOUND not in directions:
            yield f'listeners[{index}]: no outbound route exists; add one to routes with direction = "outbound"'


def _leads_back(route: Route, listener: Listener, hostname: str) -> bool:
    if route.port != listener.port:
        return False
    if route.host.lower() == listener.host.lower():
        return True
    ours = {hostname.lower(), "localhost", "127.0.0.1", "::1"}
    return listener.host in {"", "0.0.0.0", "::", *ours} and route.host.lower() in ours  # noqa: S104 - compared, not bound


def _number_problems(settings: Settings) -> Iterator[str]:
    limits, delivery = settings.limits, settings.delivery
    for part in ("limits", "store", "delivery", "sender_checks", "children", "notices", "passwords"):
        yield from not_positive(getattr(settings, part), part)
    if limits.header_bytes > limits.message_bytes:
        yield f"limits.header_bytes: must not exceed limits.message_bytes ({limits.message_bytes})"
    if limits.line_octets < 998:
        yield "limits.line_octets: must be at least 998 (RFC 5321 section 4.5.3.1.6)"
    if limits.command_octets < 512:
        yield "limits.command_octets: must be at least 512 (RFC 5321 section 4.5.3.1.4)"
    if limits.recipients < 100:
        yield "limits.recipients: must be at least 100 (RFC 5321 section 4.5.3.1.8)"
    if limits.connections_per_network > limits.connections:
        yield f"limits.connections_per_network: must not exceed limits.connections ({limits.connections})"
    if delivery.retry_max_seconds < delivery.retry_first_seconds:
        yield f"delivery.retry_max_seconds: must be at least retry_first_seconds ({delivery.retry_first_seconds})"
    if delivery.give_up_seconds < delivery.retry_max_seconds:
        yield f"delivery.give_up_seconds: must be at least retry_max_seconds ({delivery.retry_max_seconds})"


def _resolution_problems(rules: Rules) -> Iterator[str]:
    lowest, highest = PDF_RESOLUTIONS
    for name, profile in rules.profiles.items():
        if not lowest <= profile.pdf_resolution <= highest:
            yield f"profiles.{name}.pdf_resolution: must be {lowest} to {highest}, not {profile.pdf_resolution}"


def not_positive(part: msgspec.Struct, where: str) -> Iterator[str]:
    """Numbers that are zero or less, but for those that may be."""
    for field in msgspec.structs.fields(part):
        value, key = getattr(part, field.name), f"{where}.{field.name}"
        if not isinstance(value, int) or value > 0:
            continue
        if value < 0 or key not in MAY_BE_ZERO:
            yield f"{key}: must be {'0 or more' if key in MAY_BE_ZERO else 'greater than 0'}, not {value}"


def _store_problems(store: StoreSettings) -> Iterator[str]:
    if not store.blobs:
        yield "store.blobs: is empty"
    try:
        url = make_url(store.url)
    except ArgumentError:
        yield "store.url: is not a database URL"  # not quoted: it may hold a password
        return
    if url.drivername not in STORE_DRIVERS:
        yield f'store.url: "{url.drivername}" is not one of {", ".join(STORE_DRIVERS)}'
    elif not url.database or url.database == ":memory:":
        yield "store.url: names no database; a store in memory would lose mail"
    if store.password and url.password:
        yield "store.password: the URL holds a password too; give it in one place"


def _nameserver_problems(nameservers: Iterable[str]) -> Iterator[str]:
    for index, nameserver in enumerate(nameservers):
        bracketed = re.fullmatch(r"\[(.+)\]:(\d+)", nameserver)
        host, _, port = (bracketed[1], ":", bracketed[2]) if bracketed else nameserver.partition(":")
        if is_address(nameserver) or (is_address(host) and port.isdecimal() and 0 < int(port) <= 65_535):
            continue
        where = f"sender_checks.nameservers[{index}]"
        yield f'{where}: "{nameserver}" is not an address such as 192.0.2.53 or 192.0.2.53:5353'


def _children_problems(children: Children) -> Iterator[str]:
    yield from repeated(children.accept_missing_walls, "children.accept_missing_walls")
    if os.geteuid() != 0:  # then a child stays who it is
        return
    try:
        entry = pwd.getpwnam(children.user)
    except (KeyError, ValueError):  # ValueError: a NUL in it
        yield f'children.user: there is no user "{children.user}" on this system'
        return
    if 0 in (entry.pw_uid, entry.pw_gid):
        yield f'children.user: "{children.user}" is root or in its group; name one without rights, such as "nobody"'


def _web_problems(settings: Settings) -> Iterator[str]:
    web = settings.web
    if not is_address(web.host) and not is_hostname(web.host):
        yield f'web.host: "{web.host}" is neither an address nor a host name'
    if not 0 <= web.port <= 65_535:
        yield f"web.port: {web.port} is not a port"
    yield from _public_problems(settings)
    for key in ("session_minutes", "session_hours"):
        if getattr(web, key) <= 0:
            yield f"web.{key}: must be greater than 0, not {getattr(web, key)}"
    for key in ("trusted_proxies", "metrics_networks"):
        for index, network in enumerate(getattr(web, key)):
            try:
                ip_network(network)
            except ValueError as error:
                yield f"web.{key}[{index}]: {error}"
    for listener in settings.listeners:
        if web.port and web.port == listener.port and web.host == listener.host:
            yield f'web.port: is taken by listener "{listener.name}"'


def _public_problems(settings: Settings) -> Iterator[str]:
    if settings.web.public_url and not is_web_address(settings.web.public_url):
        yield 'web.public_url: must be like "https://kiyome.example.lg.jp", without a path of parameters'


def is_web_address(text: str) -> bool:
    """Http or https, a host, and nothing that would come before what is put behind it."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username) and text.isascii() and text.isprintable()
    return parts.scheme in {"http", "https"} and is_hostname(parts.hostname or "") and port != 0 and plain


def _oidc_problems(settings: Settings) -> Iterator[str]:
    oidc = settings.web.oidc
    if oidc is None:
        return
    if not is_web_address(oidc.issuer):
        yield 'web.oidc.issuer: must be like "https://login.example.jp/realm"'
    elif urlsplit(oidc.issuer).scheme != "https" and settings.web.secure_cookies:
        yield "web.oidc.issuer: must be an https address; plain http is for trials with secure_cookies = false"
    if not settings.web.public_url:
        yield "web.oidc: needs web.public_url, the address that the provider sends people back to"
    if "openid" not in oidc.scopes:
        yield 'web.oidc.scopes: "openid" must be one of them'
    yield from _oidc_text_problems(oidc)


def _oidc_text_problems(oidc: Oidc) -> Iterator[str]:
    for key in ("client_id", "login_claim", "role_claim", "button_ja", "button_en"):
        if not getattr(oidc, key).strip():
            yield f"web.oidc.{key}: is empty"
    if not oidc.roles:
        yield "web.oidc.roles: is empty, so nobody could sign in"
    for value, role in oidc.roles.items():
        if role not in ROLES:
            yield f'web.oidc.roles.{value}: "{role}" is not one of {", ".join(ROLES)}'
    if oidc.timeout_seconds <= 0:
        yield f"web.oidc.timeout_seconds: must be greater than 0, not {oidc.timeout_seconds}"


def _notice_problems(settings: Settings) -> Iterator[str]:
    notices = settings.notices
    if notices.digest_at and not _CLOCK.fullmatch(notices.digest_at):
        yield f'notices.digest_at: "{notices.digest_at}" is not a time such as "08:00"'
    ours = {domain.lower() for domain in settings.accepted_domains}
    for index, address in enumerate(notices.administrators):
        local_part, _, domain = address.rpartition("@")
        if not _PATTERN_LOCAL_PART.fullmatch(local_part) or not address.isprintable() or domain.lower() not in ours:
            yield f'notices.administrators[{index}]: "{address}" is not an address of one of accepted_domains'


def _assignment_problems(rules: Rules) -> Iterator[str]:
    for index, assignment in enumerate(rules.assignments):
        where = f"assignments[{index}]"
        if assignment.profile not in rules.profiles:
            yield f'{where}.profile: "{assignment.profile}" is not one of the profiles ({", ".join(rules.profiles)})'
        if assignment.direction not in DIRECTIONS:
            yield f'{where}.direction: "{assignment.direction}" is not one of {", ".join(DIRECTIONS)}'
        if not assignment.recipients:
            yield f"{where}.recipients: is empty, so it would match nobody"
        for number, pattern in enumerate(assignment.recipients):
            if not _is_pattern(pattern):
                yield f'{where}.recipients[{number}]: "{pattern}" is not "*", "*@domain" or "user@domain"'


def _is_pattern(pattern: str) -> bool:
    if pattern == "*":
        return True
    local_part, _, domain = pattern.rpartition("@")
    return is_hostname(domain) and (local_part == "*" or _PATTERN_LOCAL_PART.fullmatch(local_part) is not None)


def unreadable(path: str, where: str) -> Iterator[str]:
    """A file that is named and cannot be opened."""
    if not path:
        return
    try:
        with Path(path).open("rb"):
            pass
    except OSError as error:
        yield f"{where}: {path} cannot be read: {error.strerror or error}"


def repeated(values: Iterable[str], where: str) -> Iterator[str]:
    """Values that are given more than once."""
    for value, count in Counter(values).items():
        if count > 1:
            yield f'{where}: "{value}" is given {count} times'
