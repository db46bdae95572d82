"""The gate: is this mail really encrypted, and nothing else? Decided from bytes, without a key."""
