"""The folder that everybody may read: every signed version under its number, the newest, and a list of them.

`library/N` is the signed file of version N, `library/current` the newest, `library/versions.json` the list, not
signed: it only says where to look.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from gateway.library.archive import Version
from gateway.library.files import replace_file

LIBRARY = "library"
CURRENT = "current"
VERSIONS = "versions.json"
_FORMAT = "gsp-library-versions/1"


def write_public_folder(folder: Path, versions: Iterable[Version]) -> None:
    """Write what is missing; the newest and the list last, so that what they name is there."""
    released = [version for version in versions if version.released is not None]
    place = folder / LIBRARY
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    for version in released:
        file = place / str(version.number)
        if not file.exists() and version.released is not None:
            replace_file(file, version.released, mode=0o644)
    if released and released[-1].released is not None:
        replace_file(place / CURRENT, released[-1].released, mode=0o644)
    replace_file(place / VERSIONS, _list(released), mode=0o644)


def _list(released: list[Version]) -> bytes:
    entries = [
        {
            "number": version.number,
            "sha256": version.sha256,
            "predecessor": version.predecessor,
            "issued": version.issued.isoformat(),
            "expires": version.expires.isoformat(),
            "rollback_of": version.rollback_of,
        }
        for version in released
    ]
    return (json.dumps({"format": _FORMAT, "versions": entries}, indent=2) + "\n").encode("ascii")
