"""What must hold between the keys of [transfers] and the rest of gateway.toml."""

from collections.abc import Iterator
from ipaddress import ip_network

from gateway.settings.checks import is_address, is_hostname, is_web_address, not_positive, repeated
from gateway.settings.structure import Settings
from gateway.settings.transfers import TransferListener
from sanitizers.rules import Rules


def transfer_problems(settings: Settings) -> list[str]:
    """Each problem is one line that names the key."""
    return [
        *not_positive(settings.transfers, "transfers"),
        *_listener_problems(settings),
        *_host_problems(settings.transfers.webhook_hosts),
    ]


def transfer_rule_problems(settings: Settings, rules: Rules) -> list[str]:
    """Problems of [transfers] in the light of rules.toml."""
    return [
        f'transfers.profiles: there is no profile "{name}" in the rules'
        for name in settings.transfers.profiles
        if name not in rules.profiles
    ]


def _listener_problems(settings: Settings) -> Iterator[str]:
    listeners = settings.transfers.listeners
    taken = {(each.host, each.port): f'listener "{each.name}"' for each in settings.listeners}
    taken[settings.web.host, settings.web.port] = "[web]"
    for index, listener in enumerate(listeners):
        where = f"transfers.listeners[{index}]"
        yield from _one(listener, where)
        address = (listener.host, listener.port)
        if listener.port and address in taken:
            yield f"{where}.port: is taken by {taken[address]}"
        taken[address] = f'transfer listener "{listener.name}"'
    yield from repeated((each.name for each in listeners), "transfers.listeners.name")


def _one(listener: TransferListener, where: str) -> Iterator[str]:
    if not listener.name or not listener.name.isprintable():
        yield f"{where}.name: is empty or holds control characters"
    if not is_address(listener.host) and not is_hostname(listener.host):
        yield f'{where}.host: "{listener.host}" is neither an address nor a host name'
    if not 0 <= listener.port <= 65_535:  # 0 lets the system choose, as tests like it
        yield f"{where}.port: {listener.port} is not a port"
    if listener.public_url and not is_web_address(listener.public_url):
        yield f'{where}.public_url: must be like "https://files.city.example.lg.jp", without a path of parameters'


def _host_problems(hosts: tuple[str, ...]) -> Iterator[str]:
    for index, host in enumerate(hosts):
        if not is_hostname(host) and not _is_network(host):
            yield f'transfers.webhook_hosts[{index}]: "{host}" is neither a host name nor an address or network'


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True
