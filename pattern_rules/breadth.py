"""Does an expression match everything? A Party that declared such a pattern would receive every query (RE-g14)."""

from pattern_rules.automaton import Automaton, bits_of, build
from pattern_rules.errors import ExpressionError, ExpressionProblem
from pattern_rules.expression_tree import MAX_UID_OCTETS, Node, fixed_run

_LETTERS_AND_DIGITS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ALL = sum(1 << octet for octet in _LETTERS_AND_DIGITS)
MAX_STEPS = 100_000  # moves of single states: some tens of milliseconds


def refuse_if_everything(tree: Node) -> None:
    """Refuses an expression that a Party must not own: ExpressionError(MATCHES_EVERYTHING or TOO_LARGE)."""
    if matches_everything(tree):
        raise ExpressionError(ExpressionProblem.MATCHES_EVERYTHING)


def matches_everything(tree: Node) -> bool:
    """Whether, for some length, every string of letters and digits of that length matches.

    Raises ExpressionError(TOO_LARGE) if the subset construction takes more than MAX_STEPS.
    """
    run, _ = fixed_run(tree, MAX_UID_OCTETS)
    if any(mask & _ALL != _ALL for mask in run):
        return False  # the usual case: some position admits only some octets
    return _universal(build(tree))


def _universal(automaton: Automaton) -> bool:
    reading = [0] * 128
    for position, mask in enumerate(automaton.masks):
        for octet in _LETTERS_AND_DIGITS:
            if mask >> octet & 1:
                reading[octet] |= 1 << position
    kinds = {reading[octet] for octet in _LETTERS_AND_DIGITS}
    steps = 0
    level = {automaton.first & kind for kind in kinds}
    for _ in range(MAX_UID_OCTETS):
        if 0 in level:
            return False  # some string of this length has no continuation, nor has any longer one
        if all(states & automaton.last for states in level):
            return True
        following: set[int] = set()
        for states in level:
            reachable = 0
            for position in bits_of(states):
                reachable |= automaton.follow[position]
                steps += 1
            following.update(reachable & kind for kind in kinds)
            steps += len(kinds)
            if steps > MAX_STEPS:
                raise ExpressionError(ExpressionProblem.TOO_LARGE)
        level = following
    return False
