"""The From header holds the authenticated officer's address and nothing else."""

from gateway.policy.facts import Facts, Refusal
from gateway.replies import SENDER_MISMATCH

NAME = "sender-is-from"


def check(facts: Facts) -> Refusal | None:
    """RFC 6409 §6.1: a submission server may insist on it."""
    officer = facts.sender.officer
    if officer is None or facts.sender.header_address.lower() != officer.address:
        return Refusal(SENDER_MISMATCH, NAME)
    return None
