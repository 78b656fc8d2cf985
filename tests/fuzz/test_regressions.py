"""What the search once found, each through its target again: `regressions/TARGET-what-it-was`."""

import email
from pathlib import Path

import pytest

from sanitizers.registry import BUILT_IN
from sanitizers.rules import Links, Profile
from tests.fuzz.carrying import PLAIN
from tests.fuzz.cleaning import check_mail, leaves, shown, task, words
from tests.fuzz.hiding import CANARY
from tests.fuzz.mails import REGRESSIONS, sober
from tests.fuzz.targets import TARGETS

FOUND = sorted(REGRESSIONS.iterdir())


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_it_stays_mended(path: Path) -> None:
    TARGETS[path.name.partition("-")[0]].run(path.read_bytes())


def attached(field: bytes) -> bytes:
    return sober(
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + field + b"\r\n\r\nx\r\n--b--\r\n",
        b"multipart/mixed; boundary=b",
    )


def test_a_comment_in_the_date_of_an_attached_mail_is_not_shown() -> None:
    clean = check_mail(attached(f"Date: Sat, 21 Nov 2026 10:00:00 +0900 ({CANARY})".encode())).data
    assert clean is not None
    assert "Sat, 21 Nov 2026 10:00:00 +0900\n\nx" in shown(clean).replace("\r", "")
    assert CANARY not in shown(clean)


@pytest.mark.parametrize("links", Links)
def test_addresses_in_the_subject_of_an_attached_mail_are_links_like_others(links: Links) -> None:
    clean = check_mail(attached(b"Subject: https://www.example.jp/"), task(Profile(links=links))).data
    assert clean is not None
    assert ("https://www.example.jp/" in shown(clean)) is (links is Links.KEPT)


@pytest.mark.parametrize("links", Links)
def test_a_file_name_in_the_notice_is_no_link(links: Links) -> None:
    part = (
        b"--b\r\n\r\nx\r\n--b\r\nContent-Type: application/octet-stream; name=www.example.jp\r\n\r\n\0\1\r\n--b--\r\n"
    )
    clean = check_mail(sober(part, b"multipart/mixed; boundary=b"), task(Profile(links=links)), BUILT_IN).data
    assert clean is not None
    assert ("www.example.jp" in shown(clean)) is (links is Links.KEPT)


@pytest.mark.parametrize("file", [b"GIF89a\x01\x00\x01\x00\0\0\0;", PLAIN * 20])
def test_a_file_that_claims_to_be_the_body_goes_on_as_a_file_and_not_as_words(file: bytes) -> None:
    clean = check_mail(sober(file)).data
    assert clean is not None
    text, attached = leaves(email.message_from_bytes(clean))
    assert text[0] == "text/plain"
    assert words(clean).startswith("---")  # the notice and nothing else
    assert attached == ("application/octet-stream", (PLAIN * 20)[: len(file)])


def test_there_are_some() -> None:
    assert FOUND
