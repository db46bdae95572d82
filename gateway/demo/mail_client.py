"""An ordinary mail client with OpenPGP: Emacs (message-mode, EasyPG, smtpmail), driven without a terminal.

It signs and encrypts by PGP/MIME (RFC 3156) and submits over TLS with authentication, as an officer's client does.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gateway.demo.people import DemoParty

_SCRIPT = Path(__file__).parent / "send.el"
_SECONDS = 60


class MailClientError(RuntimeError):
    """The mail client could not send."""


@dataclass(frozen=True, slots=True)
class ClientMail:
    """What is typed into the client. attachment: file; in_reply_to: Message-ID of the mail answered."""

    recipient: str
    subject: str
    text: str
    attachment: Path | None = None
    in_reply_to: str | None = None
    secure: bool = True


def send_with_client(party: DemoParty, mail: ClientMail, *, port: int, authority: Path) -> str:
    """Send; what the client said at the end. Raises MailClientError when the client reports a failure."""
    emacs = shutil.which("emacs")
    if emacs is None:
        raise MailClientError("the demonstration needs the package emacs-nox: apt-get install emacs-nox")
    secrets = party.home / "authinfo"
    secrets.write_text(
        f"machine localhost port {port} login {party.officer} password {party.password}\n", encoding="ascii"
    )
    job = {
        "from": party.officer,
        "to": mail.recipient,
        "subject": mail.subject,
        "text": mail.text,
        "attachment": str(mail.attachment) if mail.attachment else None,
        "in_reply_to": mail.in_reply_to,
        "secure": mail.secure,
        "port": port,
        "authority": str(authority),
        "authinfo": str(secrets),
    }
    done = subprocess.run(
        [emacs, "--batch", "--no-site-file", "-Q", "-l", str(_SCRIPT)],
        input=json.dumps(job) + "\n",
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        env={"HOME": str(party.home), "GNUPGHOME": str(party.gnupg), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no output"]
        raise MailClientError("\n".join(lines))
    return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "sent"
