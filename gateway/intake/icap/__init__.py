"""ICAP (RFC 3507): proxies and storage appliances hand over what passes them, and get it clean, or a page instead."""
