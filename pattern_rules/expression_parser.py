"""Parses the accepted subset of RE2 syntax into a tree; what is outside of the subset is refused with its reason.

The subset (documented in docs/uid-patterns.md) is chosen so that our tree and RE2 can't disagree: a construct
that engines read differently (a lone `{`, `]` or `}`, flags, POSIX and Unicode classes, octal escapes) is not in it.
tests/patterns compares tree and engine on random strings.
"""

from functools import lru_cache

from pattern_rules.errors import ExpressionError, ExpressionProblem
from pattern_rules.expression_tree import ALPHABET, MAX_UID_OCTETS, Node, Octets, choice, repeat, sequence

MAX_EXPRESSION_OCTETS = 256  # RE-g11
MAX_DEPTH = 12  # RE-g12
MAX_GROUPS = 24
MAX_POSITIONS = 1024  # octets of the expression after counted repeats are written out (RE-g09)
MAX_REPEAT = MAX_UID_OCTETS  # RE-g08: more can't match within a UID
MAX_GROUP_NAME = 16

_DIGITS = sum(1 << octet for octet in b"0123456789")
_WORD = _DIGITS | sum(1 << octet for octet in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_SPACE = 1 << 0x20  # \s is [\t\n\f\r ] in RE2; of these only the space is in the alphabet
_CLASSES = {
    "d": _DIGITS,
    "w": _WORD,
    "s": _SPACE,
    "D": ALPHABET & ~_DIGITS,
    "W": ALPHABET & ~_WORD,
    "S": ALPHABET & ~_SPACE,
}
_REFUSED_ESCAPES = {
    "p": ExpressionProblem.UNICODE_CLASS,  # RE-g10
    "P": ExpressionProblem.UNICODE_CLASS,
    "C": ExpressionProblem.OCTET_ESCAPE,  # RE-g25
    "A": ExpressionProblem.MISPLACED_ANCHOR,
    "z": ExpressionProblem.MISPLACED_ANCHOR,
    "b": ExpressionProblem.MISPLACED_ANCHOR,
    "B": ExpressionProblem.MISPLACED_ANCHOR,
}
_REFUSED_GROUPS = (
    ("(?=", ExpressionProblem.LOOK_AROUND),  # RE-g05
    ("(?!", ExpressionProblem.LOOK_AROUND),
    ("(?<=", ExpressionProblem.LOOK_AROUND),
    ("(?<!", ExpressionProblem.LOOK_AROUND),  # RE-g06
    ("(?>", ExpressionProblem.ATOMIC_GROUP),  # RE-g07
    ("(?P=", ExpressionProblem.BACKREFERENCE),
    ("(?P>", ExpressionProblem.BACKREFERENCE),
)


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.depth = 0
        self.groups: dict[str, tuple[int, Node]] = {}
        self.group_count = 0

    def refuse(self, problem: ExpressionProblem = ExpressionProblem.SYNTAX, at: int | None = None) -> ExpressionError:
        return ExpressionError(problem, self.at if at is None else at)

    def looking_at(self, text: str) -> bool:
        return self.source.startswith(text, self.at)

    def whole(self) -> Node:
        if self.looking_at("^"):  # full match makes a leading ^ and a final $ say nothing
            self.at = 1
        node = self.choice()
        if self.at < len(self.source):
            raise self.refuse()
        return node

    def choice(self) -> Node:
        items = [self.sequence()]
        while self.looking_at("|"):
            self.at += 1
            items.append(self.sequence())
        return choice(items)

    def sequence(self) -> Node:
        items: list[Node] = []
        while self.at < len(self.source) and self.source[self.at] not in "|)":
            if self.looking_at("$") and self.at == len(self.source) - 1:
                self.at += 1
                break
            items.append(self.repeated(self.atom()))
        return sequence(items)

    def atom(self) -> Node:
        character = self.source[self.at]
        match character:
            case "(":
                return self.group()
            case "[":
                return self.octet_class()
            case "\\":
                return Octets(self.escape())
            case ".":
                self.at += 1
                return Octets(ALPHABET)
            case "^" | "$":
                raise self.refuse(ExpressionProblem.MISPLACED_ANCHOR)
            case "*" | "+" | "?" | "{" | "}" | "]":
                raise self.refuse()
            case _:
                self.at += 1
                return Octets(1 << ord(character))

    def group(self) -> Node:
        start = self.at
        for opening, problem in _REFUSED_GROUPS:
            if self.looking_at(opening):
                raise self.refuse(problem)
        name: str | None = ""
        if self.looking_at("(?:"):
            self.at += 3
            name = None
        elif self.looking_at("(?P<"):
            name = self.group_name()
        elif self.looking_at("(?<"):  # a second spelling of the same; one is enough
            raise self.refuse(ExpressionProblem.BAD_GROUP_NAME)
        elif self.looking_at("(?"):
            raise self.refuse(ExpressionProblem.FLAGS)  # RE-g21
        else:
            self.at += 1
        self.depth += 1
        self.group_count += name is not None
        if self.depth > MAX_DEPTH:
            raise self.refuse(ExpressionProblem.TOO_DEEP, start)
        if self.group_count > MAX_GROUPS:
            raise self.refuse(ExpressionProblem.TOO_MANY_GROUPS, start)
        inner = self.choice()
        if not self.looking_at(")"):
            raise self.refuse(at=start)
        self.at += 1
        self.depth -= 1
        if name:
            self.groups[name] = self.groups[name][0], inner
        return inner

    def group_name(self) -> str:
        end = self.source.find(">", self.at)
        name = self.source[self.at + 4 : end] if end > 0 else ""
        plain = name.isascii() and name.islower() and name.isidentifier() and len(name) <= MAX_GROUP_NAME
        if not plain or name in self.groups:
            raise self.refuse(ExpressionProblem.BAD_GROUP_NAME)
        self.groups[name] = self.group_count + 1, sequence([])  # taken, also for groups inside of this one
        self.at = end + 1
        return name

    def octet_class(self) -> Node:
        end = self.at + 1
        while end < len(self.source) and self.source[end] != "]":
            end += 2 if self.source[end] == "\\" else 1
        if end >= len(self.source):
            raise self.refuse()
        try:
            mask = _class_mask(self.source[self.at + 1 : end])
        except ExpressionError as error:
            raise self.refuse(error.problem, self.at + 1 + max(error.position, 0)) from None
        self.at = end + 1
        return Octets(mask)

    def escape(self) -> int:
        if self.at + 1 >= len(self.source):
            raise self.refuse()
        character = self.source[self.at + 1]
        if character in _REFUSED_ESCAPES:
            raise self.refuse(_REFUSED_ESCAPES[character])
        if character in _CLASSES:
            self.at += 2
            return _CLASSES[character]
        if character == "x":
            return self.hexadecimal()
        if character.isdigit():
            raise self.refuse(ExpressionProblem.BACKREFERENCE)  # RE-g04; octal escapes (RE-g23) look the same
        if character.isalpha() or character == "_":
            raise self.refuse(ExpressionProblem.UNKNOWN_ESCAPE)
        self.at += 2
        return 1 << ord(character)

    def hexadecimal(self) -> int:
        digits = self.source[self.at + 2 : self.at + 4]
        if len(digits) != 2 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
            raise self.refuse(ExpressionProblem.UNKNOWN_ESCAPE)
        mask = 1 << int(digits, 16)
        if not mask & ALPHABET:
            raise self.refuse(ExpressionProblem.OUTSIDE_ALPHABET)
        self.at += 4
        return mask

    def repeated(self, atom: Node) -> Node:
        if self.at >= len(self.source):
            return atom
        match self.source[self.at]:
            case "*":
                bounds: tuple[int, int | None] = (0, None)
            case "+":
                bounds = (1, None)
            case "?":
                bounds = (0, 1)
            case "{":
                bounds = self.counted()
            case _:
                return atom
        self.at += 1
        if self.looking_at("?"):  # lazy: the same strings, other captures
            self.at += 1
        if self.at < len(self.source) and self.source[self.at] in "*+?{":
            raise self.refuse()
        return repeat(atom, *bounds)

    def counted(self) -> tuple[int, int | None]:
        """Bounds of {n}, {n,} or {n,m}; leaves the position on the closing brace."""
        end = self.source.find("}", self.at)
        least, comma, most = self.source[self.at + 1 : max(end, 0)].partition(",")
        if not least.isdigit() or (most and not most.isdigit()) or len(least + most) > 8:
            raise self.refuse()
        low = int(least)
        high = low if not comma else int(most) if most else None
        if low > MAX_REPEAT or (high is not None and high > MAX_REPEAT):
            raise self.refuse(ExpressionProblem.REPEAT_TOO_LARGE)
        if high is not None and high < low:
            raise self.refuse()
        self.at = end
        return low, high


@lru_cache(maxsize=4096)  # a library repeats the same few classes
def _class_mask(text: str) -> int:
    parser = _Parser(text)
    negated = parser.looking_at("^")
    parser.at += negated
    if parser.at >= len(text):
        raise parser.refuse()
    mask = 0
    while parser.at < len(text):
        low, single = _class_item(parser)
        if single and parser.looking_at("-") and parser.at + 1 < len(text):
            parser.at += 1
            high, single_end = _class_item(parser)
            if not single_end or high < low:
                raise parser.refuse()
            low = ((high << 1) - low) & ALPHABET  # all bits from low to high
        mask |= low
    return ALPHABET & ~mask if negated else mask


def _class_item(parser: _Parser) -> tuple[int, bool]:
    """The next item of a class: its octet set, and whether it is a single octet that may begin a range."""
    character = parser.source[parser.at]
    if character == "\\":
        mask = parser.escape()
        return mask, mask.bit_count() == 1 and parser.source[parser.at - 1] != "s"
    if character == "[":
        raise parser.refuse(ExpressionProblem.POSIX_CLASS)  # RE-g26; a literal [ is written \[
    parser.at += 1
    edge = parser.at == 1 or parser.source[: parser.at] == "^-" or parser.at == len(parser.source)
    if character == "-" and not edge:  # [a-b-c] is read differently by different engines
        raise parser.refuse()
    return 1 << ord(character), True


def parse(source: str) -> tuple[Node, dict[str, tuple[int, Node]]]:
    """Parses an expression.

    source: the expression. Returns the tree, and the numbers and trees of the named groups.
    Raises ExpressionError for anything outside of the subset or above its caps.
    """
    if not source:
        raise ExpressionError(ExpressionProblem.EMPTY)  # RE-g13
    if len(source) > MAX_EXPRESSION_OCTETS:
        raise ExpressionError(ExpressionProblem.TOO_LONG)
    if not (source.isascii() and source.isprintable()):  # RE-g23, RE-g24
        raise ExpressionError(ExpressionProblem.NOT_PRINTABLE_ASCII)
    parser = _Parser(source)
    tree = parser.whole()
    if tree.positions > MAX_POSITIONS:
        raise ExpressionError(ExpressionProblem.TOO_LARGE)
    return tree, parser.groups
