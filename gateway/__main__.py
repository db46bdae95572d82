"""`python -m gateway` is `gsp`."""

from gateway.cli.main import main

main(prog_name="gsp")
