"""What can be done to the directory. Each act is one function: command line, `keys@` and the console call the same.

An act checks the right of its actor, changes the directory, writes the key log, and has access derived again, all in
the caller's transaction.
"""
