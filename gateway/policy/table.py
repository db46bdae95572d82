"""The policy, as a table to be read from top to bottom. The first rule that refuses ends it.

Rules of a later stage may rely on those of the earlier ones; a mail is accepted when every rule of its table has
let it pass, and their names are kept with the exchange.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.policy.facts import Facts, Refusal
from gateway.policy.rules import (
    exchange_fits,
    form_pack_fits,
    library_is_current,
    party_can_read,
    party_is_another,
    party_is_member,
    pattern_is_partys,
    recipients_are_allowed,
    sender_has_certificate,
    sender_has_role,
    sender_is_active,
    sender_is_from,
    slip_is_for_gateway,
    slip_is_fresh,
    slip_is_signed,
    slip_is_unseen,
    slip_matches_body,
    slip_names_gateway,
    slip_names_parties,
    slip_opens,
    subject_is_obscured,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule. check: pure; a refusal, or None to let pass."""

    name: str
    check: Callable[[Facts], Refusal | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a table said: the names of the rules passed, and the refusal that ended it, if any."""

    passed: tuple[str, ...]
    refusal: Refusal | None


class _RuleModule(Protocol):
    NAME: str

    def check(self, facts: Facts) -> Refusal | None: ...


def _rules(*modules: _RuleModule) -> tuple[Rule, ...]:
    return tuple(Rule(module.NAME, module.check) for module in modules)


# Before anything of the mail is opened.
SENDER_RULES = _rules(
    sender_is_active,
    sender_is_from,
    sender_has_certificate,
    subject_is_obscured,
)

# The routing slip: is it one, is it this officer's, for this gateway, of today, about this body?
SLIP_RULES = _rules(
    slip_is_for_gateway,
    slip_opens,
    slip_is_signed,
    slip_names_gateway,
    slip_is_fresh,
    slip_names_parties,
    form_pack_fits,
    slip_matches_body,
    slip_is_unseen,
)

# The way of the mail: may it go from here to there?
ROUTE_RULES = _rules(
    party_is_member,
    party_is_another,
    party_can_read,
    sender_has_role,
    exchange_fits,
    library_is_current,
    pattern_is_partys,
    recipients_are_allowed,
)

DIRECT_TABLE = SENDER_RULES + ROUTE_RULES
SEALED_TABLE = SENDER_RULES + SLIP_RULES + ROUTE_RULES


def judge_facts(table: tuple[Rule, ...], facts: Facts) -> Verdict:
    """Go through a table."""
    passed: list[str] = []
    for rule in table:
        refusal = rule.check(facts)
        if refusal is not None:
            return Verdict(tuple(passed), refusal)
        passed.append(rule.name)
    return Verdict(tuple(passed), None)
