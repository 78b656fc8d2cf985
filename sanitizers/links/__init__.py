"""Links as text: what may stand in a plain text body so that a reader sees where a link goes, and is not deceived."""

from sanitizers.links.anchors import link_text
from sanitizers.links.controls import strip_deceptive_controls
from sanitizers.links.hosts import HostsMet
from sanitizers.links.plain import rewrite_links

__all__ = ["HostsMet", "link_text", "rewrite_links", "strip_deceptive_controls"]
