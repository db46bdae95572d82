"""Why a backup cannot be made or restored, in one line that says what to do."""


class BackupError(RuntimeError):
    """Nothing was made: neither a file nor a folder is left. The text names files of the deployment, no content."""
