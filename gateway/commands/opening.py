"""The store as a command sees it: opened by the settings it was given, closed at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from gateway.settings import Settings, SettingsError, find_settings, load_settings, secret_value
from gateway.store.errors import StoreError
from gateway.store.items import Store


class Open(msgspec.Struct, frozen=True):
    """What a command works on."""

    store: Store
    settings: Settings


@asynccontextmanager
async def open_store(config: str | None) -> AsyncIterator[Open]:
    """The store of the settings; raises SettingsError when either cannot be used."""
    settings = load_settings(find_settings(config))
    store = await opened(settings)
    try:
        yield Open(store, settings)
    finally:
        await store.close()


async def opened(settings: Settings) -> Store:
    """The store; a failure becomes a SettingsError, since it is the settings that name it."""
    password = settings.store.password
    secret = secret_value(password, "store.password").decode() if password else None
    try:
        return await Store.open(settings.store, secret=secret)
    except StoreError as error:
        raise SettingsError(f"store: {error}") from error
