"""The gate alone: how many mails one core judges in a second. Real PGP/MIME mails (RFC 3156), made beforehand.

    python -m bench.gate [--seconds 3]

Each size has several mails, each signed and encrypted with a session key of its own. Sizes are those of the whole
mail. The armor has a CRC24, as GnuPG and Thunderbird write it; the gate checks it.
"""

import argparse
import sys
import time
from collections.abc import Sequence

import pysequoia

from bench.direct_mails import direct_content, pgp_mime_mail
from bench.measurement import GateFigure, percentiles
from gateway.gate import Accepted, Refused, judge

SIZES = {"3 kB": 3_000, "100 kB": 100_000, "1.4 MB": 1_400_000}
_MAILS_OF_A_SIZE = 8
_SIZE_LIMIT = 25 * 1024 * 1024


class GateRefusesError(RuntimeError):
    """The gate refuses one of the benchmark's own mails: its time would be no figure."""

    def __init__(self, verdict: Refused) -> None:
        super().__init__(f"the gate refuses the benchmark's own mail: {verdict.rule}")


def bench_gate(seconds: float) -> list[GateFigure]:
    """Judge mails of each size for this long. Raises GateRefusesError."""
    secret = pysequoia.Tsk.generate("Amina <amina@customs.ke.test>")
    return [
        _judge_for(seconds, name, [_signed_and_encrypted(octets, secret) for _ in range(_MAILS_OF_A_SIZE)])
        for name, octets in SIZES.items()
    ]


def _signed_and_encrypted(octets: int, secret: pysequoia.Tsk) -> bytes:
    readers = [secret.extract_certificate()]
    packets = pysequoia.encrypt(direct_content(octets), recipients=readers, signer=secret.signer(), armor=False)
    return pgp_mime_mail(packets, sender="amina@customs.ke.test", recipient="eu@gsp.test")


def _judge_for(seconds: float, name: str, mails: Sequence[bytes]) -> GateFigure:
    times: list[float] = []
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        for mail in mails:
            before = time.perf_counter()
            verdict = judge(mail, size_limit=_SIZE_LIMIT)
            times.append(time.perf_counter() - before)
            if not isinstance(verdict, Accepted):
                raise GateRefusesError(verdict)
    elapsed = time.perf_counter() - start
    p50, p99 = percentiles(times)
    octets = sum(map(len, mails)) // len(mails)
    return GateFigure(name, octets, len(times), len(times) / elapsed, p50, p99)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="The gate alone, on one core.")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each size")
    for figure in bench_gate(parser.parse_args().seconds):
        sys.stdout.write(
            f"{figure.name:>7}  {figure.octets:>9,} octets  {figure.mails_per_second:>8,.0f} mails/s"
            f"  p50 {figure.p50_ms:.2f} ms  p99 {figure.p99_ms:.2f} ms\n"
        )


if __name__ == "__main__":
    main()
