"""The edge under test lets its own account look into its memory, which it hides otherwise: a test looks for UIDs there.

Python imports this at its start when its folder is in PYTHONPATH. No setting of the gateway does this.
"""

import gateway.private_memory

gateway.private_memory.keep_memory_private = lambda: None
