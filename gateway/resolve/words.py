"""What an answer of resolve@ says besides the library's own sentences; the catalogues have it in six languages."""

from gateway.words import phrase

SUBJECT = phrase("Whose UID is this? Answer from the gateway")
INTRODUCTION = phrase("Answer of the gateway {domain}, {day} (UTC), by version {version} of the pattern library.")
PARTY = phrase("{name} ({code}): {address}")
CERTIFICATE = phrase("Reading certificate {fingerprint}, attached as {file}")
NO_CERTIFICATE = phrase("This Party has no reading certificate in force: it cannot be written to at present.")
COMPARE = phrase("Compare the fingerprints with the printed list before you encrypt to these certificates.")
FORM = phrase("A query with these UIDs is attached as {file}: state the purpose and why it is necessary, then seal it.")
DECIDE = phrase("Not all of these UIDs are this Party's alone: take out of the query what you do not want to ask here.")
GATEWAY_READS = phrase(
    "The gateway could read the UIDs you asked about here, and has kept none of them. It cannot read sealed queries."
)
