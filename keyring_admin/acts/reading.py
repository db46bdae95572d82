"""Acts on reading certificates: admit, refresh, replace, withdraw. All raise DirectoryError; CertificateError too.

Once a root is installed, a certificate that takes the place of another needs its predecessor's signature, or four
eyes and seven public days (DESIGN §8). Without the certifications of administrator and root none is in force anyway.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from keyring_admin.acts.actor import Actor, Approved
from keyring_admin.acts.deriving import derive_again
from keyring_admin.acts.recording import record_act
from keyring_admin.acts.rights import Act, NeedsApprovalError, require_right, root_installed
from keyring_admin.acts.rotation import close_rotations
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.acts.signers import open_signed, this_gateway
from keyring_admin.acts.statements import Succession, read_succession
from keyring_admin.certificate_store import (
    Purpose,
    admit_certificate,
    find_certificate,
    reading_certificates,
    withdraw_certificate,
)
from keyring_admin.certificates import CertificateFacts, examine_certificate
from keyring_admin.chain_state import ChainState
from keyring_admin.directory_error import DirectoryError
from keyring_admin.parties import require_party

_NEVER_IN_FORCE = {
    ChainState.BY_HAND,  # admitted before there was a root
    ChainState.UNDERIVED,
    ChainState.NOT_CERTIFIED,
    ChainState.NOT_CERTIFIED_BY_ROOT,
}


def admit_reading_certificate(
    connection: Connection,
    actor: Actor,
    code: str,
    octets: bytes,
    *,
    succession: bytes | None = None,
    replaces: Iterable[str] = (),
    rules: DirectoryRules,
    now: datetime,
) -> CertificateFacts:
    """Admit a Party's reading certificate, or a fresh copy of one it has.

    succession: a statement that names it, signed with the certificate in force. replaces: fingerprints of certificates
    that are withdrawn in the same moment.
    """
    facts = examine_reading_certificate(connection, code, octets, rules=rules, now=now)
    held = reading_certificates(connection, code)
    in_force = {one.fingerprint for one in held if one.valid_at(now)}
    fresh = facts.fingerprint not in {one.fingerprint for one in held}
    # Not only one in force: else whoever can withdraw a certificate could replace it.
    has_predecessor = any(one.chain not in _NEVER_IN_FORCE for one in held)
    named_by: str | None = None
    evidence_of = actor
    act = Act.READING_ADMITTED
    if fresh and has_predecessor and root_installed(connection):
        act = Act.READING_REPLACED
        if not isinstance(actor, Approved):
            if succession is None:
                raise NeedsApprovalError(act)
            named_by = _predecessor(connection, code, facts.fingerprint, succession, now)
            evidence_of = Actor(actor.person, named_by, succession, actor.gateway)
        require_right(connection, actor, act, now=now, party=code, alone=named_by is not None)
    else:
        require_right(connection, actor, act, now=now, party=code)
    admit_certificate(connection, facts, purpose=Purpose.READING, party=code, now=now)
    withdrawn = sorted(set(replaces) & in_force - {facts.fingerprint})
    for fingerprint in withdrawn:
        withdraw_certificate(connection, fingerprint, now=now)
    record_act(
        connection,
        act,
        evidence_of,
        now=now,
        party=code,
        subject=facts.fingerprint,
        details={"fresh": fresh, "named-by": named_by, "withdrawn": withdrawn or None},
    )
    derive_again(connection, rules, now=now, party=code)
    close_rotations(connection, now=now)
    return facts


def withdraw_reading_certificate(
    connection: Connection, actor: Actor, code: str, fingerprint: str, *, now: datetime
) -> None:
    """Take a reading certificate out of force for good."""
    if fingerprint not in {certificate.fingerprint for certificate in reading_certificates(connection, code)}:
        raise DirectoryError(f"Party {code} has no certificate with this full fingerprint")
    require_right(connection, actor, Act.READING_WITHDRAWN, now=now, party=code)
    withdraw_certificate(connection, fingerprint, now=now)
    record_act(connection, Act.READING_WITHDRAWN, actor, now=now, party=code, subject=fingerprint)
    close_rotations(connection, now=now)


def examine_reading_certificate(
    connection: Connection, code: str, octets: bytes, *, rules: DirectoryRules, now: datetime
) -> CertificateFacts:
    """Whether a certificate can be a Party's reading certificate at all."""
    party = require_party(connection, code)
    return examine_certificate(
        octets,
        f"{party.mailbox}@{rules.gateway_domain}",
        now=now,
        special_use_domains=rules.special_use_domains,
        must_sign=False,
    )


def _predecessor(connection: Connection, code: str, successor: str, statement: bytes, now: datetime) -> str:
    signed = open_signed(connection, statement, now=now)
    said = read_succession(signed.document)
    expected = Succession(this_gateway(connection), code, signed.certificate.fingerprint, successor)
    own = find_certificate(connection, signed.certificate.fingerprint)
    if own is None or own.purpose is not Purpose.READING or own.party != code or said != expected:
        raise DirectoryError("the statement is not of a reading certificate of this Party, or names another successor")
    return own.fingerprint
