"""How far a trust signature reaches: exactly one registered mail domain for each regular expression, or nowhere.

Only the one shape that GnuPG's `tsign` writes is understood. Anything else might match more than it seems to
(security cases KEY-14, KEY-15, KEY-16), and nothing here runs a regular expression that came from outside.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# RFC 9580 §5.2.3.22: matched against User IDs. GnuPG 2.2 g10/keyedit.c trustsig_prompt writes it for a domain.
_SHAPE = re.compile(r"<\[\^>\]\+\[@\.\]((?:[A-Za-z0-9-]|\\[.-])+)>\$")


@dataclass(frozen=True, slots=True)
class ScopeExpression:
    """One regular expression subpacket of a trust signature, without its final NUL."""

    text: str
    critical: bool


def scope_domain(expression: ScopeExpression) -> str | None:
    """The mail domain an expression names, in lower case; None if it is of another shape, or may be ignored.

    An expression that is not critical may be ignored by who doesn't know it: the signature would reach everywhere.
    """
    shape = _SHAPE.fullmatch(expression.text)
    if shape is None or not expression.critical:
        return None
    return shape[1].replace("\\", "").lower()


def scope_domains(expressions: Iterable[ScopeExpression]) -> frozenset[str] | None:
    """The domains of one signature: any of its expressions may match (RFC 9580 §5.2.3.22).

    None if there is no expression, or one that is not understood: the signature is then not scoped.
    """
    domains = [scope_domain(expression) for expression in expressions]
    understood = frozenset(domain for domain in domains if domain is not None)
    return understood if domains and None not in domains else None
