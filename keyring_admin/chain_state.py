"""What the chain from the root says of a certificate: derived whenever the directory changes, kept beside it."""

from enum import StrEnum


class ChainState(StrEnum):
    """In force, or the reason why not. `gsp keys why` has a sentence for each."""

    BY_HAND = "by-hand"  # no root is installed: who is admitted is in force (development, pilots)
    IN_FORCE = "in-force"
    UNDERIVED = "underived"  # admitted, and not yet judged
    NOT_CERTIFIED = "not-certified"  # by no administrator of the Party
    NOT_CERTIFIED_BY_ROOT = "not-certified-by-root"
    CERTIFIER_NOT_IN_FORCE = "certifier-not-in-force"
    OUT_OF_SCOPE = "out-of-scope"  # of the certifier's mail domains
    CERTIFICATION_EXPIRED = "certification-expired"
    CERTIFICATION_REVOKED = "certification-revoked"
    TRUST_NOT_SCOPED = "trust-not-scoped"  # an administrator's: no trust signature, or one too wide
    EXPIRED = "expired"
    REVOKED = "revoked"
    TOO_WEAK = "too-weak"
    NOT_A_MEMBER = "not-a-member"  # the Party, today

    @property
    def grants(self) -> bool:
        """Whether a certificate in this state may be used."""
        return self in {ChainState.BY_HAND, ChainState.IN_FORCE}
