"""A reply belongs to an exchange between just these two Parties; a sealed query begins one that is new."""

from forms.slip import MessageClass
from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "exchange-fits"


def check(facts: Facts) -> Refusal | None:
    """DESIGN §5.4. Direct mail that fits no exchange was made a new query before it came here."""
    if facts.message_class not in {MessageClass.REPLY, MessageClass.ACKNOWLEDGEMENT}:
        # Another officer's exchange id can only have been copied: 128 random bits do not meet by chance.
        return Refusal(POLICY, NAME) if facts.slip is not None and facts.exchange is not None else None
    exchange, sender, party = facts.exchange, facts.sender.party, facts.party
    if exchange is None or sender is None or party is None:
        return Refusal(POLICY, NAME)
    if (exchange.requested_party, exchange.requesting_party) != (sender.code, party.code):
        return Refusal(POLICY, NAME)
    return None
