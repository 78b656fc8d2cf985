"""Sockets of every family and type, names in the DNS, and the pipe used as the socket that it is."""

import array
import ctypes
import fcntl
import socket

from tests.contract.confinement.escapes.kernel import call, know
from tests.contract.confinement.escapes.table import Escape, Target, killed, refused

PIPE = 3
FAMILIES = {
    "unix": 1,
    "inet": 2,
    "ax25": 3,
    "ipx": 4,
    "appletalk": 5,
    "inet6": 10,
    "key": 15,
    "netlink": 16,
    "packet": 17,
    "rds": 21,
    "can": 29,
    "tipc": 30,
    "bluetooth": 31,
    "alg": 38,
    "nfc": 39,
    "vsock": 40,
    "kcm": 41,
    "qipcrtr": 42,
    "smc": 43,
    "xdp": 44,
    "mctp": 45,
}
TYPES = {"stream": 1, "datagram": 2, "raw": 3, "seqpacket": 5}
SIOCGIFCONF = 0x8912
FIOASYNC = 0x5452
SYSTEM_CALLS = (
    "socket",
    "socketpair",
    "connect",
    "bind",
    "listen",
    "accept4",
    "shutdown",
    "getsockname",
    "getpeername",
    "sendto",
    "recvfrom",
    "sendmsg",
    "recvmsg",
    "sendmmsg",
    "recvmmsg",
    "setsockopt",
    "getsockopt",
)
know(*SYSTEM_CALLS)


def open_socket(family: int, kind: int) -> str:
    return f"socket {call('socket', family, kind, 0)}"


def tell(kind: socket.SocketKind, family: socket.AddressFamily, address: object) -> str:
    teller = socket.socket(family, kind)
    teller.connect(address)
    teller.send(b"escaped")
    return "told"


def listen() -> str:
    ear = socket.socket()
    ear.bind(("127.0.0.1", 0))
    ear.listen()
    return f"listens on {ear.getsockname()}"


def resolve(_: Target) -> object:
    return socket.getaddrinfo("example.com", 25)


class Vector(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_char_p), ("size", ctypes.c_size_t))


class Message(ctypes.Structure):
    """struct msghdr."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_size", ctypes.c_uint),
        ("vector", ctypes.POINTER(Vector)),
        ("vectors", ctypes.c_size_t),
        ("control", ctypes.c_char_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


def send_a_descriptor(_: Target) -> int:
    """SCM_RIGHTS: the gateway would hold what the child opened."""
    rights = (
        (16 + 4).to_bytes(8, "little")
        + socket.SOL_SOCKET.to_bytes(4, "little")
        + socket.SCM_RIGHTS.to_bytes(4, "little")
        + array.array("i", [0]).tobytes()
        + bytes(4)
    )
    vector = Vector(b"x", 1)
    message = Message(None, 0, ctypes.pointer(vector), 1, rights, len(rights), 0)
    buffer = (ctypes.c_char * ctypes.sizeof(message)).from_buffer(message)
    return call("sendmsg", PIPE, buffer, 0)


def receive_a_descriptor(_: Target) -> int:
    return call("recvmsg", PIPE, ctypes.create_string_buffer(ctypes.sizeof(Message)), socket.MSG_DONTWAIT)


def interfaces(_: Target) -> int:
    """Any socket answers this, the pipe too."""
    return len(fcntl.ioctl(PIPE, SIOCGIFCONF, bytes(16)))


SOCKETS: tuple[Escape, ...] = tuple(
    killed(
        f"socket_{family}_{kind}",
        f"AF_{family.upper()} {kind}",
        lambda _, number=number, code=code: open_socket(number, code),
        warm=kind == "stream",
        control=(family, kind) in {("unix", "stream"), ("inet", "stream"), ("inet", "datagram"), ("netlink", "raw")},
    )
    for family, number in FAMILIES.items()
    for kind, code in TYPES.items()
)

ROWS: tuple[Escape, ...] = (
    *SOCKETS,
    killed("socket_pair", "socketpair", lambda _: socket.socketpair(), control=True),
    killed(
        "connect_to_the_gateway",
        "its SMTP port",
        lambda at: tell(socket.SOCK_STREAM, socket.AF_INET, ("127.0.0.1", at.tcp)),
        control=True,
    ),
    killed(
        "send_a_datagram",
        "to a port of this host",
        lambda at: tell(socket.SOCK_DGRAM, socket.AF_INET, ("127.0.0.1", at.udp)),
        control=True,
    ),
    killed(
        "connect_to_a_unix_socket",
        "by its path",
        lambda at: tell(socket.SOCK_STREAM, socket.AF_UNIX, at.unix),
        control=True,
    ),
    killed(
        "connect_to_an_abstract_socket",
        "which no file system guards",
        lambda at: tell(socket.SOCK_STREAM, socket.AF_UNIX, "\0" + at.abstract),
        control=True,
    ),
    killed("listen", "bind and listen", lambda _: listen(), control=True),
    killed("resolve_a_name", "getaddrinfo", resolve),
    killed(
        "pipe_connect",
        "the pipe, connected elsewhere",
        lambda at: call(
            "connect", PIPE, socket.AF_UNIX.to_bytes(2, "little") + at.unix.encode() + b"\0", len(at.unix) + 3
        ),
    ),
    killed(
        "pipe_bind",
        "the pipe, given a name",
        lambda at: call("bind", PIPE, socket.AF_UNIX.to_bytes(2, "little") + b"\0kiyome-escape", 16),
    ),
    killed("pipe_listen", "the pipe, listening", lambda _: call("listen", PIPE, 1)),
    killed("pipe_accept", "the pipe, accepting", lambda _: call("accept4", PIPE, None, None, 0)),
    killed("pipe_shutdown", "one way closed", lambda _: call("shutdown", PIPE, 1)),
    killed("pipe_sendto", "sendto", lambda _: call("sendto", PIPE, b"x", 1, 0, None, 0)),
    killed(
        "pipe_recvfrom",
        "recvfrom",
        lambda _: call("recvfrom", PIPE, ctypes.create_string_buffer(8), 8, socket.MSG_DONTWAIT, None, None),
    ),
    killed("pipe_send_a_descriptor", "SCM_RIGHTS to the gateway", send_a_descriptor),
    killed("pipe_receive_a_descriptor", "recvmsg", receive_a_descriptor),
    killed("pipe_sendmmsg", "sendmmsg", lambda _: call("sendmmsg", PIPE, None, 0, 0)),
    killed("pipe_recvmmsg", "recvmmsg", lambda _: call("recvmmsg", PIPE, None, 0, 0, None)),
    killed(
        "pipe_set_an_option",
        "setsockopt: larger buffers",
        lambda _: call("setsockopt", PIPE, socket.SOL_SOCKET, socket.SO_SNDBUF, (1 << 30).to_bytes(4, "little"), 4),
    ),
    killed(
        "pipe_ask_who",
        "getsockopt SO_PEERCRED",
        lambda _: call(
            "getsockopt",
            PIPE,
            socket.SOL_SOCKET,
            socket.SO_PEERCRED,
            ctypes.create_string_buffer(12),
            (12).to_bytes(4, "little"),
        ),
    ),
    killed(
        "pipe_getpeername",
        "getpeername",
        lambda _: call(
            "getpeername", PIPE, ctypes.create_string_buffer(128), ctypes.create_string_buffer(b"\x80\0\0\0", 4)
        ),
    ),
    refused("pipe_interfaces", "ioctl SIOCGIFCONF: the host's addresses", interfaces),
    refused(
        "pipe_signals",
        "ioctl FIOASYNC: signals on arrival",
        lambda _: fcntl.ioctl(PIPE, FIOASYNC, (1).to_bytes(4, "little")),
    ),
)
