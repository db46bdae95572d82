"""What of the configuration the acts need."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class DirectoryRules:
    """gateway_domain: never a Party's. special_use_domains: whether domains under `.test` are admitted.

    quarantine: how long the address of an officer who left stays taken. rotation: how long a Party has to replace its
    reading certificate after somebody who held its key left. proposal_life: how long people have to approve.
    overlap: how long a replaced certificate of an officer is still accepted.
    enrolment_life: how long an invitation, or a replacement, stays open.
    """

    gateway_domain: str
    special_use_domains: bool
    quarantine: timedelta = timedelta(days=90)
    rotation: timedelta = timedelta(days=14)
    proposal_life: timedelta = timedelta(days=30)
    overlap: timedelta = timedelta(days=14)
    enrolment_life: timedelta = timedelta(days=7)
