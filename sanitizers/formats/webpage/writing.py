"""The page that is written: built with Beautiful Soup, in one form that every parser reads in the same way."""

from typing import Final

from bs4 import BeautifulSoup
from bs4.dammit import EntitySubstitution
from bs4.element import NavigableString, Tag
from bs4.formatter import HTMLFormatter

# Nothing is loaded, run, framed or sent, whatever a browser would make of the page (CSP 3).
POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
_RAW_TEXT: Final = {"style"}


def _escape(text: str) -> str:
    return EntitySubstitution.substitute_xml(text).replace('"', "&quot;")


_FORM: Final = HTMLFormatter(entity_substitution=_escape, void_element_close_prefix="", cdata_containing_tags=_RAW_TEXT)


class Page:
    """A new page with a head of ours and an empty body."""

    def __init__(self, language: str) -> None:
        self._soup = BeautifulSoup("", "html.parser", multi_valued_attributes=None)
        html = self.add(self._soup, "html", {"lang": language} if language else {})
        self._head = self.add(html, "head", {})
        self.add(self._head, "meta", {"charset": "utf-8"})
        self.add(self._head, "meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
        self.body = self.add(html, "body", {})

    def add(self, parent: Tag, name: str, attributes: dict[str, str]) -> Tag:
        """A new element at the end of another."""
        tag = self._soup.new_tag(name, attrs=attributes)
        parent.append(tag)
        return tag

    @staticmethod
    def write(parent: Tag, text: str) -> None:
        """Text at the end of an element."""
        parent.append(NavigableString(text))

    def entitle(self, title: str) -> None:
        """The title of the page."""
        self.write(self.add(self._head, "title", {}), title)

    def style(self, sheet: str) -> None:
        """A style sheet that was reduced already: it has no "<" and no "&"."""
        self.write(self.add(self._head, "style", {}), sheet)

    def bytes(self) -> bytes:
        """UTF-8."""
        # No line end behind it: a parser would put it into the body.
        return f"<!DOCTYPE html>\n{self._soup.decode(formatter=_FORM)}".encode()
