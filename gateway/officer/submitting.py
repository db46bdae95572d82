"""Sending a sealed mail: submission over implicit TLS (RFC 8314 §3.3)."""

import smtplib
import ssl
from pathlib import Path

from gateway.officer.problem import OfficerProblemError


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
                raise OfficerProblemError(f"the gateway refused sender or recipient ({code})")
            code, text = client.data(mail)
    except ssl.SSLCertVerificationError:
        raise OfficerProblemError("the server's TLS certificate is not trusted; give the right one with --ca") from None
    except smtplib.SMTPAuthenticationError:
        raise OfficerProblemError("the gateway refused address or password") from None
    except (OSError, smtplib.SMTPException):
        raise OfficerProblemError(f"the gateway at {host}:{port} cannot be reached; the mail was not sent") from None
    reply = f"{code} {text.decode('ascii', 'replace')}"
    if code != 250:
        raise OfficerProblemError(f"the gateway refused the mail: {reply}")
    return reply
