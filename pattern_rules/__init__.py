"""The pattern library: which UIDs belong to which Party, and why."""
