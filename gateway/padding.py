"""Padding of MIME entities before they are encrypted: the size of a mail does not tell what is in it."""

_LINE = b" " * 74 + b"\r\n"


def padded(entity: bytes, *, smallest: int) -> bytes:
    """A multipart with blank lines after its last boundary, up to the next power of two, at least `smallest` octets.

    They are an epilogue, which every reader passes over (RFC 2046 §5.1.1).
    """
    size = max(smallest, 1 << (len(entity) - 1).bit_length())
    missing = size - len(entity)
    padding = (_LINE * (missing // len(_LINE) + 1))[:missing]
    if missing >= len(b"\r\n"):
        padding = padding[:-2] + b"\r\n"
    return entity + padding
