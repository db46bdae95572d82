"""What a program holds in its memory is for itself: keys, passwords during a login, UIDs asked at `resolve@`.

Dovecot, which strangers talk to, runs as the same account. After this nothing of that account, only root, can attach
to the program, or read its memory, environment or open files (prctl(2), ptrace(2)); and no core is written.
"""

import ctypes

PR_SET_DUMPABLE = 4  # <linux/prctl.h>


class NotPrivateError(OSError):
    """The kernel refused; the program must not go on."""


def keep_memory_private() -> None:
    """Close this process to others. Its children are open again after exec(2): each has to do this itself."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise NotPrivateError(ctypes.get_errno(), "prctl")
