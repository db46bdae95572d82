"""The corpus: one small input for each rule of refusal that mutation ever reached, and mails that once slipped through.

A file's name is the rule it is refused by; `collect.py` adds to it.
"""

from pathlib import Path

import pytest

from gateway.gate import Refused, judge, judge_message

from .collect import CORPUS, rule_of

FILES = sorted(file for file in CORPUS.iterdir() if file.suffix in {".eml", ".pgp"})
SLIPPED_THROUGH = sorted((CORPUS / "slipped_through").iterdir())


def test_the_corpus_is_there_and_small() -> None:
    assert len(FILES) > 50
    assert max(file.stat().st_size for file in FILES) < 4096


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_input_of_the_corpus_is_refused_by_the_rule_it_was_kept_for(file: Path) -> None:
    assert rule_of(file.read_bytes(), file.suffix[1:]) == file.stem


@pytest.mark.parametrize("file", SLIPPED_THROUGH, ids=lambda file: file.name)
def test_what_once_was_accepted_and_read_otherwise_is_refused(file: Path) -> None:
    octets = file.read_bytes()
    verdict = judge(octets, size_limit=1 << 20) if file.suffix == ".eml" else judge_message(octets)
    assert isinstance(verdict, Refused)
