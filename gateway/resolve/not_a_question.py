"""The one error for every mail to `resolve@` that asks nothing it could answer."""


class NotAQuestionError(ValueError):
    """What was opened holds no list of UIDs in a shape known here. It says nothing more."""

    def __init__(self) -> None:
        super().__init__("the message asks about no UID")
