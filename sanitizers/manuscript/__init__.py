"""A document reduced to its words: paragraphs, tables, page breaks, notes; written as a Word file or as text.

What a format that only its own program writes goes on as. Whoever reads such a format puts a `Manuscript` together with
`Draft`, which frees every text of what hides or deceives; nothing else of the file reaches the writers.
"""

from sanitizers.manuscript.draft import Draft
from sanitizers.manuscript.model import Block, Manuscript, Paragraph, Section, Table
from sanitizers.manuscript.writing import written

__all__ = ["Block", "Draft", "Manuscript", "Paragraph", "Section", "Table", "written"]
