"""The command `gsp` and its sub-commands."""
