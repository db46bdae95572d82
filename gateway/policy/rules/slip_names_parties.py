"""The sender's Party stands in the slip on the side that the class of the mail demands."""

from forms.slip import MessageClass
from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "slip-names-parties"


def check(facts: Facts) -> Refusal | None:
    """Who asks is the requesting Party; who replies is the requested one."""
    if facts.slip is None or facts.slip.slip is None:
        return None
    slip = facts.slip.slip
    answers = slip.message_class in {MessageClass.REPLY, MessageClass.ACKNOWLEDGEMENT}
    side = slip.requested_party if answers else slip.requesting_party
    if facts.sender.party is None or side != facts.sender.party.code:
        return Refusal(POLICY, NAME)
    return None
