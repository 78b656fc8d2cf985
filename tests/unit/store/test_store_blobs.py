"""Spools: what they count, and what becomes of their file."""

import errno
import hashlib
from pathlib import Path

import pytest

from gateway.store.blobs import Blobs, Original, Recent, full_or_unavailable
from gateway.store.errors import BlobDamaged, BlobGone, StoreFull


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    made = Blobs(tmp_path / "blobs", 10)
    made.create()
    return made


@pytest.mark.parametrize("chunks", [[], [b"1234567890"], [b"12345", b"678901"], [b"x" * 100_000], [b"123", b"y" * 20]])
def test_a_spool_keeps_what_was_written(blobs: Blobs, chunks: list[bytes]) -> None:
    spool, data = blobs.spool(), b"".join(chunks)
    for chunk in chunks:
        spool.write(chunk)
    assert (spool.size, spool.hexdigest()) == (len(data), hashlib.sha256(data).hexdigest())
    assert spool.in_memory == (len(data) <= 10)
    kept = spool.keep()
    spool.discard()  # too late: it belongs to the store
    spool.committed()
    assert Original(kept.size, kept.data, blobs.path(kept.id), kept.sha256).read() == data


def test_a_discarded_spool_leaves_nothing(blobs: Blobs) -> None:
    spool = blobs.spool()
    spool.write(b"x" * 11)
    assert spool.incoming.exists()
    spool.discard()
    assert list(blobs.incoming.iterdir()) == []


def test_a_file_that_is_not_what_its_row_says_is_not_read_as_if_it_were(blobs: Blobs, tmp_path: Path) -> None:
    kept = hashlib.sha256(b"12345").hexdigest()
    for name, data in (("short", b"1234"), ("long", b"123456"), ("changed", b"12346")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BlobDamaged):
            Original(5, None, tmp_path / name, kept).read()
    with pytest.raises(BlobGone):
        Original(5, None, tmp_path / "missing", kept).read()


@pytest.mark.parametrize("changed", [b"12346", b"1234", b"X2345", b"12345" * 2, b"XXXXX" * 2, b""])
@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_of_a_file_that_was_changed_never_all_is_passed_on(tmp_path: Path, changed: bytes, size: int) -> None:
    (tmp_path / "blob").write_bytes(changed)
    kept = Original(5, None, tmp_path / "blob", hashlib.sha256(b"12345").hexdigest())
    passed: list[bytes] = []
    with pytest.raises(BlobDamaged):
        passed.extend(kept.chunks(size))
    assert len(b"".join(passed)) < 5
    (tmp_path / "blob").write_bytes(b"12345")
    assert b"".join(kept.chunks(size)) == b"12345"


def test_recent_blobs_are_few(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.blobs._RECENT_BYTES", 12)
    recent, kept = Recent(), []
    for data in (b"12345", b"67890", b"abcde"):
        spool = blobs.spool()
        spool.write(data)
        kept.append(spool.keep())
        recent.add(kept[-1])
    assert [recent.get(one.id) for one in kept] == [None, b"67890", b"abcde"]
    recent.forget()
    assert recent.get(kept[-1].id) is None


def test_no_room_has_many_names() -> None:
    for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        assert isinstance(full_or_unavailable(OSError(code, "")), StoreFull)
    assert not isinstance(full_or_unavailable(OSError(errno.EIO, "")), StoreFull)
