"""Benchmarks: figures with the facts of the machine beside them. `python -m bench` runs all of them."""
