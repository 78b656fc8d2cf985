"""[transfers] of gateway.toml: files that are handed in on one side and fetched on the other."""

import msgspec

from gateway.model import Segment


class TransferListener(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One web listener of a segment: sign-in, one's own account and transfers, nothing else."""

    name: str
    segment: Segment
    host: str
    port: int
    public_url: str = ""  #: where people of this segment reach it; "" puts no link into letters
    same_side: bool = False  #: systems may have files cleaned and handed back here (POST /api/v1/clean)


class TransferSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Off while there are no listeners."""

    max_bytes: int = 2_147_483_648  #: of one transfer in all
    max_files: int = 1_000
    days: int = 7  #: until what nobody fetched goes
    chunk_bytes: int = 16_777_216  #: of one piece of an upload, at most
    profiles: tuple[str, ...] = ()  #: that callers may ask for instead of that of the recipients
    webhook_hosts: tuple[str, ...] = ()  #: names, addresses and networks that webhooks may be sent to
    listeners: tuple[TransferListener, ...] = ()
