"""A workshop that does not load."""

raise ImportError("no parser here")
