"""Adds to the corpus each mutated input that is refused by a rule no input of the corpus reaches yet, minimised.

Usage: python -m tests.fuzz.collect COUNT SEED   (files: corpus/RULE.eml for mails, corpus/RULE.pgp for packets)
"""

import sys
from pathlib import Path
from random import Random

from gateway.gate import Refused, judge, judge_message

from .mutation import mutated_mail, mutated_message

CORPUS = Path(__file__).parent / "corpus"
SIZE_LIMIT = 1 << 20


def rule_of(octets: bytes, kind: str) -> str | None:
    """The rule by which the gate refuses, or None."""
    verdict = judge(octets, size_limit=SIZE_LIMIT) if kind == "eml" else judge_message(octets)
    return verdict.rule if isinstance(verdict, Refused) else None


def minimised(octets: bytes, kind: str, rule: str) -> bytes:
    """The same refusal from less: ever smaller pieces are taken out as long as the rule stays."""
    size = len(octets) // 2
    while size:
        start = 0
        while start < len(octets):
            less = octets[:start] + octets[start + size :]
            if rule_of(less, kind) == rule:
                octets = less
            else:
                start += size
        size //= 2
    return octets


def collect(count: int, seed: int) -> None:
    """Look at `count` inputs."""
    random = Random(seed)  # noqa: S311 - makes tests, protects nothing
    for number in range(count):
        kind = "pgp" if number % 3 == 0 else "eml"
        octets = mutated_message(random) if kind == "pgp" else mutated_mail(random)
        rule = rule_of(octets, kind)
        file = CORPUS / f"{rule}.{kind}"
        if rule is not None and not file.exists():
            file.write_bytes(minimised(octets, kind, rule))
            print(file.name, file.stat().st_size)


if __name__ == "__main__":
    collect(int(sys.argv[1]), int(sys.argv[2]))
