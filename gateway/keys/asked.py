"""A request that was opened and judged, with all that serving it needs: values only."""

from dataclasses import dataclass, field
from datetime import datetime

from gateway.keys.opened import OpenedRequest
from keyring_admin.acts.actor import Actor
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.certificate_refusal import CertificateRefusal
from keyring_admin.certificates import CertificateFacts
from keyring_admin.officers import Officer


@dataclass(frozen=True, slots=True)
class Asked:
    """officer: whose account sent it. signer: fingerprint of the key that signed, None for a bare revocation.

    examined: what the door says of a new certificate, None if none was sent. size: octets of the mail as submitted.
    remembered_until: until when the same request would be taken for fresh.
    """

    officer: Officer
    opened: OpenedRequest
    signer: str | None
    examined: CertificateFacts | CertificateRefusal | None
    rules: DirectoryRules
    gateway: str
    now: datetime
    remembered_until: datetime
    size: int
    pilot: bool
    queue_id: str

    @property
    def actor(self) -> Actor:
        """The officer as an actor. Whoever is no person has no rights over others: the gateway acts for them."""
        return Actor(
            person=self.officer.person,
            certificate=self.officer.certificate,
            evidence=self.opened.evidence,
            gateway=self.officer.person is None,  # else an actor without a person would be the custodian
        )


@dataclass(frozen=True, slots=True)
class Served:
    """queue_id: named in the reply. disconnect: addresses whose open mailbox sessions have to end now."""

    queue_id: str
    disconnect: tuple[str, ...] = field(default=(), repr=False)
