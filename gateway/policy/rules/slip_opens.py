"""The slip could be decrypted and is a routing slip. One constant answer for every way to fail."""

from gateway.opener.frames import Outcome
from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "slip-opens"


def check(facts: Facts) -> Refusal | None:
    """Whole mails without a slip would be assisted mode, which this deployment does not offer."""
    if facts.slip is None or facts.slip.outcome in {Outcome.OPENED, Outcome.BAD_SIGNATURE}:
        return None
    return Refusal(POLICY, NAME)
