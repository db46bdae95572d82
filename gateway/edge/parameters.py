"""Parameters of MAIL and RCPT: what is offered is checked, those of DSN (RFC 3461) are let pass, the rest is 555.

DSN is not offered: of its parameters only NOTIFY=SUCCESS means something, a wish for the gateway's receipt.
"""

import re
from collections.abc import Callable, Mapping

from gateway.replies import BAD_SYNTAX, MESSAGE_TOO_BIG, UNKNOWN_PARAMETER, Reply

# RFC 5321 §4.1.2: esmtp-keyword, esmtp-value
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?")
# RFC 3461 §4: xtext
_XTEXT = r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})"
_ENVELOPE_ID = re.compile(_XTEXT + r"{1,100}")  # RFC 3461 §4.4
_ORIGINAL_RECIPIENT = re.compile(r"[A-Za-z0-9-]{1,64};" + _XTEXT + r"{1,500}")  # RFC 3461 §4.2
_NOTIFY = re.compile(r"NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2}", re.IGNORECASE)
_SUBMITTER = re.compile(_XTEXT + r"{1,500}")  # RFC 4954 §5
_SIZE = re.compile(r"[0-9]{1,20}", re.ASCII)  # RFC 1870 §3

Check = Callable[[str], Reply | None]


def _matches(pattern: re.Pattern[str]) -> Check:
    return lambda value: None if pattern.fullmatch(value) else BAD_SYNTAX


def _body(value: str) -> Reply | None:
    # RFC 6152 §3; BINARYMIME (RFC 3030) is not offered
    return None if value.upper() in {"7BIT", "8BITMIME"} else UNKNOWN_PARAMETER


def _return(value: str) -> Reply | None:
    return None if value.upper() in {"FULL", "HDRS"} else BAD_SYNTAX  # RFC 3461 §4.3


def _size(limit: int) -> Check:
    def check(value: str) -> Reply | None:
        if not _SIZE.fullmatch(value):
            return BAD_SYNTAX
        return MESSAGE_TOO_BIG if int(value) > limit else None  # RFC 1870 §6.1

    return check


def refuse_mail_parameters(text: str, size_limit: int) -> Reply | None:
    """The refusal of the parameters of MAIL, or None. size_limit: octets."""
    return _refuse(
        text,
        {
            "SIZE": _size(size_limit),
            "BODY": _body,
            "AUTH": _matches(_SUBMITTER),  # RFC 4954 §5: never trusted, never changes who is sending
            "RET": _return,
            "ENVID": _matches(_ENVELOPE_ID),
        },
    )


def refuse_recipient_parameters(text: str) -> Reply | None:
    """The refusal of the parameters of RCPT, or None."""
    return _refuse(text, {"NOTIFY": _matches(_NOTIFY), "ORCPT": _matches(_ORIGINAL_RECIPIENT)})


def asks_for_receipt(text: str) -> bool:
    """Whether the parameters of RCPT, of which none was refused, ask to be told of success. Source: RFC 3461 §4.1."""
    parameters = dict(word.upper().split("=", 1) for word in text.split(" ")) if text else {}
    return "SUCCESS" in parameters.get("NOTIFY", "").split(",")


def _refuse(text: str, known: Mapping[str, Check]) -> Reply | None:
    seen: set[str] = set()
    for word in text.split(" ") if text else ():
        match = _PARAMETER.fullmatch(word)
        if match is None or match[1].upper() in seen:
            return BAD_SYNTAX
        keyword = match[1].upper()
        seen.add(keyword)
        check = known.get(keyword)
        if check is None:
            return UNKNOWN_PARAMETER
        refusal = BAD_SYNTAX if match[2] is None else check(match[2])
        if refusal is not None:
            return refusal
    return None
