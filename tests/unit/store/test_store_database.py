"""What database URLs and errors mean to the store."""

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from gateway.settings import StoreSettings
from gateway.store.database import store_url, translated
from gateway.store.errors import StoreFull, StoreUnavailable, StoreUnusable
from gateway.store.items import Store
from gateway.store.rows import storable


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense", "not a database URL"),
        ("mysql://localhost/kiyome", "sqlite or postgresql"),
        ("postgresql://localhost/kiyome", "sqlite or postgresql"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_a_url_that_cannot_be_a_store_is_refused(url: str, reason: str) -> None:
    with pytest.raises(StoreUnusable, match=reason):
        store_url(url, None)


def test_the_password_comes_from_beside_the_url() -> None:
    url = store_url("postgresql+psycopg://kiyome@db/kiyome", "s3cret")
    assert url.password == "s3cret"
    assert "s3cret" not in str(url)


async def test_a_database_that_is_not_there_is_said_without_the_password(tmp_path: object) -> None:
    settings = StoreSettings(url="postgresql+psycopg://kiyome@127.0.0.1:1/kiyome", blobs=f"{tmp_path}/blobs")
    with pytest.raises(StoreUnusable, match="cannot be opened") as raised:
        await Store.open(settings, secret="s3cret")
    assert "s3cret" not in str(raised.value)


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: object) -> None:
    settings = StoreSettings(url=f"sqlite:///{tmp_path}/kiyome.db", blobs="/proc/kiyome/blobs")
    with pytest.raises(StoreUnusable, match="/proc/kiyome/blobs"):
        await Store.open(settings)


def test_a_full_disk_of_postgresql_is_a_full_store() -> None:
    assert isinstance(translated(OperationalError("INSERT", None, psycopg.errors.DiskFull())), StoreFull)
    other = translated(OperationalError("INSERT", None, psycopg.errors.DeadlockDetected()))
    assert type(other) is StoreUnavailable


@pytest.mark.parametrize(("text", "stored"), [("件名", "件名"), ("a\0b", "a\ufffdb"), ("\ud800x", "?x"), ("", "")])
def test_what_no_database_holds_is_replaced(text: str, stored: str) -> None:
    assert storable(text) == stored
