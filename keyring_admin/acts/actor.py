"""On whose word something is done."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. person: people.id, with the full fingerprint of the certificate that signed, and what it signed."""

    person: int | None = None
    certificate: str | None = None
    evidence: bytes = field(default=b"", repr=False)
    gateway: bool = False  # the programs themselves: warnings, rotation of their own key

    @property
    def name(self) -> str:
        """As the key log names the actor."""
        if self.person is not None:
            return f"person {self.person}"
        return "gateway" if self.gateway else "custodian"


@dataclass(frozen=True, slots=True)
class Approved(Actor):
    """Everybody who had to sign a proposal has: it may be done, and only it. Made by acts/proposals.py alone.

    person, certificate, evidence: of the last who signed; the others' approvals are entries of their own.
    """

    proposal: str = ""
    act: str = ""


CUSTODIAN = Actor()  # whoever can run commands on the machine: grants nothing that the chain does not
GATEWAY = Actor(gateway=True)
