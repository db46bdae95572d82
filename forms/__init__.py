"""Forms: XML documents of form packs; parse safely, validate, compose, render."""

from forms.errors import FormError, FormErrorCode, Problem
from forms.identifiers import is_identifier, is_token, new_identifier, new_token
from forms.slip import BodyKind, MessageClass, Slip, compose_slip, parse_slip

__all__ = [
    "BodyKind",
    "FormError",
    "FormErrorCode",
    "MessageClass",
    "Problem",
    "Slip",
    "compose_slip",
    "is_identifier",
    "is_token",
    "new_identifier",
    "new_token",
    "parse_slip",
]
