"""Data shipped with the package: the library the program starts with, and the sentences of six languages."""
