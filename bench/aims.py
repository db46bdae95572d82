"""Each aim beside what was measured; a figure that misses its aim has a reason beside it, computed from figures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.measurement import GateFigure, MailFigure, MailFigures, UploadFigure
from bench.sealed_runs import GATEWAY, POSTFIX_SAME_CLIENT
from bench.watch import CLIENT

_GATE_A_SECOND = {"3 kB": 1_000, "1.4 MB": 50}
_RATIO = 1.0
_P99_RATIO = 3.0
_MEMORY_GROWTH = 1.1  # the last tenth of the mails against the second: the first one fills caches
_SMALL = 20_000  # octets as submitted


@dataclass(frozen=True, slots=True)
class _Aim:
    what: str
    aim: str
    measured: str
    met: bool
    reason: str = ""


def aims_table(gate: Sequence[GateFigure], mail: MailFigures | None, cores: int) -> str:
    """The aims of the project for everything that was measured."""
    aims = [*_gate_aims(gate), *(_mail_aims(mail, cores) if mail is not None else ())]
    rows = [
        f"| {aim.what} | {aim.aim} | {aim.measured} | {'yes' if aim.met else 'no'} | {'' if aim.met else aim.reason} |"
        for aim in aims
    ]
    head = ["## Aims\n", "| what | aim | measured | met | if not: the measured reason |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def _gate_aims(figures: Sequence[GateFigure]) -> Iterator[_Aim]:
    for figure in figures:
        wanted = _GATE_A_SECOND.get(figure.name)
        if wanted is not None:
            rate = figure.mails_per_second
            reason = f"the verdict takes {figure.p50_ms:.2f} ms in the median, {1e3 / rate:.2f} ms in the mean"
            yield _Aim(f"gate, {figure.name}", f"≥ {wanted:,}/s", f"{rate:,.0f}/s", rate >= wanted, reason)


def _mail_aims(figures: MailFigures, cores: int) -> Iterator[_Aim]:
    for gateway, postfix in _pairs(figures.runs):
        ratio = gateway.visible_per_second / postfix.visible_per_second
        what = f"end to end, {gateway.sessions} sessions, {gateway.octets:,} octets, by Postfix → Dovecot"
        yield _Aim(what, f"≥ {_RATIO:.1f} ×", f"{ratio:.2f} ×", ratio >= _RATIO, _why_slower(gateway, postfix, cores))
    for run in figures.runs:
        if run.system == GATEWAY and run.octets > 1_000_000:
            rate, wanted = run.accepted_per_second, _GATE_A_SECOND["1.4 MB"]
            what = f"accepted by the edge, {run.octets:,} octets"
            yield _Aim(what, f"≥ {wanted}/s", f"{rate:,.0f}/s", rate >= wanted, _why_no_more(run, cores))
    yield from _upload_aims(figures.uploads)
    if len(figures.memory) > 2:
        yield _memory_aim(figures)


def _upload_aims(figures: Sequence[UploadFigure]) -> Iterator[_Aim]:
    by_system = {each.system: each for each in figures}
    gateway, postfix = by_system.get(GATEWAY), by_system.get(POSTFIX_SAME_CLIENT)
    if gateway is None or postfix is None:
        return
    ratio = gateway.p99_ms / postfix.p99_ms
    reason = (
        f"median {gateway.p50_ms:.0f} ms against {postfix.p50_ms:.0f} ms; {gateway.uploads} uploads arrived during the "
        f"gateway's run, {postfix.uploads} during Postfix's; a body of 20 MB holds the database's one write lock for "
        f"{gateway.store_ms or 0:.0f} ms to be stored and for {gateway.delete_ms or 0:.0f} ms to be deleted (measured "
        "alone), and a small mail needs that lock for its `250`; Postfix has a file for each mail"
    )
    what = "p99 of small mails during 20 MB uploads, by Postfix's"
    yield _Aim(what, f"≤ {_P99_RATIO:.0f} ×", f"{ratio:.1f} ×", ratio <= _P99_RATIO, reason)


def _memory_aim(figures: MailFigures) -> _Aim:
    early, last = figures.memory[1], figures.memory[-1]
    growth = {name: last.mib[name] / early.mib[name] for name in last.mib if early.mib.get(name, 0) > 1}
    worst = max(growth, key=lambda name: growth[name])
    return _Aim(
        f"memory from {early.mails:,} to {last.mails:,} mails",
        "flat (within 10 %)",
        f"at most {growth[worst] - 1:+.0%} ({worst})",
        growth[worst] <= _MEMORY_GROWTH,
        f"{worst}: {early.mib[worst]:.0f} MiB, then {last.mib[worst]:.0f} MiB",
    )


def _pairs(runs: Sequence[MailFigure]) -> Iterator[tuple[MailFigure, MailFigure]]:
    gateway: MailFigure | None = None
    for run in runs:
        if run.system == GATEWAY:
            gateway = run
        elif run.system == POSTFIX_SAME_CLIENT and gateway is not None:
            yield gateway, run


def _why_slower(gateway: MailFigure, postfix: MailFigure, cores: int) -> str:
    ceiling = postfix.costs.total / gateway.costs.total
    return (
        f"{_why_no_more(gateway, cores)}; Postfix's way costs {postfix.costs.total:.1f} ms "
        f"({_spent(postfix)}): with the same processors busy alike the ratio would be {ceiling:.2f}"
    )


def _why_no_more(run: MailFigure, cores: int) -> str:
    """What the processors say: what a mail costs, what that allows, how much of it was used."""
    costs = run.costs
    most = cores * 1e3 / costs.total
    waiting = max(0.0, 1 - costs.busy - costs.others)
    return (
        f"a mail costs {costs.total:.1f} ms of processor ({_spent(run)}), so {cores} cores do at most {most:,.0f}/s; "
        f"they were busy with it for {costs.busy:.0%}, with other things for {costs.others:.0%}, idle or waiting for "
        f"the disk for {waiting:.0%}"
    )


def _spent(run: MailFigure) -> str:
    named = sorted(run.costs.milliseconds.items(), key=lambda each: -each[1])
    return ", ".join(f"{'the client' if name == CLIENT else name} {spent:.1f}" for name, spent in named if spent >= 0.1)
