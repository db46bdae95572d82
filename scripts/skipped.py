"""Names the tests that were skipped, with the reasons, from reports that pytest wrote. Usage: skipped.py REPORT...

Exit status 1 if a report cannot be read, or holds no tests: then something else went wrong.
"""

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET


def main(reports: list[str]) -> int:
    """Print one line for each file and reason."""
    found: Counter[tuple[str, str]] = Counter()
    tests = 0
    for report in reports:
        for case in ET.fromstring(Path(report).read_bytes()).iter("testcase"):  # noqa: S314 - our own, just written
            tests += 1
            skipped = case.find("skipped")
            if skipped is not None:
                found[case.get("classname", ""), skipped.get("message", "")] += 1
    for (name, reason), number in sorted(found.items()):
        print(f"  {name}: {number} of its tests: {reason}")
    print(f"  ({tests} tests ran or were skipped)")
    return 0 if tests else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
