"""The pattern that recognised the UID belongs to the requested Party in the library in force."""

from forms import core_shelf
from forms.slip import MessageClass
from gateway.policy.facts import Facts, NoticeKind, Refusal
from gateway.replies import POLICY

NAME = "pattern-is-partys"


def check(facts: Facts) -> Refusal | None:
    """A pattern without a Party never routes. The officer learns by notice which Party holds the pattern now."""
    if facts.slip is None or facts.slip.slip is None or facts.message_class is not MessageClass.QUERY:
        return None
    slip = facts.slip.slip
    if slip.pattern_id is None and not core_shelf().pack(slip.form_pack, slip.form_version).routed_by_pattern:
        return None  # not about UIDs: who is asked is the sender's own choice
    if slip.pattern_id is None or slip.library_version is None or slip.library_version > facts.library.version:
        return Refusal(POLICY, NAME)
    if slip.requested_party not in facts.library.pattern_parties:
        return Refusal(POLICY, NAME, NoticeKind.PATTERN_MOVED)
    return None
