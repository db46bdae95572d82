"""The durable queue and the transports that carry a sealed mail from there to a mailbox."""
