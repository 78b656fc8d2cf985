"""A Kiyome with a listener on each side, and the token of a system that hands files in."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.access.callers import TOKEN_PREFIX, new_token, token_hash
from gateway.access.rights import Right, Role
from gateway.settings import load_settings
from gateway.store.items import Store
from gateway.store.people import NewPerson
from gateway.store.tokens import NewToken
from tests.servers.gateway import Gateway
from tests.servers.ports import free_port

LISTENER = """
[[transfers.listeners]]
name = "{name}"
segment = "{segment}"
host = "127.0.0.1"
port = {port}
public_url = "http://127.0.0.1:{port}"
same_side = {same_side}
"""


class TransferGateway(Gateway):
    """`out` is the Internet side, `inside` the LGWAN side, `systems` hands back to its own."""

    def __init__(self, folder: Path, *, extra: str = "", transfers: str = "") -> None:
        ports = {name: free_port() for name in ("out", "inside", "systems")}
        listeners = "".join(
            LISTENER.format(
                name=name,
                segment="internet" if name == "out" else "lgwan",
                port=port,
                same_side="true" if name == "systems" else "false",
            )
            for name, port in ports.items()
        )
        super().__init__(
            folder, free_port(), extra=f"secure_cookies = false\n[transfers]\n{transfers}{listeners}{extra}"
        )
        self.out, self.inside, self.systems = (f"http://127.0.0.1:{port}" for port in ports.values())

    def token(self, login: str = "bunsho") -> str:
        """Of a new account; to be made while the gateway does not run."""
        return asyncio.run(_token(self.settings, login))


async def _token(settings: Path, login: str) -> str:
    store = await Store.open(load_settings(settings).store)
    try:
        new = NewPerson(
            login=login, name=login, address=f"{login}@city.example.lg.jp", role=Role.OPERATOR, domains=None
        )
        person = await store.people.add(new, None, actor="test")
        value = TOKEN_PREFIX + new_token()
        token = NewToken(
            token=token_hash(value),
            person_id=person.id,
            name="test",
            rights=frozenset({Right.TRANSFER}),
            ends_at=datetime.now(UTC) + timedelta(days=1),
        )
        await store.people.tokens.add(token, actor="test")
    finally:
        await store.close()
    return value
