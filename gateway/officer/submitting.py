"""Sending a sealed mail: submission over implicit TLS (RFC 8314 §3.3)."""

import smtplib
import ssl
from pathlib import Path

from gateway.officer.problem import OfficerProblemError
from gateway.officer.reply_words import refusal
from gateway.words import phrase


def submit(
    mail: bytes,
    *,
    sender: str,
    recipient: str,
    host: str,
    port: int,
    password: str,
    certificate_authority: Path | None,
) -> str:
    """Submit one mail; the gateway's reply text with its queue id. Raises OfficerProblemError."""
    context = ssl.create_default_context(cafile=certificate_authority)
    try:
        with smtplib.SMTP_SSL(host, port, context=context, timeout=120) as client:
            client.login(sender, password)
            code, _ = client.mail(sender)
            if code == 250:
                code, _ = client.rcpt(recipient)
            if code != 250:
                raise OfficerProblemError(phrase("the gateway refused sender or recipient ({code})", code=code))
            code, text = client.data(mail)
    except ssl.SSLCertVerificationError:
        raise OfficerProblemError(
            phrase("the server's TLS certificate is not trusted; give the right one with --ca")
        ) from None
    except smtplib.SMTPAuthenticationError:
        raise OfficerProblemError(phrase("the gateway refused address or password")) from None
    except (OSError, smtplib.SMTPException):
        server = f"{host}:{port}"
        raise OfficerProblemError(
            phrase("the gateway at {server} cannot be reached; the mail was not sent", server=server)
        ) from None
    reply = f"{code} {text.decode('ascii', 'replace')}"
    if code != 250:
        raise OfficerProblemError(refusal(reply))
    return reply
