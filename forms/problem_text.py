"""Problems in the reader's language: the label of the field, then what is wrong."""

from forms.errors import FormErrorCode, Problem
from forms.fields import Field
from forms.labels import Words, common_catalogue
from forms.migration import plain
from forms.pack import Pack
from forms.view import words_for


def describe(problem: Problem, pack: Pack | None, language: str) -> str:
    """Return one sentence about a problem: never anything of the form's content.

    pack: the form's, None if it is not known. Raises KeyError for a language without words.
    """
    if pack is None:
        return message(problem.code.value, language)
    words = words_for(pack, language)
    sentence = (
        words.text("rule", problem.rule)
        if problem.code is FormErrorCode.RULE
        else words.text("message", problem.code.value)
    )
    if not problem.path:
        return sentence
    return f"{_where(problem.path, pack.root, words)} ({problem.path}){words.punctuation.colon}{sentence}"


def message(key: str, language: str) -> str:
    """Return a sentence of the engine's own. Raises KeyError for an unknown key or language."""
    common = common_catalogue(language)
    return Words(language, common, common).text("message", key)


def _where(path: str, root: Field, words: Words) -> str:
    """The labels on the way to a field: "Marking 2 › UID"."""
    labels = []
    steps = path.split("/")
    for depth, step in enumerate(steps, 1):
        place = "/".join(plain(part) for part in steps[:depth])
        index = step.partition("[")[2].rstrip("]")
        labels.append(words.numbered(place, index) if index else words.label(place))
    return " › ".join(labels)
