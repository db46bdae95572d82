"""What of the configuration the acts on the directory need."""

from datetime import timedelta

from gateway.settings import Settings
from keyring_admin.acts.rules import DirectoryRules


def directory_rules(settings: Settings) -> DirectoryRules:
    """The rules of this deployment."""
    return DirectoryRules(
        gateway_domain=settings.gateway.domain,
        special_use_domains=settings.gateway.special_use_domains,
        quarantine=timedelta(days=settings.directory.quarantine_days),
        rotation=timedelta(days=settings.directory.rotation_days),
        proposal_life=timedelta(days=settings.directory.proposal_days),
        overlap=timedelta(days=settings.directory.overlap_days),
    )
