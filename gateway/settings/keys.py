"""Keys that the gateway makes itself, once, and keeps beside the store, readable by its owner only."""

import contextlib
import os
import secrets
from pathlib import Path

from gateway.settings.structure import Settings

KEY_BYTES = 32  # as long as the digest of HMAC-SHA256 (RFC 2104), and a key of AES-256


def access_key_path(settings: Settings) -> Path:
    """Of the key that people's secrets are sealed with."""
    return Path(settings.store.blobs).parent / "access.key"


def webhook_key_path(settings: Settings) -> Path:
    """Of the key that the secrets of webhooks come from."""
    return Path(settings.store.blobs).parent / "webhook.key"


def kept_key(path: Path) -> bytes:
    """The key in this file, made when there is none. Raises OSError when it can be neither read nor made."""
    if not path.exists():
        _make_key(path)
    return path.read_bytes()


def _make_key(path: Path) -> None:
    """Written whole or not at all: another process may look for it at the same moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)  # unlike a rename, never replaces a key that is already in use
    draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
