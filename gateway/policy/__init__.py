"""The policy: a table of named rules over facts."""
