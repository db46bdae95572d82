"""The edge under test lets its own account look into it, which it prevents otherwise: strace names its files and sockets.

Python imports this at its start when its folder is in PYTHONPATH. No setting of the gateway does this.
"""

import gateway.private_memory

gateway.private_memory.keep_memory_private = lambda: None
