"""The life of keys: the gateway's own is rotated, holders are warned before theirs end."""
