"""The program `edge`: the submission server with its reception, in a process of its own.

A 20 MB upload or a slow disk here never stalls processing or delivery; opening slips happens in child processes.
"""

import asyncio
import signal
from contextlib import suppress
from functools import partial

from gateway.edge.key_watch import KeyWatch
from gateway.edge.limits import EdgeLimits
from gateway.edge.server import Listener, SubmissionServer
from gateway.edge.tls import TlsCertificateError
from gateway.journal import Event, note
from gateway.library_in_force import library_in_force
from gateway.machine_authority import AUTHORITY_FILE
from gateway.opener.pool import OpenerPool
from gateway.reception import PROGRAM, Reception
from gateway.settings import Settings
from gateway.state import open_state
from keyring_admin.gateway_key import export_secret_subkeys
from mailroom.group_commit import GroupCommitter

_GRACE_SECONDS = 20.0


def run_edge(settings: Settings) -> None:
    """Take mail until SIGTERM; SIGHUP reads the TLS certificate again."""
    asyncio.run(_serve(settings))


def edge_limits(settings: Settings) -> EdgeLimits:
    """The caps of the configuration; the others have their defaults."""
    submission = settings.submission
    return EdgeLimits(
        message_octets=submission.size_limit,
        sessions=submission.sessions,
        sessions_per_address=submission.sessions_per_address,
        mails_per_minute=submission.mails_per_minute,
    )


async def _serve(settings: Settings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    submission = settings.submission
    load_keys = partial(export_secret_subkeys, settings.gnupg_home, settings.gateway.fingerprint)
    pool = OpenerPool(
        load_keys(),
        processes=settings.openers.processes,
        timeout=settings.openers.timeout_seconds,
        memory_mebibytes=settings.openers.memory_mebibytes,
    )
    engine = open_state(settings)
    committer = GroupCommitter(engine)
    library = library_in_force(settings, engine, PROGRAM)
    server = SubmissionServer(
        Reception(settings, engine, committer, pool, library),
        domain=settings.gateway.domain,
        certificate=settings.path(submission.certificate),
        key=settings.path(submission.key),
        limits=edge_limits(settings),
        special_use_domains=settings.gateway.special_use_domains,
        clients=settings.path(AUTHORITY_FILE),
    )
    await pool.start()
    await server.start(
        [
            Listener(implicit_tls=False, host=submission.host, port=submission.starttls_port),
            Listener(implicit_tls=True, host=submission.host, port=submission.tls_port),
        ]
    )
    loop.add_signal_handler(signal.SIGHUP, _reload_tls, server)
    watching = asyncio.create_task(KeyWatch(engine, pool, load_keys, PROGRAM).watch())
    note(PROGRAM, Event.STARTED)
    await stopping.wait()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    await server.stop(_GRACE_SECONDS)
    await pool.stop()
    committer.close()
    note(PROGRAM, Event.STOPPED)


def _reload_tls(server: SubmissionServer) -> None:
    try:
        server.reload_tls()
    except TlsCertificateError as error:
        note(PROGRAM, Event.FAILED, error=type(error))
    else:
        note(PROGRAM, Event.TLS_RELOADED)
