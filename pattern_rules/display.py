"""The display form of octets of a UID: what a human can read and compare. Not meant to be read back by a program."""

_GS_PICTURE = "␝"  # Unicode control picture for 0x1D


def display(octets: bytes) -> str:
    """Printable form: GS as its control picture, other octets outside of printable ASCII as \\xNN."""
    return "".join(
        _GS_PICTURE if octet == 0x1D else chr(octet) if 0x20 <= octet < 0x7F else f"\\x{octet:02x}" for octet in octets
    )
