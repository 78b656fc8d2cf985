"""How the fate of a sample is judged: as expected only when everything that matters was seen to be so."""

import email.message
import json
import socketserver
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from email.policy import default
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from gateway.commands import samples as command
from gateway.commands.sample_arrival import Arrival, ArrivedFile, arrivals
from gateway.commands.sample_fate import Fate, outcome
from gateway.commands.sample_files import (
    Expected,
    ExpectedOfFile,
    FileDescription,
    FileSample,
    MailDescription,
    MailSample,
    load_samples,
    samples_folder,
)
from gateway.commands.sample_sending import Sent, send
from gateway.commands.sample_wrapping import mail_of
from gateway.model import Channel, Decision, Direction, Envelope, Item, ItemState, MailOptions
from gateway.settings import SettingsError
from sanitizers.model import Action, Finding, Outcome, PartReport, Report, Severity, Threat
from sanitizers.rules import Verdict

TAKEN = Sent(taken=True, reply="250 2.0.0 Kept as 20261121-4X7K-2M9Q")
REFUSED = Sent(taken=False, reply="550 5.6.0 no")

FILE_FOLDERS = {
    "archive", "blocked", "cad", "calendar", "contact", "encrypted", "hwp", "ichitaro", "image", "legacy",
    "mailbox", "metafile", "odf", "ooxml", "outlook", "pdf", "rtf", "svg", "tar", "textfile", "tnef", "webpage",
    "zip",
}  # fmt: skip


def sample(expect: Expected = Expected.DELIVER, findings: tuple[Threat, ...] = ()) -> MailSample:
    description = MailDescription(
        title_ja="題",
        title_en="title",
        row="text",
        expect=expect,
        must_vanish=("<script",),
        must_stay=("本文",),
        findings=findings,
    )
    return MailSample("name", Path("name.eml"), description)


def item(state: ItemState, *threats: Threat, inside: tuple[PartReport, ...] = ()) -> Item:
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
        report=Report((part, *inside)),
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
def test_judgement(each: MailSample, sent: Sent, found: Item | None, arrived: str | None, expected: bool) -> None:
    arrival = None if arrived is None else Arrival(arrived, arrived)
    assert outcome(each, sent, found, arrival).as_expected is expected


CLEAN = "鍵 &amp; 言葉 <p>".encode()
FILE = ArrivedFile("file.txt", "text/plain", CLEAN)


@pytest.fixture
def file(tmp_path: Path) -> FileSample:
    path = tmp_path / "file.txt"
    path.write_bytes(b"as it was sent")
    description = FileDescription(
        title_ja="題",
        title_en="title",
        row="text",
        expect=ExpectedOfFile.CLEAN,
        must_vanish=("HARM",),
        must_stay=("鍵 & 言葉",),
        findings=(Threat.METADATA,),
    )
    return FileSample("textfile", "file", path, description)


def part(sample: FileSample, outcome: Outcome = Outcome.REBUILT, threat: Threat = Threat.METADATA) -> PartReport:
    digest = sha256(sample.path.read_bytes()).hexdigest()
    out = "" if outcome is Outcome.REMOVED else sha256(CLEAN).hexdigest()
    finding = Finding(threat, Severity.NOTE, Action.REMOVED, "x", "x")
    return PartReport("1.2", "file.txt", "", "text/plain", "textfile", outcome, 1, 1, digest, out, (finding,), 1.0)


def judged(sample: FileSample, state: ItemState, inside: PartReport, *files: ArrivedFile, text: str = "") -> bool:
    arrival = Arrival(text, text, files) if state is ItemState.DELIVERED else None
    return outcome(sample, TAKEN, item(state, inside=(inside,)), arrival).as_expected


def test_a_file_that_goes_on_is_judged_by_itself(file: FileSample) -> None:
    assert judged(file, ItemState.DELIVERED, part(file), FILE)
    assert not judged(file, ItemState.DELIVERED, part(file))
    assert not judged(file, ItemState.HELD, part(file))
    assert not judged(file, ItemState.DELIVERED, part(file, threat=Threat.MALFORMED), FILE)
    assert not judged(file, ItemState.DELIVERED, part(file), FILE, FILE)
    assert not judged(file, ItemState.DELIVERED, part(file, Outcome.REMOVED), FILE, text="file.txt")
    other = msgspec.structs.replace(part(file), path="1.3", sha256_in="0" * 64)
    assert not judged(file, ItemState.DELIVERED, other, FILE)


@pytest.mark.parametrize("harm", ["HARM".encode(codec) for codec in ("utf-8", "utf-16-le", "utf-16-be")])
def test_harm_is_found_in_whatever_arrived(file: FileSample, harm: bytes) -> None:
    harmful = ArrivedFile("other.bin", "image/png", b"\xff" + harm)
    assert not judged(file, ItemState.DELIVERED, part(file), FILE, harmful)
    assert not judged(file, ItemState.DELIVERED, part(file), FILE, text="HARM")


def test_words_that_must_stay_are_looked_for_where_they_can_be_read(file: FileSample) -> None:
    lost = msgspec.structs.replace(file.description, must_stay=("lost",))
    file = msgspec.structs.replace(file, description=lost)
    assert not judged(file, ItemState.DELIVERED, part(file), FILE)
    assert judged(file, ItemState.DELIVERED, part(file), msgspec.structs.replace(FILE, type="application/pdf"))


@pytest.mark.parametrize("expected", [ExpectedOfFile.BLOCKED, ExpectedOfFile.REMOVED])
def test_a_file_that_stays_behind_is_named_or_the_mail_is_held(file: FileSample, expected: ExpectedOfFile) -> None:
    staying = msgspec.structs.replace(file, description=msgspec.structs.replace(file.description, expect=expected))
    left = part(file, Outcome.REMOVED)
    assert judged(staying, ItemState.DELIVERED, left, text="file[.]txt")
    assert not judged(staying, ItemState.DELIVERED, left, text="something was removed")
    assert judged(staying, ItemState.HELD, left)
    assert not judged(staying, ItemState.DELIVERED, part(file), FILE, text="file.txt")


def test_a_file_is_sent_in_a_mail_under_the_name_that_it_claims(file: FileSample) -> None:
    claim = msgspec.structs.replace(file.description, claimed_name='../請求"書\r\n\u202e.exe', claimed_type="image/png")
    mail = email.message_from_bytes(
        mail_of(msgspec.structs.replace(file, description=claim)), policy=default.clone(raise_on_defect=True)
    )
    (attachment,) = mail.iter_attachments()
    assert attachment.get_content_type() == "image/png"
    assert attachment.get_payload(decode=True) == b"as it was sent"
    assert attachment.get_filename() == claim.claimed_name
    assert mail["Subject"] == "題"


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
    arrival = arrivals(tmp_path)["20261121-4X7K-2M9Q"]
    assert arrival.holds("本文")  # a decoded header
    assert arrival.holds("表題")  # a decoded body
    assert arrival.holds("6KGo6aGM")  # and the bytes as they are
    assert not arrival.holds("何か")


def test_names_and_texts_of_attachments_are_read_too(tmp_path: Path) -> None:
    for part in ("new", "cur", "tmp"):
        (tmp_path / part).mkdir()
    head = b"X-Kiyome-Report: v=1; item=20261121-4X7K-2M9Q; verdict=deliver\r\n"
    mail = email.message.EmailMessage(policy=default)
    mail.set_content("本文")
    mail.add_attachment("添付の文".encode(), maintype="text", subtype="csv", filename="予算表.csv")
    mail.add_attachment(b"\xff\xfe", maintype="image", subtype="png", filename="図.png")
    (tmp_path / "new" / "1").write_bytes(head + mail.as_bytes())
    arrival = arrivals(tmp_path)["20261121-4X7K-2M9Q"]
    assert [(file.name, file.type, file.text) for file in arrival.files] == [
        ("予算表.csv", "text/csv", "添付の文"),
        ("図.png", "image/png", ""),
    ]
    assert arrival.holds("予算表.csv")
    assert arrival.holds("添付の文")


def test_the_shipped_samples_are_all_described() -> None:
    samples = load_samples(samples_folder())
    assert len(samples) >= 30
    mails = [each for each in samples if isinstance(each, MailSample)]
    assert {each.description.row for each in mails} == {"structure", "text", "names", "protocol"}
    assert {each.description.expect for each in mails} == set(Expected)
    files = [each for each in samples if isinstance(each, FileSample)]
    assert {each.folder for each in files} == FILE_FOLDERS
    assert len({each.name for each in samples}) == len(samples)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    parser = ArgumentParser()
    command.register(parser.add_subparsers())
    args = parser.parse_args(["samples", *words])
    return args.run(args), capsys.readouterr().out


def test_the_list_shows_mails_and_files(capsys: pytest.CaptureFixture[str]) -> None:
    status, text = run(capsys, "list", "--json")
    listed = {each["name"]: each for each in json.loads(text)}
    assert status == 0
    assert listed["html-script"]["folder"] == "mail"
    assert listed["pdf/action-launch"]["folder"] == "pdf"
    assert listed["pdf/action-launch"]["expect"] == "clean"


def test_written_samples_keep_their_folders(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, _ = run(capsys, "write", str(tmp_path))
    assert status == 0
    samples = load_samples(samples_folder())
    assert {path.relative_to(tmp_path) for path in tmp_path.rglob("*.*")} == {
        each.path.relative_to(samples_folder()) for each in samples
    }
    assert (tmp_path / "pdf" / "action-launch.pdf").read_bytes().startswith(b"%PDF")


def test_samples_are_chosen_by_name_or_by_folder(capsys: pytest.CaptureFixture[str]) -> None:
    def chosen(*names: str) -> list[str]:
        _, text = run(capsys, "send", "--to", "127.0.0.1:1", "--json", *names)
        return [each["name"] for each in json.loads(text)["samples"]] if text else []

    assert chosen("html-script", "pdf/action-launch") == ["html-script", "pdf/action-launch"]
    assert {name.partition("/")[0] for name in chosen("svg")} == {"svg"}
    assert chosen("no-such-sample") == []


def test_a_sample_with_a_misspelt_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "x.eml").touch()
    (tmp_path / "mail" / "x.toml").write_text(
        'title_ja = ""\ntitle_en = ""\nrow = "text"\nexpect = "deliver"\nmust_sty = []\n'
    )
    with pytest.raises(SettingsError, match=r"x\.toml: must_sty: unknown key; did you mean must_stay"):
        load_samples(tmp_path)


@pytest.mark.parametrize("beside", [(), ("x.pdf", "x.png")])
def test_a_description_without_its_one_file_is_named(tmp_path: Path, beside: tuple[str, ...]) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "pdf").mkdir()
    for name in ("x.toml", *beside):
        (tmp_path / "pdf" / name).touch()
    with pytest.raises(SettingsError, match=r"x\.toml: exactly one other file must be called x, not [02]"):
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


def raw_sample(tmp_path: Path, data: bytes) -> MailSample:
    path = tmp_path / "raw.eml"
    path.write_bytes(data)
    return MailSample("raw", path, msgspec.structs.replace(sample(Expected.REFUSE).description, raw=True))


def test_a_gateway_that_reads_two_mails_is_found_out(gullible: int, tmp_path: Path) -> None:
    smuggling = b"a\r\n\n.\nMAIL FROM:<x@y>\r\nRCPT TO:<z@y>\r\nDATA\r\nb\r\n.\r\n"
    sent = send(raw_sample(tmp_path, smuggling), "127.0.0.1", gullible)
    assert sent.answers > 1
    assert send(raw_sample(tmp_path, b"a\r\n.\r\n"), "127.0.0.1", gullible).answers == 1


def test_nobody_listening_is_a_failure_and_no_traceback(tmp_path: Path) -> None:
    assert send(raw_sample(tmp_path, b".\r\n"), "127.0.0.1", 1).failed
