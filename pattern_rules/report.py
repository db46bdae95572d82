"""A recognition and what belongs to it, written out: lines for a human in one of six languages, data for a program.

Here, and only here, a UID is written out again: for the officer who asked, on the officer's own screen.
"""

import base64
from collections.abc import Iterable

from pattern_rules.display import display
from pattern_rules.recognition import Candidate, Recognition
from pattern_rules.sentences import Catalogue, explain, explain_candidate
from pattern_rules.suggestions import Suggestion
from pattern_rules.why_not import Reason, WhyNot


def recognition_lines(found: Recognition, sentences: Catalogue) -> list[str]:
    """The verdict, and every candidate with what speaks for and against it."""
    lines = [explain(found, sentences.language)]
    if found.candidates:
        lines += ["", f"{sentences.text('word', 'candidates')}:"]
    for number, candidate in enumerate(found.candidates, start=1):
        lines += _candidate_lines(number, candidate, sentences)
    return lines


def _candidate_lines(number: int, candidate: Candidate, sentences: Catalogue) -> list[str]:
    lines = [f"{number:3}. {explain_candidate(candidate, sentences.language)}"]
    if candidate.parts:
        lines.append("     " + "  ".join(f"{name}={display(value)}" for name, value in candidate.parts.items()))
    if candidate.pattern.synthetic:
        lines.append("     " + sentences.text("verdict", "synthetic"))
    return lines


def suggestion_lines(found: Iterable[Suggestion], sentences: Catalogue) -> list[str]:
    """What the UID may have been, with the cause; nothing if there is no suggestion."""
    lines: list[str] = []
    for suggestion in found:
        cause = sentences.text("suggestion", suggestion.cause.value)
        lines.append(cause)
        if suggestion.octets is not None:
            parties = ", ".join(suggestion.parties) or "-"
            value = display(suggestion.octets)
            lines.append("     " + sentences.text("suggestion", "value", parties=parties, value=value))
    return [line for at, line in enumerate(lines) if line not in lines[:at]]


def why_not_lines(answers: Iterable[WhyNot], party: str, sentences: Catalogue) -> list[str]:
    """One sentence for each pattern of the Party."""
    lines = [_why_not_line(answer, sentences) for answer in answers]
    return lines or [sentences.text("why-not", "no-pattern", party=party)]


def _why_not_line(answer: WhyNot, sentences: Catalogue) -> str:
    pattern = answer.pattern
    if answer.candidate is not None:
        standing = sentences.text("standing", answer.candidate.standing.value)
        return sentences.text("why-not", "matches", pattern=pattern.id, standing=standing)
    if answer.reason is Reason.LENGTH:
        least, most, count = str(pattern.min_length), str(pattern.max_length), str(answer.length)
        return sentences.text("why-not", "length", pattern=pattern.id, least=least, most=most, count=count)
    if answer.reason is Reason.CHARACTER:
        return sentences.text("why-not", "character", pattern=pattern.id, position=str(answer.position))
    return sentences.text("why-not", "incomplete", pattern=pattern.id)


def recognition_data(
    raw: bytes, found: Recognition, suggested: Iterable[Suggestion], language: str
) -> dict[str, object]:
    """The same for a program: JSON types only; octets in base64 beside their display form."""
    return {
        "uid": _octets(raw),
        "verdict": found.verdict.value,
        "party": found.party,
        "parties": list(found.parties),
        "library_version": found.library_version,
        "obstacle": found.obstacle.value if found.obstacle else None,
        "explanation": explain(found, language),
        "candidates": [_candidate_data(candidate, language) for candidate in found.candidates],
        "suggestions": [
            {
                "cause": suggestion.cause.value,
                "uid": None if suggestion.octets is None else _octets(suggestion.octets),
                "parties": list(suggestion.parties),
            }
            for suggestion in suggested
        ],
    }


def _candidate_data(candidate: Candidate, language: str) -> dict[str, object]:
    return {
        "pattern": candidate.pattern_id,
        "party": candidate.party,
        "member": candidate.member,
        "standing": candidate.standing.value,
        "level": candidate.pattern.level.value,
        "form": candidate.pattern.form,
        "reading": [step.value for step in candidate.reading.steps],
        "parts": {name: display(value) for name, value in candidate.parts.items()},
        "checks": {result.rule.value: result.outcome.value for result in candidate.checks},
        "synthetic": candidate.pattern.synthetic,
        "provenance": candidate.pattern.provenance,
        "explanation": explain_candidate(candidate, language),
    }


def _octets(octets: bytes) -> dict[str, str]:
    return {"display": display(octets), "base64": base64.b64encode(octets).decode("ascii")}
