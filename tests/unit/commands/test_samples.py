"""How the fate of a sample is judged: as expected only when everything that matters was seen to be so."""

import socketserver
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from gateway.commands.sample_fate import Fate, delivered_text, outcome
from gateway.commands.sample_files import Description, Expected, Sample, load_samples, samples_folder
from gateway.commands.sample_sending import Sent, send
from gateway.model import Channel, Decision, Direction, Envelope, Item, ItemState, MailOptions
from gateway.settings import SettingsError
from sanitizers.model import Action, Finding, Outcome, PartReport, Report, Severity, Threat
from sanitizers.rules import Verdict

TAKEN = Sent(taken=True, reply="250 2.0.0 Kept as 20261121-4X7K-2M9Q")
REFUSED = Sent(taken=False, reply="550 5.6.0 no")


def sample(expect: Expected = Expected.DELIVER, findings: tuple[Threat, ...] = ()) -> Sample:
    description = Description(
        title_ja="題",
        title_en="title",
        row="text",
        expect=expect,
        must_vanish=("<script",),
        must_stay=("本文",),
        findings=findings,
    )
    return Sample("name", Path("name.eml"), description)


def item(state: ItemState, *threats: Threat) -> Item:
    findings = tuple(Finding(threat, Severity.NOTE, Action.REMOVED, "x", "x") for threat in threats)
    part = PartReport(
        "1", "", "message/rfc822", "message/rfc822", "mail", Outcome.REBUILT, 1, 1, "0" * 64, "", findings, 1.0
    )
    envelope = Envelope(
        "a@example.jp", (), "192.0.2.7", "x", "", MailOptions(), Direction.INBOUND, datetime(2026, 1, 1, tzinfo=UTC)
    )
    return Item(
        id="20261121-4X7K-2M9Q",
        channel=Channel.SMTP,
        profile="standard",
        envelope=envelope,
        state=state,
        original="x",
        original_size=1,
        original_sha256="0" * 64,
        report=Report((part,)),
        decision=Decision(Verdict.DELIVER, "x", "理由"),
    )


JUDGED = [
    ("delivered, and all is well", sample(), TAKEN, item(ItemState.DELIVERED), "本文", True),
    ("delivered, but the harm is still there", sample(), TAKEN, item(ItemState.DELIVERED), "本文 <script>", False),
    ("delivered, but the text is lost", sample(), TAKEN, item(ItemState.DELIVERED), "", False),
    ("delivered, but nothing arrived", sample(), TAKEN, item(ItemState.DELIVERED), None, False),
    ("held as expected", sample(Expected.HOLD), TAKEN, item(ItemState.HELD), None, True),
    ("held instead of delivered", sample(), TAKEN, item(ItemState.HELD), None, False),
    ("bounced", sample(), TAKEN, item(ItemState.BOUNCED), None, False),
    ("still pending", sample(), TAKEN, item(ItemState.DELIVERING), None, False),
    ("refused as expected", sample(Expected.REFUSE), REFUSED, None, None, True),
    ("taken instead of refused", sample(Expected.REFUSE), TAKEN, None, None, False),
    ("refused instead of delivered", sample(), REFUSED, None, None, False),
    ("no answer", sample(Expected.REFUSE), Sent(taken=False, reply="x", failed=True), None, None, False),
    (
        "refused, but read as two mails",
        sample(Expected.REFUSE),
        Sent(taken=False, reply="x", answers=2),
        None,
        None,
        False,
    ),
    (
        "the report names the threat",
        sample(findings=(Threat.DECEPTION, Threat.MALFORMED)),
        TAKEN,
        item(ItemState.DELIVERED, Threat.MALFORMED),
        "本文",
        True,
    ),
    (
        "the report does not name it",
        sample(findings=(Threat.DECEPTION,)),
        TAKEN,
        item(ItemState.DELIVERED, Threat.MALFORMED),
        "本文",
        False,
    ),
]


@pytest.mark.parametrize(
    ("each", "sent", "found", "arrived", "expected"), [row[1:] for row in JUDGED], ids=[row[0] for row in JUDGED]
)
def test_judgement(each: Sample, sent: Sent, found: Item | None, arrived: str | None, expected: bool) -> None:
    assert outcome(each, sent, found, arrived).as_expected is expected


def test_another_gateway_is_judged_by_its_replies() -> None:
    judged = outcome(sample(), TAKEN, None, None)
    assert (judged.fate, judged.as_expected) == (Fate.TAKEN, True)


def test_what_arrived_is_found_by_item_in_every_reading(tmp_path: Path) -> None:
    for part in ("new", "cur", "tmp"):
        (tmp_path / part).mkdir()
    (tmp_path / "new" / "1").write_bytes(
        b"X-Kiyome-Report: v=1; item=20261121-4X7K-2M9Q;\r\n verdict=deliver\r\nSubject: =?utf-8?b?5pys5paH?=\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n6KGo6aGM\r\n"
    )
    text = delivered_text(tmp_path)["20261121-4X7K-2M9Q"]
    assert "本文" in text  # a decoded header
    assert "表題"[:1] in text  # a decoded body
    assert "6KGo6aGM" in text  # and the bytes as they are


def test_the_shipped_samples_are_all_described() -> None:
    samples = load_samples(samples_folder())
    assert len(samples) >= 30
    assert {each.description.row for each in samples} == {"structure", "text", "names", "protocol"}
    assert {each.description.expect for each in samples} == set(Expected)


def test_a_sample_with_a_misspelt_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "x.eml").touch()
    (tmp_path / "mail" / "x.toml").write_text(
        'title_ja = ""\ntitle_en = ""\nrow = "text"\nexpect = "deliver"\nmust_sty = []\n'
    )
    with pytest.raises(SettingsError, match=r"x\.toml: must_sty: unknown key; did you mean must_stay"):
        load_samples(tmp_path)


class Gullible(socketserver.StreamRequestHandler):
    """An SMTP server that takes LF.LF for the end of a mail, as smugglers hope."""

    def handle(self) -> None:
        self.wfile.write(b"220 x\r\n")
        reading_data = False
        for line in self.rfile:
            if reading_data:
                if line.rstrip(b"\r\n") == b".":
                    reading_data = False
                    self.wfile.write(b"250 2.0.0 taken\r\n")
                continue
            verb = line[:4].upper().strip()
            reading_data = verb == b"DATA"
            self.wfile.write({b"DATA": b"354 go\r\n", b"QUIT": b"221 bye\r\n"}.get(verb, b"250 ok\r\n"))
            if verb == b"QUIT":
                return


@pytest.fixture
def gullible() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Gullible) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def raw_sample(tmp_path: Path, data: bytes) -> Sample:
    path = tmp_path / "raw.eml"
    path.write_bytes(data)
    return Sample("raw", path, msgspec.structs.replace(sample(Expected.REFUSE).description, raw=True))


def test_a_gateway_that_reads_two_mails_is_found_out(gullible: int, tmp_path: Path) -> None:
    smuggling = b"a\r\n\n.\nMAIL FROM:<x@y>\r\nRCPT TO:<z@y>\r\nDATA\r\nb\r\n.\r\n"
    sent = send(raw_sample(tmp_path, smuggling), "127.0.0.1", gullible)
    assert sent.answers > 1
    assert send(raw_sample(tmp_path, b"a\r\n.\r\n"), "127.0.0.1", gullible).answers == 1


def test_nobody_listening_is_a_failure_and_no_traceback(tmp_path: Path) -> None:
    assert send(raw_sample(tmp_path, b".\r\n"), "127.0.0.1", 1).failed
