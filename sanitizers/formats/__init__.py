"""One file, or one folder, per family of types."""
