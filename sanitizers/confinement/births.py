"""What the gateway and the fork server say to each other: one message a packet, descriptors beside it."""

from typing import TypeAlias

import msgspec

PACKET_BYTES = 4_096


class Birth(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Gateway: fork a child. Beside it go its end of the pipe, the place for its complaints and its note."""

    serial: int
    enclosure: str
    memory: int  #: address space, bytes
    cpu_seconds: int
    file_bytes: int
    scratch: str  #: the one folder it may write to; "" for none


class Ready(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Fork server: everything is loaded."""


class Born(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Fork server: a child was forked. Beside it goes its pidfd."""

    serial: int
    pid: int


class Failed(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Fork server: no child; why."""

    serial: int
    reason: str


class Ended(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Fork server: a child has ended and was waited for; its wait status, see os.waitstatus_to_exitcode."""

    serial: int
    status: int


FromServer: TypeAlias = Ready | Born | Failed | Ended

_encoder = msgspec.msgpack.Encoder()
_from_server: msgspec.msgpack.Decoder[FromServer] = msgspec.msgpack.Decoder(FromServer)
_birth = msgspec.msgpack.Decoder(Birth)


def packed(message: Birth | FromServer) -> bytes:
    """One packet."""
    return _encoder.encode(message)


def read_birth(packet: bytes) -> Birth:
    """As the fork server reads it."""
    return _birth.decode(packet)


def read_answer(packet: bytes) -> FromServer:
    """As the gateway reads it."""
    return _from_server.decode(packet)
