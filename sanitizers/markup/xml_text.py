"""Text and attribute values as they stand in XML (XML 1.0, 2.4, 3.3.3): nothing in them can end their place."""


def quoted(value: str) -> str:
    """For between two double quotes; white space stays what it is."""
    if value.isalnum():
        return value
    text = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return text.replace("\n", "&#10;").replace("\t", "&#9;").replace("\r", "&#13;")


def escaped(text: str) -> str:
    """For between two tags."""
    if "&" in text or "<" in text or ">" in text or "\r" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    return text
