"""The officer's side: sealing and opening on the officer's own machine, with the officer's own GnuPG."""
