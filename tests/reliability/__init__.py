"""What `250` promises, kept through kills, faults and clocks that jump."""
