"""Operations: backup, upgrade, units, images, PostgreSQL.

Nothing of a gateway runs as root. Started by root, only what needs root is collected (clean roots), and
test_unprivileged.py, which runs all the rest as an unprivileged account.
"""

import os
from pathlib import Path

ONLY_AS_ROOT = {"test_clean_root.py", "test_unprivileged.py"}
_AS_ROOT = os.geteuid() == 0

collect_ignore = [
    str(file) for file in Path(__file__).parent.glob("test_*.py") if (file.name in ONLY_AS_ROOT) is not _AS_ROOT
]
