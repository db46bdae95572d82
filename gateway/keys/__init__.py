"""`keys@` (DESIGN §4): enrolment, renewal, replacement, revocation, passwords and approvals by mail.

Contract: a request is signed by its officer, encrypted to this gateway, fresh, names this gateway, and is served once.
It is opened in the resource-limited workers only; every answer is a notice, signed and encrypted. What a request does
is done by the functions of keyring_admin/acts, which the command line calls too.
"""

KEYS_ADDRESS = "keys"
