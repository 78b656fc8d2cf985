"""What the tests of constructs that never go on have in common: words for findings, and whether one was told of."""

from sanitizers.model import Rebuilt, Severity, Threat

ACTIVE, REFERENCE, EMBEDDED = Threat.ACTIVE_CONTENT, Threat.EXTERNAL_REFERENCE, Threat.EMBEDDED_OBJECT
HIDDEN, METADATA = Threat.HIDDEN_CONTENT, Threat.METADATA
NOTE, WARNING, DANGER = Severity.NOTE, Severity.WARNING, Severity.DANGER

Gone = tuple[str, Threat, Severity, str]  #: construct, threat, severity, words of the report


def check_gone(gone: Gone, result: Rebuilt, stays: str) -> str:
    """What is marked GONE is not there, what is to stay is, and the report names it; the text of the result."""
    _, threat, severity, words = gone
    text = result.data.decode()
    assert "GONE" not in text
    assert stays in text
    told = [found for found in result.findings if (found.threat, found.severity) == (threat, severity)]
    assert [found for found in told if words in found.detail], result.findings
    return text
