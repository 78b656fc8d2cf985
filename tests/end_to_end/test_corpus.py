"""Every mail of the corpus through a running gateway into a capturing next hop: none lost, none passed as it came."""

import asyncio
import csv
import email
import email.errors
import email.header
import email.message
import re
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import fast_mail_parser
import pytest
from bs4 import BeautifulSoup

from gateway.model import Item, ItemState
from gateway.settings import StoreSettings
from gateway.store.items import ItemQuery, Store
from tests.servers.gateway import Gateway
from tests.servers.sink import Arrival, Sink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2700)]

SINGLETONS = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "reply-to",
)
TAG = re.compile(r"</?(?:html|body|script|iframe|table|div|span|font|meta|style)\b[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class Relayed:
    """What the gateway made of the corpus."""

    sent: dict[str, str]  # recipient → file
    refused: dict[str, str]  # file → reply
    items: dict[str, Item]  # recipient → item
    arrivals: dict[str, Arrival]  # recipient → mail


@pytest.fixture(scope="module")
def corpus_mails() -> dict[str, Path]:
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
    if not (folder / "INDEX.tsv").exists():
        pytest.skip("the shared corpus is not beside the project")
    with (folder / "INDEX.tsv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["kind"] == "mail"]
    return {row["local"]: folder / row["local"] for row in rows}


def as_smtp_lines(data: bytes) -> bytes:
    """The file with CRLF line ends, as the mail client that sent it would have written them."""
    return re.sub(rb"\r\n|\r|\n", b"\r\n", data.replace(b"\0", b""))


def send_all(gateway: Gateway, mails: dict[str, Path]) -> tuple[dict[str, str], dict[str, str]]:
    """Each mail to a recipient of its own, as raw bytes over SMTP; what was sent and what was refused."""
    sent: dict[str, str] = {}
    refused: dict[str, str] = {}
    client = smtplib.SMTP("127.0.0.1", gateway.port, local_hostname="corpus.example.jp")
    for number, (name, path) in enumerate(sorted(mails.items())):
        recipient = f"m{number:04d}@city.example.lg.jp"
        try:
            client.sendmail("sender@example.jp", [recipient], as_smtp_lines(path.read_bytes()))
        except smtplib.SMTPDataError as error:
            refused[name] = f"{error.smtp_code} {error.smtp_error!r}"
            client.close()
            client = smtplib.SMTP("127.0.0.1", gateway.port, local_hostname="corpus.example.jp")
        else:
            sent[recipient] = name
    client.quit()
    return sent, refused


async def finished_items(gateway: Gateway, count: int, seconds: float) -> dict[str, Item]:
    """Wait until no item is on its way any more; items by recipient."""
    store = await Store.open(
        StoreSettings(url=f"sqlite:///{gateway.folder}/kiyome.db", blobs=f"{gateway.folder}/blobs")
    )
    try:
        final = {ItemState.DELIVERED, ItemState.HELD, ItemState.BOUNCED}
        for _ in range(int(seconds * 2)):
            counts = await store.counts()
            if sum(counts.get(state, 0) for state in final) >= count:
                break
            await asyncio.sleep(0.5)
        items = await store.items(ItemQuery(limit=5 * count))
        return {item.envelope.recipients[0].address: item for item in items if item.channel.value == "smtp"}
    finally:
        await store.close()


@pytest.fixture(scope="module")
def relayed(corpus_mails: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relayed]:
    extra = '\n[limits]\nendings = "normalise"\nline_octets = 100000\n'
    with Sink() as sink, Gateway(tmp_path_factory.mktemp("corpus"), sink.port, extra=extra) as gateway:
        sent, refused = send_all(gateway, corpus_mails)
        items = asyncio.run(finished_items(gateway, len(sent), 2_000))
        # Letters of our own ask for the passwords of locked files; they come from nobody (RFC 5321 6.1).
        mails = [arrival for arrival in sink.arrivals if arrival.mail_from]
        yield Relayed(sent, refused, items, {arrival.recipients[0]: arrival for arrival in mails})


def test_every_mail_is_delivered_or_held_with_a_reason(relayed: Relayed) -> None:
    assert not relayed.refused
    assert set(relayed.items) == set(relayed.sent)
    for recipient, item in relayed.items.items():
        name = relayed.sent[recipient]
        assert item.state in {ItemState.DELIVERED, ItemState.HELD}, name
        assert item.decision is not None, name
        assert item.decision.rule, name
        assert item.decision.reason or item.state is ItemState.DELIVERED, name
        assert (item.state is ItemState.DELIVERED) == (recipient in relayed.arrivals), name


def test_few_are_held(relayed: Relayed) -> None:
    held = {
        relayed.sent[recipient]: item.decision
        for recipient, item in relayed.items.items()
        if item.state is ItemState.HELD
    }
    assert len(held) < len(relayed.items) * 0.05, held


def test_no_child_crashed(relayed: Relayed) -> None:
    for recipient, item in relayed.items.items():
        assert item.decision is not None
        assert not item.decision.rule.startswith("engine."), (relayed.sent[recipient], item.decision)


def test_the_bytes_of_every_delivered_mail_are_strict(relayed: Relayed) -> None:
    for recipient, arrival in relayed.arrivals.items():
        name, content = relayed.sent[recipient], arrival.content
        assert b"\0" not in content, name
        assert not re.search(rb"\r(?!\n)|(?<!\r)\n", content), name
        assert max(map(len, content.split(b"\r\n"))) <= 998, name
        message = email.message_from_bytes(content)
        for header in SINGLETONS:
            assert len(message.get_all(header, [])) <= 1, (name, header)
        for header in ("from", "date", "message-id", "mime-version", "content-type", "x-kiyome-report"):
            assert len(message.get_all(header, [])) == 1, (name, header)
        assert not message.defects, name


def leaves_by_standard_library(content: bytes) -> list[tuple[str, str]]:
    """Type and text of every leaf that is not a file."""
    found = []
    for part in email.message_from_bytes(content).walk():
        if not part.is_multipart() and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            found.append(
                (part.get_content_type(), payload.decode(part.get_content_charset() or "ascii").replace("\r\n", "\n"))
            )
    return found


def leaves_by_second_parser(content: bytes) -> list[tuple[str, str]]:
    """The same by an unrelated parser (Rust), told apart by the header of each part."""
    found, waiting = [], [fast_mail_parser.parse_email_tree(content)]
    while waiting:
        part = waiting.pop(0)
        waiting = [*part.children, *waiting]
        disposition = " ".join(part.headers.get("Content-Disposition", []))
        if not part.children and not disposition.startswith("attachment"):
            found.append((part.content_type, (part.content or b"").decode().replace("\r\n", "\n")))
    return found


def test_two_unrelated_parsers_see_the_same_text_leaves(relayed: Relayed) -> None:
    for recipient, arrival in relayed.arrivals.items():
        name = relayed.sent[recipient]
        first = leaves_by_standard_library(arrival.content)
        second = leaves_by_second_parser(arrival.content)
        assert {kind for kind, _ in first} == {"text/plain"}, name
        assert [(kind, text.rstrip()) for kind, text in first] == [(kind, text.rstrip()) for kind, text in second], name


def plain_text_of_original(data: bytes) -> str:
    """All text/plain that the standard library finds in the original, however deep."""
    texts = []
    for part in email.message_from_bytes(data).walk():
        if part.get_content_maintype() == "multipart" or part.get_content_type() == "text/html":
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            texts.append(payload.decode("utf-8", "replace"))
    return "\n".join(texts)


def test_no_html_tag_survives(relayed: Relayed, corpus_mails: dict[str, Path]) -> None:
    for recipient, arrival in relayed.arrivals.items():
        name = relayed.sent[recipient]
        literal = plain_text_of_original(corpus_mails[name].read_bytes()).lower()
        for _, text in leaves_by_standard_library(arrival.content):
            strange = [tag for tag in TAG.findall(text) if tag.lower() not in literal]
            assert not strange, (name, strange[:3])


JAPANESE = re.compile(r"[ぁ-ゖァ-ヺ一-鿿]{2,}")
CODECS = {"iso-2022-jp": "iso2022_jp_ext", "shift_jis": "cp932", "euc-jp": "euc_jp", "utf-8": "utf-8"}


def japanese_words(data: bytes) -> set[str]:
    """Runs of kanji and kana in Subject and bodies, decoded strictly; of HTML what Beautiful Soup sees."""
    message = email.message_from_bytes(data)
    words: set[str] = set()
    for part in message.walk():
        if (
            part.get_content_maintype() != "text"
            or part.get_filename()
            or part.get_content_disposition() == "attachment"
        ):
            continue
        payload = part.get_payload(decode=True)
        codec = CODECS.get((part.get_content_charset() or "").lower())
        if not isinstance(payload, bytes) or codec is None:
            continue
        try:
            text = payload.decode(codec)
        except UnicodeDecodeError:
            continue
        if part.get_content_subtype() == "html":
            page = BeautifulSoup(text, "html.parser")
            for unseen in page(["script", "style", "title", "head"]):
                unseen.decompose()
            text = page.get_text("\n")
        words.update(JAPANESE.findall(text))
    return words | subject_words(message)


def subject_words(message: email.message.Message) -> set[str]:
    """Runs of kanji and kana in the Subject, where the standard library can decode it."""
    try:
        return set(
            JAPANESE.findall(str(email.header.make_header(email.header.decode_header(message["Subject"] or ""))))
        )
    except (UnicodeDecodeError, LookupError, email.errors.HeaderParseError):
        return set()


def test_japanese_mails_are_readable(relayed: Relayed, corpus_mails: dict[str, Path]) -> None:
    checked = 0
    for recipient, arrival in relayed.arrivals.items():
        name = relayed.sent[recipient]
        words = japanese_words(corpus_mails[name].read_bytes())
        if not words:
            continue
        checked += 1
        text = "".join(text for _, text in leaves_by_standard_library(arrival.content))
        text += "".join(subject_words(email.message_from_bytes(arrival.content)))
        lost = [word for word in words if word not in text]
        assert not lost, (name, lost[:5])
    assert checked >= 20
