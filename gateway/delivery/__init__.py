"""Every way out."""
