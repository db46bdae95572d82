"""The pattern that recognised the UID belongs to the requested Party in the library in force."""

from forms.slip import MessageClass
from gateway.policy.facts import Facts, NoticeKind, Refusal
from gateway.replies import POLICY

NAME = "pattern-is-partys"

# Packs that ask about UIDs. The other queries name no UID; who is asked is the sender's own choice.
_ASK_ABOUT_UIDS = {"uid-query", "uid-resolve"}


def check(facts: Facts) -> Refusal | None:
    """A pattern without a Party never routes. The officer learns by notice which Party holds the pattern now."""
    if facts.slip is None or facts.slip.slip is None or facts.message_class is not MessageClass.QUERY:
        return None
    slip = facts.slip.slip
    if slip.pattern_id is None and slip.form_pack not in _ASK_ABOUT_UIDS:
        return None
    if slip.pattern_id is None or slip.library_version is None or slip.library_version > facts.library.version:
        return Refusal(POLICY, NAME)
    if slip.requested_party not in facts.library.pattern_parties:
        return Refusal(POLICY, NAME, NoticeKind.PATTERN_MOVED)
    return None
