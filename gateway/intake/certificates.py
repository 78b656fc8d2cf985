"""TLS contexts of the listeners, read from the certificate files at start and again on request."""

import ssl
from collections.abc import Iterable

from gateway.settings import Listener, TlsOffer


class CertificateMissing(Exception):
    """A listener requires TLS and names no certificate, so no mail could ever come in."""

    def __init__(self, listener: str) -> None:
        super().__init__(f'listener "{listener}": tls is "required", but tls_certificate is not set')


class Certificates:
    """One server context for each listener that offers STARTTLS."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._listeners = tuple(listener for listener in listeners if listener.tls is not TlsOffer.OFF)
        self._contexts: dict[str, ssl.SSLContext] = {}

    def load(self) -> None:
        """Read every certificate; sessions that follow use them. On an error all stay as they were."""
        contexts: dict[str, ssl.SSLContext] = {}
        for listener in self._listeners:
            if listener.tls_certificate:
                contexts[listener.name] = _context(listener)
            elif listener.tls is TlsOffer.REQUIRED:
                raise CertificateMissing(listener.name)
        self._contexts = contexts

    def context(self, listener: str) -> ssl.SSLContext | None:
        """What STARTTLS uses now; None where it is not offered."""
        return self._contexts.get(listener)


def _context(listener: Listener) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(listener.tls_certificate, listener.tls_key or None)
    return context
