"""The gate against mutated input, and a second opinion on whatever it accepts."""
