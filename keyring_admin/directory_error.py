"""The one error of the directory."""


class DirectoryError(ValueError):
    """A change the directory refuses. The text says what to do and is shown to the administrator."""
