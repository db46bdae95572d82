"""`gsp keys check`: would this certificate be admitted, and if not, why? Needs no deployment."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.chain_words import REFUSALS
from gateway.cli.context import friendly_errors
from gateway.cli.officer_options import READABLE, language_option
from gateway.cli.spoken import SpokenCommand, help_text
from gateway.words import Words, phrase
from keyring_admin.addresses import canonical_address
from keyring_admin.certificate_packets import read_one_certificate
from keyring_admin.certificate_refusal import CertificateError, CertificateRefusal
from keyring_admin.certificates import CertificateFacts, examine_certificate
from keyring_admin.chain.requests import grouped
from keyring_admin.user_ids import user_id_address

_HELP = help_text(
    "Say whether the certificate in FILE would be admitted, and the true reason if not. Exit code 0: yes; 1: no."
)


@click.command("check", cls=SpokenCommand, help=_HELP)
@click.argument("file", type=READABLE)
@click.option("--address", help=help_text("For this address; without, for the one in its first User ID."))
@click.option("--reading", is_flag=True, help=help_text("As a reading certificate, which need not sign."))
@click.option("--json", "as_json", is_flag=True, help=help_text("The verdict as JSON."))
@language_option
def check(file: Path, *, address: str | None, reading: bool, as_json: bool, words: Words) -> None:
    """Examine one certificate file."""
    octets = file.read_bytes()
    with friendly_errors():
        wanted = canonical_address(address, special_use_domains=True) if address is not None else None
        verdict = _verdict(octets, wanted, must_sign=not reading)
    if as_json:
        click.echo(json.dumps(_as_json(verdict), indent=2, ensure_ascii=False))
    elif isinstance(verdict, CertificateRefusal):
        click.echo(words.lines(words.text(REFUSALS[verdict])))
    else:
        told = phrase("The certificate would be admitted: {fingerprint}", fingerprint=grouped(verdict.fingerprint))
        click.echo(words.lines(words.text(told)))
    if isinstance(verdict, CertificateRefusal):
        sys.exit(1)


def _verdict(octets: bytes, address: str | None, *, must_sign: bool) -> CertificateFacts | CertificateRefusal:
    now = datetime.now(UTC)
    try:
        chosen = address or _first_address(octets)
        return examine_certificate(octets, chosen, now=now, special_use_domains=True, must_sign=must_sign)
    except CertificateError as error:
        return error.reason


def _first_address(octets: bytes) -> str:
    for user_id in read_one_certificate(octets).user_ids:
        address = user_id_address(user_id.decode("utf-8", errors="replace"), special_use_domains=True)
        if address is not None:
            return address
    return ""


def _as_json(verdict: CertificateFacts | CertificateRefusal) -> dict[str, object]:
    if isinstance(verdict, CertificateRefusal):
        return {"admitted": False, "reason": verdict.name.lower().replace("_", "-")}
    return {
        "admitted": True,
        "fingerprint": verdict.fingerprint,
        "keys": [
            {
                "fingerprint": key.fingerprint,
                "encrypts": key.can_encrypt,
                "signs": key.can_sign,
                "expires": key.expires_at.isoformat() if key.expires_at is not None else None,
                "usable": not key.revoked,
            }
            for key in verdict.keys
        ],
    }
