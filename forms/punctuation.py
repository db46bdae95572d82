"""The marks that a language puts between the words of a page: what joins the labels and the values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Punctuation:
    """Marks with the blanks that belong to them. brackets, marks: an opening and a closing one."""

    colon: str = ": "
    comma: str = ", "
    semicolon: str = "; "
    brackets: tuple[str, str] = (" (", ")")
    marks: tuple[str, str] = (" [", "]")

    def bracketed(self, text: object) -> str:
        """Text in round brackets."""
        return f"{self.brackets[0]}{text}{self.brackets[1]}"

    def marked(self, text: object) -> str:
        """A remark that is not part of the text before it."""
        return f"{self.marks[0]}{text}{self.marks[1]}"


_OTHERS = {
    "ar": Punctuation(comma="، ", semicolon="؛ "),
    "fr": Punctuation(colon="\u00a0: ", semicolon="\u00a0; "),
    "zh": Punctuation("：", "，", "；", ("（", "）"), ("［", "］")),
}


def punctuation_of(language: str) -> Punctuation:
    """Return the marks of a language."""
    return _OTHERS.get(language, Punctuation())
