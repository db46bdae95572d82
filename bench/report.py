"""The figures as a document, with everything beside them that a reader needs to judge them."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.aims import aims_table
from bench.machine import MachineFacts
from bench.mail_report import mail_sections
from bench.measurement import GateFigure, MailFigures

_INTRODUCTION = """\
# Benchmarks

This page is written whole by `make bench` (`python -m bench --write`); nothing in it is written by hand. Everything is
on loopback, bounded, and stopped in the end. Run as root, it also measures Postfix beside the gateway, with the same
mailboxes of the same Dovecot; everything but Postfix's master process runs unprivileged. `--only gate`, `--only
sealed`, `--only forms`, `--only certificates` and `--only recognition` measure one part, `--quick` all of it with
numbers too small to say anything.

Client, servers, OpenPGP and mailboxes share the same cores, so the figures are lower bounds. Take the ratios, not the
numbers, and look at "other load" and at what else the machine did meanwhile first."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What another benchmark printed, as it stands."""

    title: str
    command: str
    text: str


def report(
    machine: MachineFacts, gate: Sequence[GateFigure], mail: MailFigures | None, printed: Sequence[Printed] = ()
) -> str:
    """The whole document. What was not measured is left out."""
    parts = [_INTRODUCTION, _machine_table(machine)]
    if gate or mail is not None:
        parts.append(aims_table(gate, mail, machine.cores))
    if gate:
        parts.append(_gate_table(gate))
    if mail is not None:
        parts += mail_sections(mail, machine.cores)
    parts += [f"## {each.title}\n\n`{each.command}`:\n\n```text\n{each.text.rstrip()}\n```" for each in printed]
    return "\n\n".join(parts) + "\n"


def _machine_table(machine: MachineFacts) -> str:
    return "\n".join(
        [
            "## Machine\n",
            "| | |",
            "|---|---|",
            f"| measured | {machine.measured_at}, at {machine.commit} |",
            f"| processor | {machine.processor}, {machine.cores} cores, {machine.memory_gib} GiB; shared by all |",
            f"| disk | {machine.file_system}, 8 KiB synced: {machine.fsyncs:,.0f} new files/s |",
            f"| | {machine.appends:,.0f} appends/s |",
            f"| other load | {machine.load:.2f} (average of the minute before) |",
            f"| system | {machine.system} |",
            f"| versions | {', '.join(machine.versions)} |",
        ]
    )


def _gate_table(figures: Sequence[GateFigure]) -> str:
    rows = [
        f"| {figure.name} | {figure.octets:,} | {figure.mails_per_second:,.0f} | "
        f"{figure.mails_per_second * figure.octets / 1e6:,.0f} | {figure.p50_ms:.2f} | {figure.p99_ms:.2f} |"
        for figure in figures
    ]
    return "\n".join(
        [
            "## Gate alone\n",
            "One process, one core: the verdict on a PGP/MIME mail in memory, armor, CRC24 and packets included.\n",
            "| mail | octets | mails/s | MB/s | p50 ms | p99 ms |",
            "|---|---|---|---|---|---|",
            *rows,
        ]
    )
