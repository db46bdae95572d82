"""`resolve@` (DESIGN §4): whose UID is this? Off by default.

A mail signed by an officer and encrypted to the gateway asks about up to 50 UIDs; the answer, signed by the gateway and
encrypted to the officer, names the Party of each, its address, its reading certificates, and holds a query to fill in.

Contract: the gateway can read the UIDs asked here, in the memory of a resource-limited worker, for the time of one
answer. The edge and everything behind it only ever hold ciphertext. What is kept is one row of the envelope log: who
asked, when, how much mail; not which UIDs, how many, nor whose they are.
"""

RESOLVE_ADDRESS = "resolve"

# Said on every screen of a deployment that serves it (DESIGN §3).
RESOLVE_IS_ON = (
    "resolve@ is on: the gateway can read the UIDs asked at resolve@. Each use is counted in public statistics."
)
