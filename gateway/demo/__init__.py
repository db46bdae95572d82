"""The demonstration: three Parties, real keys, real mail, from submission to mailbox and back."""
