"""The slip names a form pack that exists, in a version that exists, and calls it what the pack says it may be.

Otherwise free text would come to stand in the envelope log for good, and a query could call itself something else
and go where no pattern says it should.
"""

from forms import PackShelf, core_shelf
from gateway.policy.facts import Facts, Refusal
from gateway.replies import POLICY

NAME = "form-pack-fits"


def check(facts: Facts) -> Refusal | None:
    """The packs are part of the program: the same for every mail."""
    if facts.slip is None or facts.slip.slip is None:
        return None
    slip, shelf = facts.slip.slip, core_shelf()
    known = (slip.form_pack, slip.form_version) in shelf.names()
    fits = known and slip.message_class.value in _classes_of(shelf, slip.form_pack, slip.form_version)
    return None if fits else Refusal(POLICY, NAME)


def _classes_of(shelf: PackShelf, pack: str, version: str) -> tuple[str, ...]:
    return shelf.pack(pack, version).message_classes
