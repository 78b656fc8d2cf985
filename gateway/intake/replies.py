"""The intake's replies, encoded once: a reply code (RFC 5321), an enhanced code (RFC 3463) and generic English text."""


def reply(code: int, enhanced: str, text: str) -> bytes:
    """One reply line."""
    return f"{code} {enhanced} {text}\r\n".encode("ascii")


class Refused(Exception):
    """A command is not accepted; `reply` is the whole answer and the session goes on."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(answer)
        self.reply = answer


class HungUp(Refused):
    """As Refused, and the connection is closed after the answer, because what follows cannot be trusted."""


OK = reply(250, "2.0.0", "Ok")
SENDER_OK = reply(250, "2.1.0", "Sender ok")
RECIPIENT_OK = reply(250, "2.1.5", "Recipient ok")
GOODBYE = reply(221, "2.0.0", "Goodbye")
START_TLS = reply(220, "2.0.0", "Ready to start TLS")
SEND_DATA = b"354 End data with <CR><LF>.<CR><LF>\r\n"  # 3yz carries no enhanced code (RFC 2034 section 4)
CANNOT_VERIFY = reply(252, "2.5.2", "Cannot verify, but will take mail for it")

# Sequence and syntax
HELLO_FIRST = reply(503, "5.5.1", "Send EHLO or HELO first")
MAIL_FIRST = reply(503, "5.5.1", "Send MAIL first")
NESTED_MAIL = reply(503, "5.5.1", "Sender already given")
NO_RECIPIENTS = reply(554, "5.5.1", "No valid recipients")
BUSY_WITH_MAIL = reply(503, "5.5.1", "A mail transaction is in progress")
UNKNOWN_COMMAND = reply(500, "5.5.1", "Command not recognised")
NOT_IMPLEMENTED = reply(502, "5.5.1", "Command not implemented")
BAD_LINE = reply(500, "5.5.2", "Control characters or invalid UTF-8 in a command")
EMPTY_LINE = reply(500, "5.5.2", "Empty command")
LONG_LINE = reply(500, "5.5.2", "Command line too long")
ENDLESS_LINE = reply(421, "4.3.0", "Command line far too long; closing")
BARE_ENDING = reply(500, "5.5.2", "Command lines end with <CR><LF>; closing")
NO_ARGUMENT = reply(501, "5.5.4", "This command takes no argument")
BAD_HELLO = reply(501, "5.5.4", "Give a domain or an address literal")
BAD_MAIL = reply(501, "5.5.4", "Syntax: MAIL FROM:<address> [parameters]")
BAD_RCPT = reply(501, "5.5.4", "Syntax: RCPT TO:<address> [parameters]")
BAD_PARAMETER = reply(501, "5.5.4", "Bad parameter")
UNKNOWN_PARAMETER = reply(555, "5.5.4", "Parameter not recognised")
OUT_OF_STEP = reply(554, "5.5.0", "Input sent ahead of the reply; closing")

# Addresses and relaying
BAD_SENDER = reply(553, "5.1.7", "Bad sender address syntax")
BAD_RECIPIENT = reply(553, "5.1.3", "Bad recipient address syntax")
NEEDS_SMTPUTF8 = reply(553, "5.6.7", "Non-ASCII address without SMTPUTF8")
NO_RELAYING = reply(550, "5.7.1", "Relaying denied")
NOT_ALLOWED = reply(554, "5.7.1", "Client not allowed")
NOT_TRUSTED = reply(550, "5.7.0", "Not allowed from this client")
TOO_MANY_RECIPIENTS = reply(452, "4.5.3", "Too many recipients")

# TLS
TLS_FIRST = reply(530, "5.7.0", "Send STARTTLS first")
TLS_ALREADY = reply(503, "5.5.1", "TLS is already active")

# DATA
TOO_LARGE = reply(552, "5.3.4", "Message too large")
ENDLESS = reply(421, "4.3.0", "Message far too large; closing")
HEADER_TOO_LARGE = reply(552, "5.3.4", "Message header too large")
AMBIGUOUS = reply(550, "5.6.0", "Bare CR, bare LF or NUL in the message; closing")
LONG_DATA_LINE = reply(554, "5.6.0", "Line too long in the message")
LOOP = reply(554, "5.4.6", "Too many hops, mail loop")
FULL = reply(452, "4.3.1", "Not enough space")
FAILED = reply(451, "4.3.0", "Internal error, try again later")

# Endings of a session
INTERNAL = reply(421, "4.3.0", "Internal error, closing")
TOO_MANY_COMMANDS = reply(421, "4.7.0", "Too many commands, closing")
TOO_MANY_ERRORS = reply(421, "4.7.0", "Too many errors, closing")
TIMED_OUT = reply(421, "4.4.2", "Timeout, closing")
TOO_SLOW = reply(421, "4.4.2", "Data too slow, closing")
TOO_MANY_CONNECTIONS = reply(421, "4.3.2", "Too many connections, try again later")
TOO_MANY_FROM_NETWORK = reply(421, "4.7.0", "Too many connections from your network, try again later")
STOPPING = reply(421, "4.3.2", "Shutting down, try again later")
NOT_SMTP = reply(421, "4.7.0", "This is not a web server")
NO_PROXY_HEADER = reply(421, "4.7.0", "PROXY header expected")
