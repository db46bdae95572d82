"""Life of the pattern library: declared, reviewed, approved, signed offline, published, checked by clients."""
