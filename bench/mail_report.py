"""Tables of the runs from submission to mailbox."""

from collections.abc import Sequence

from bench.measurement import MailFigure, MailFigures
from bench.sealed_runs import GATEWAY
from bench.world import RAISED_LIMITS

_COLUMNS = (
    "accepted: until the last final reply. visible: until the last mail counts in the Parties' mailboxes by IMAP. "
    "drained: until the copies in the senders' Sent folders are delivered too. p50 and p99: from the first octet of "
    "the message to its reply. Ratio: visible mails/s of the gateway by those of Postfix. Others: share of the "
    "machine's processors that went to anything that takes no part in the run."
)
_COSTS = (
    "Processor milliseconds for one mail, from proc(5) over the whole run. They change less than mails a second when "
    "something else loads the machine. Most: mails a second that all cores could do at this price, client "
    "included; busy: share of all cores that was used for it."
)
_MAIL_COLUMNS = (
    *("sessions", "mails", "octets", "system", "accepted/s", "visible/s", "drained/s", "p50 ms", "p99 ms", "ratio"),
    "others",
)
_UPLOADS = (
    "The gateway's uploads are encrypted mails to a Party's own address over TLS, which it checks, stores, seals and "
    "delivers; Postfix's are the same octets in the clear. uploads: how many arrived during the run."
)
_MEMORY = (
    "Resident MiB of each program (all its processes together; shared pages count for each process) after so many "
    "mails delivered end to end, 10 sessions at a time."
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
    ("LMTP connections", "kept", "kept (Postfix's default for a busy destination)"),
    ("stored", "the sealed body, with new headers", "the whole mail as submitted"),
)


def mail_sections(figures: MailFigures, cores: int) -> list[str]:
    """Each with its heading; what was not measured is left out."""
    sections = []
    if figures.runs:
        sections += [_runs_section(figures), _costs_section((*figures.runs, *figures.reconnects), cores)]
    if figures.uploads:
        sections.append(_uploads_section(figures))
    if figures.reconnects:
        text = (
            "## A new connection for each mail\n\nGateway: TCP, TLS 1.3 handshake and AUTH (argon2id, two checks at a "
            "time) for each mail; Postfix: TCP only. p50 and p99: from connecting to the reply after the mail.\n\n"
        )
        sections.append(text + _mail_table(figures.reconnects))
    if figures.memory:
        sections.append(_memory_section(figures))
    if figures.failed:
        failed = "".join(f"\n- {each}" for each in figures.failed)
        sections.append(f"## What gave no figure\n{failed}")
    return sections


def _runs_section(figures: MailFigures) -> str:
    limits = ", ".join(f"`{key} = {value}`" for key, value in RAISED_LIMITS.items())
    conditions = (
        f"A query of {figures.content_octets:,} octets (form and readable text), then bound, padded and sealed as "
        f"`gsp seal` does: {figures.runs[0].octets:,} octets as submitted with its slip, {figures.delivered_octets:,} "
        "octets as delivered; larger ones have an annex of random octets inside the sealed body. Six officers of three "
        f"Parties. The gateway's limits are raised for it: {limits}; all else is as shipped."
    )
    lines = ["## Sealed mail, end to end\n", f"{conditions}\n", f"{_COLUMNS}\n", _mail_table(figures.runs)]
    if figures.why_no_postfix:
        lines.append(f"\nPostfix: {figures.why_no_postfix}.")
    else:
        lines.append("\nWhat each side does:\n")
        lines.extend(f"| {' | '.join(row)} |" for row in _WHAT_EACH_DOES)
    return "\n".join(lines)


def _mail_table(runs: Sequence[MailFigure]) -> str:
    lines = [
        f"| {' | '.join(_MAIL_COLUMNS)} |",
        "|---" * len(_MAIL_COLUMNS) + "|",
    ]
    gateway: MailFigure | None = None
    for run in runs:
        gateway = run if run.system == GATEWAY else gateway
        ratio = ""
        if gateway is not None and run is not gateway:
            ratio = f"{gateway.visible_per_second / run.visible_per_second:.2f}"
        lines.append(
            f"| {run.sessions} | {run.mails:,} | {run.octets:,} | {run.system} | {run.accepted_per_second:,.0f} | "
            f"{run.visible_per_second:,.0f} | {_number(run.drained_per_second, '.0f')} | {_number(run.p50_ms)} | "
            f"{_number(run.p99_ms)} | {ratio} | {run.costs.others:.0%} |"
        )
    return "\n".join(lines)


def _costs_section(runs: Sequence[MailFigure], cores: int) -> str:
    programs = sorted({name for run in runs for name in run.costs.milliseconds})
    lines = [
        "## Processor time a mail\n",
        f"{_COSTS}\n",
        f"| sessions | octets | system | {' | '.join(programs)} | all | most | busy |",
        "|---" * (len(programs) + 6) + "|",
    ]
    for run in runs:
        spent = [format(run.costs.milliseconds.get(name, 0.0), ".1f") for name in programs]
        lines.append(
            f"| {run.sessions} | {run.octets:,} | {run.system} | {' | '.join(spent)} | {run.costs.total:.1f} | "
            f"{cores * 1e3 / run.costs.total:,.0f} | {run.costs.busy:.0%} |"
        )
    return "\n".join(lines)


def _uploads_section(figures: MailFigures) -> str:
    lines = [
        "## Small mails while one client uploads mails of 20 MB\n",
        f"{_UPLOADS}\n",
        "| sessions | small mails | system | p50 ms | p99 ms | uploads |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.sessions} | {each.mails:,} | {each.system} | {each.p50_ms:.1f} | {each.p99_ms:.1f} | {each.uploads} |"
        for each in figures.uploads
    ]
    return "\n".join(lines)


def _memory_section(figures: MailFigures) -> str:
    programs = sorted({name for each in figures.memory for name in each.mib})
    lines = [
        "## Memory\n",
        f"{_MEMORY}\n",
        f"| mails | {' | '.join(programs)} |",
        "|---" * (len(programs) + 1) + "|",
    ]
    lines += [
        f"| {each.mails:,} | {' | '.join(format(each.mib.get(name, 0.0), '.0f') for name in programs)} |"
        for each in figures.memory
    ]
    return "\n".join(lines)


def _number(value: float | None, form: str = ".1f") -> str:
    return "–" if value is None else format(value, form)
