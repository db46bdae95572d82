"""The figures as Markdown tables, with everything beside them that a reader needs to judge them."""

from collections.abc import Sequence
from pathlib import Path

from bench.machine import MachineFacts
from bench.measurement import GateFigure, MailFigure, MailFigures
from bench.sealed import GATEWAY
from bench.world import RAISED_LIMITS

_BEGIN = "<!-- figures: written by `python -m bench --write`, not by hand -->"
_END = "<!-- end of figures -->"

_COLUMNS = (
    "accepted: until the last final reply. visible: until the last mail counts in the Parties' mailboxes by IMAP. "
    "drained: until the copies in the senders' Sent folders are delivered too. p50 and p99: from the first octet of "
    "the message to its reply. Ratio: visible mails/s of the gateway by those of Postfix."
)

_WHAT_EACH_DOES = (
    ("", "gateway", "Postfix"),
    ("---", "---", "---"),
    (
        "client",
        "TLS 1.3 and AUTH (before the clock starts), connection kept, no pipelining",
        "in the clear, no AUTH, connection kept, no pipelining",
    ),
    (
        "before `250`",
        "encryption checked, slip decrypted and verified, rules; mail, exchange, slip and log committed and synced",
        "queue file written and synced",
    ),
    (
        "after `250`",
        "a signed seal, headers made anew, **two** deliveries by LMTP: the Party's mailbox and the sender's Sent",
        "**one** delivery by LMTP",
    ),
    ("mailbox", "the same Dovecot: mdbox, `mail_fsync=optimized`, the same Parties' mailboxes", "the same"),
    ("parallel deliveries", "4 (default), one a mailbox", "20 (default), over one mailbox (1 session) or three"),
    ("stored", "the sealed body, with new headers", "the whole mail as submitted"),
)


def report(machine: MachineFacts, gate: Sequence[GateFigure], mail: MailFigures | None) -> str:
    """All tables. What was not measured is left out."""
    parts = [_machine_table(machine)]
    if gate:
        parts.append(_gate_table(gate))
    if mail is not None:
        parts.append(_mail_table(mail))
    return "\n\n".join(parts)


def write_into(file: Path, text: str) -> None:
    """Replace the figures in a document; what people wrote around them stays."""
    old = file.read_text(encoding="utf-8") if file.exists() else f"# Benchmarks\n\n{_BEGIN}\n{_END}\n"
    before, _, rest = old.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    file.write_text(f"{before}{_BEGIN}\n\n{text}\n\n{_END}{after}", encoding="utf-8")


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


def _mail_table(figures: MailFigures) -> str:
    octets = figures.runs[0].octets if figures.runs else 0
    limits = ", ".join(f"`{key} = {value}`" for key, value in RAISED_LIMITS.items())
    conditions = (
        f"A query of {figures.content_octets:,} octets (form and readable text), then bound, padded and sealed as "
        f"`gsp seal` does: {octets:,} octets as submitted with its slip, {figures.delivered_octets:,} octets as "
        f"delivered. Six officers of three Parties. The gateway's limits are raised for it: {limits}; all else is as "
        "shipped."
    )
    lines = [
        "## Sealed mail, end to end\n",
        f"{conditions}\n",
        f"{_COLUMNS}\n",
        "| sessions | mails | system | accepted/s | visible/s | drained/s | p50 ms | p99 ms | ratio |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    gateway: MailFigure | None = None
    for run in figures.runs:
        gateway = run if run.system == GATEWAY else gateway
        lines.append(_mail_row(run, gateway))
    if figures.why_no_postfix:
        lines.append(f"\nPostfix: {figures.why_no_postfix}.")
    else:
        lines.append("\nWhat each side does:\n")
        lines.extend(f"| {' | '.join(row)} |" for row in _WHAT_EACH_DOES)
    return "\n".join(lines)


def _mail_row(run: MailFigure, gateway: MailFigure | None) -> str:
    ratio = ""
    if gateway is not None and run is not gateway:
        ratio = f"{gateway.visible_per_second / run.visible_per_second:.2f}"
    return (
        f"| {run.sessions} | {run.mails:,} | {run.system} | {run.accepted_per_second:,.0f} | "
        f"{run.visible_per_second:,.0f} | {_number(run.drained_per_second, '.0f')} | {_number(run.p50_ms, '.1f')} | "
        f"{_number(run.p99_ms, '.1f')} | {ratio} |"
    )


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
