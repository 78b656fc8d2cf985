"""Every way in; each ends in the store."""
