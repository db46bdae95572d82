"""The officer's roles allow what the mail is: a query, or a reply."""

from forms.slip import MessageClass
from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY
from keyring_admin.officers import Role

NAME = "sender-has-role"

_NEEDED = {
    MessageClass.QUERY: Role.QUERY,
    MessageClass.NOTICE: Role.QUERY,
    MessageClass.REPLY: Role.REPLY,
    MessageClass.ACKNOWLEDGEMENT: Role.REPLY,
}


def check(facts: Facts) -> Refusal | None:
    """Roles are granted to each officer by the administrator of the Party."""
    officer = facts.sender.officer
    if officer is None or _NEEDED[facts.message_class] not in officer.roles:
        return Refusal(POLICY, NAME)
    return None
