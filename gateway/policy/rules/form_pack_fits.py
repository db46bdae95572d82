"""The slip names a form pack that exists, in a version that exists, and one that mails of its class carry.

Otherwise free text would come to stand in the envelope log for good, and a query could call itself something else
and go where no pattern says it should.
"""

from forms import core_shelf
from forms.slip import MessageClass
from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "form-pack-fits"

# What a UID recognises goes by its pattern (`query`); what a Party sends unasked, or asks by name, goes as a notice.
_PACKS = {
    MessageClass.QUERY: {"uid-query"},
    MessageClass.REPLY: {"uid-reply", "clarification", "transfer", "correction"},
    MessageClass.ACKNOWLEDGEMENT: {"acknowledgement", "clarification", "transfer"},
    MessageClass.NOTICE: {
        "administrative-assistance",
        "correction",
        "enforcement-request",
        "own-initiative-information",
        "seizure-report",
    },
}


def check(facts: Facts) -> Refusal | None:
    """The packs are part of the program: the same for every mail."""
    if facts.slip is None or facts.slip.slip is None:
        return None
    slip = facts.slip.slip
    known = (slip.form_pack, slip.form_version) in core_shelf().names()
    return None if known and slip.form_pack in _PACKS[slip.message_class] else Refusal(POLICY, NAME)
