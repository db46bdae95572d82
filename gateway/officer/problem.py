"""What stops an officer's command; the text says what to do and holds nothing of the form."""


class OfficerProblemError(RuntimeError):
    """The command cannot go on."""
