"""Characters that have no business in a form: they hide text, reorder it, or carry data nobody sees.

Left-to-right, right-to-left and Arabic letter marks and the joiners stay: Arabic and Persian need them.
"""

import re

_FORBIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but TAB and LF
    "\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides, isolates (UTS #39, "Trojan Source")
    "\u2028\u2029\u2060-\u2064\ufeff\ufff9-\ufffb"  # invisible separators and annotations
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # surrogates and noncharacters
    "\U000e0000-\U000e007f"  # tags
    "]"
)


def has_forbidden_character(text: str) -> bool:
    """Whether `text` holds a control, bidirectional control or invisible character that no form may carry."""
    return _FORBIDDEN.search(text) is not None
