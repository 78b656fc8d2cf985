"""One file per step; each is written once and never changed after a release."""
