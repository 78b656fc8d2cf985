"""Random mails against what must always hold: `make fuzz SECONDS=300`, or `python -m tests.fuzz --help`."""
