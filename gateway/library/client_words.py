"""Why an officer's copy of the library is not replaced, or not used, as sentences for the officer."""

from gateway.library.problem import Problem
from gateway.words import Sentence, phrase

_SENTENCES = {
    Problem.NOT_RELEASED: phrase("it is not a library signed by two release keys"),
    Problem.RELEASE_SIGNATURE: phrase("a release signature is not good, or not of a release key"),
    Problem.TWO_RELEASE_KEYS: phrase("it does not bear the signatures of two different release keys"),
    Problem.RELEASE_KEYS: phrase("the file of certificates does not hold every release key that was named"),
    Problem.NO_RELEASE_KEYS: phrase(
        "it is signed, but no release keys are kept beside it: take it with `gsp library fetch`"
    ),
    Problem.ROLLBACK: phrase("it is older than your copy"),
    Problem.FORK: phrase("it does not follow from your copy: same number or predecessor, other content"),
    Problem.GAP: phrase("versions between your copy and it are missing: give them too, or an address"),
    Problem.LIBRARY_EXPIRED: phrase("it has expired"),
    Problem.UNREACHABLE: phrase("it cannot be read from there"),
    Problem.TOO_LARGE: phrase("it is too large"),
}


def library_problem(problem: Problem) -> Sentence | str:
    """The sentence; of what no officer's command can meet, the English one."""
    return _SENTENCES.get(problem, problem.value)
