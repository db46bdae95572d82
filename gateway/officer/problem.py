"""What stops an officer's command; the sentence says what to do and holds nothing of the form."""

from gateway.words import Sentence


class OfficerProblemError(RuntimeError):
    """The command cannot go on. sentence: why, to be shown in the officer's language; str() is English."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return str(self.sentence)
