"""aiosmtpd writes addresses, peers, passwords and content to its loggers: no record of theirs leaves this process."""

import logging

_LOGGERS = ("mail.log", "mail.debug")


def _refuse(_record: logging.LogRecord) -> bool:
    return False


def silence_aiosmtpd() -> None:
    """Switch aiosmtpd's loggers off. The filter holds even if a later logging configuration enables them again."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.disabled = True
        logger.propagate = False
        if _refuse not in logger.filters:
            logger.addFilter(_refuse)
