"""The child process: opens untrusted bytes for the parent, one item after the other, until the pipe ends."""

import gc
import os
import resource
import socket
import sys
from typing import NoReturn

from sanitizers import engine
from sanitizers.confinement.serving import die_with, serve


def main(arguments: list[str]) -> NoReturn:
    """`child FD PARENT`: the inherited socket and the process to die with."""
    channel, parent = (int(argument) for argument in arguments)
    die_with(parent)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold a mail
    engine.warm()
    gc.freeze()
    # The walls go up on this line: nothing is needed from the disk or the network any more.
    with socket.socket(fileno=channel) as pipe:
        serve(pipe, engine.clean)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
