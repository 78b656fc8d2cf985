"""What an attacker who owns a child tries: every row of every table, in one visible tuple."""

from tests.contract.confinement.escapes import (
    files,
    fullness,
    kernel_doors,
    memory,
    names,
    network,
    pipe,
    privileges,
    processes,
    signals,
)

ESCAPES = (
    *files.ROWS,
    *names.ROWS,
    *network.ROWS,
    *processes.ROWS,
    *signals.ROWS,
    *privileges.ROWS,
    *memory.ROWS,
    *kernel_doors.ROWS,
    *fullness.ROWS,
    *pipe.ROWS,
)
BY_NAME = {row.name: row for row in ESCAPES}
