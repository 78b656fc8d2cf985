"""Kiyome's sanitizers: bytes in, clean bytes and a report out. Knows no transport and no HTTP."""
