"""What lasts: items, blobs and the audit chain."""
