"""The programs of a gateway, each a process of its own over the durable queue, and their supervisor."""
