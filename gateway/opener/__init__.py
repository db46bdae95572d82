"""Opening routing slips: in resource-limited child processes, never in a process that has anything else to do."""
