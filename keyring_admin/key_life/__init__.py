"""When certificates end, and whose business it is."""
