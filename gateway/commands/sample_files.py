"""The samples on disk: each a mail as it is sent, and a TOML file that says what must become of it."""

import sys
from enum import StrEnum
from pathlib import Path

import msgspec

from gateway.settings import SettingsError
from gateway.settings.decoding import read
from sanitizers.model import Threat

DEFAULT_SENDER = "sender@example.jp"
DEFAULT_RECIPIENTS = ("madoguchi@city.example.lg.jp",)


class Expected(StrEnum):
    """What must become of a sample."""

    DELIVER = "deliver"
    HOLD = "hold"
    REFUSE = "refuse"


class SampleEnvelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """MAIL FROM and RCPT TO."""

    mail_from: str = DEFAULT_SENDER
    recipients: tuple[str, ...] = DEFAULT_RECIPIENTS


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """NAME.toml."""

    title_ja: str
    title_en: str
    row: str  #: of the list of threats: structure, text, names, protocol
    expect: Expected
    must_vanish: tuple[str, ...] = ()
    must_stay: tuple[str, ...] = ()
    findings: tuple[Threat, ...] = ()  #: the report must name at least one of these
    raw: bool = False  #: the bytes after DATA just as they are, ending included
    envelope: SampleEnvelope = SampleEnvelope()


class Sample(msgspec.Struct, frozen=True):
    """A sample with its bytes still on disk."""

    name: str
    mail: Path
    description: Description


def samples_folder() -> Path:
    """Beside the project in a checkout, else where the package installed them."""
    for folder in (Path(__file__).parents[2] / "samples", Path(sys.prefix) / "share" / "kiyome" / "samples"):
        if (folder / "mail").is_dir():
            return folder
    raise SettingsError("samples: neither beside the program nor in share/kiyome/samples of this installation")


def load_samples(folder: Path) -> list[Sample]:
    """All samples by name; raises SettingsError that names the file when one is not right."""
    return [_sample(path) for path in sorted((folder / "mail").glob("*.toml"))]


def _sample(path: Path) -> Sample:
    mail = path.with_suffix(".eml")
    if not mail.is_file():
        raise SettingsError(f"{path}: {mail.name} is missing beside it")
    return Sample(path.stem, mail, read(path, Description))
