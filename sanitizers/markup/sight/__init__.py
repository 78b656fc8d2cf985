"""Whether a reader of a page would see the text in it: style attributes, style sheets, and what they come to."""
