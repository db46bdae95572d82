"""The checks that come before anything is parsed: size, line ends, NUL, line length."""

from gateway.gate.refusal import GateRefusedError, malformed
from gateway.replies import BAD_LINE_ENDING, LINE_TOO_LONG, MESSAGE_TOO_BIG

_LINE_OCTETS = 1000  # RFC 5321 §4.5.3.1.6, with CR LF


def check_octets(mail: bytes, size_limit: int) -> None:
    """Raise GateRefusedError unless `mail` is at most `size_limit` octets of CR LF lines of at most 998 octets.

    A bare CR or a NUL inside of the header is reported as malformed, elsewhere as a bad line ending, as a bare LF
    always is. Source: RFC 5321 §2.3.8, RFC 5322 §2.1.1.
    """
    if len(mail) > size_limit:
        raise GateRefusedError(MESSAGE_TOO_BIG, "size")
    newlines = mail.count(b"\n")
    if mail.count(b"\r\n") != newlines:
        raise GateRefusedError(BAD_LINE_ENDING, "bare-lf")
    if b"\0" in mail or mail.count(b"\r") != newlines:
        header = mail.partition(b"\r\n\r\n")[0]
        if b"\0" in header or header.count(b"\r") != header.count(b"\n"):
            raise malformed("header-control-character")
        raise GateRefusedError(BAD_LINE_ENDING, "nul" if b"\0" in mail else "bare-cr")
    # From line to line in leaps as long as a line may be.
    position = 0
    while len(mail) - position > _LINE_OCTETS:
        newline = mail.rfind(b"\n", position, position + _LINE_OCTETS)
        if newline < 0:
            raise GateRefusedError(LINE_TOO_LONG, "line-length")
        position = newline + 1


def canonical_line_ends(entity: bytes) -> bytes:
    """`entity` with CR LF line ends, from CR LF, LF, or a mixture. Raises GateRefusedError for a bare CR or a NUL.

    Only for what was decrypted: several clients write LF inside of an encrypted message.
    """
    lines = entity.replace(b"\r\n", b"\n")
    if b"\r" in lines or b"\0" in lines:
        raise GateRefusedError(BAD_LINE_ENDING, "bare-cr")
    return lines.replace(b"\n", b"\r\n")
