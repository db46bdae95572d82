"""Acts on the certificate of an officer who stays: replaced, with an overlap, or at once because the key is lost.

All raise DirectoryError and CertificateError.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from keyring_admin.acts.actor import Actor
from keyring_admin.acts.deriving import derive_again
from keyring_admin.acts.officers import require_officer
from keyring_admin.acts.recording import record_act
from keyring_admin.acts.rights import Act, require_right
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.addresses import domain_of
from keyring_admin.certificate_store import Purpose, admit_certificate, find_certificate, withdraw_certificate
from keyring_admin.certificates import examine_certificate
from keyring_admin.directory_error import DirectoryError
from keyring_admin.officers import Officer, set_certificates
from keyring_admin.people import hold_certificate


def replace_certificate(
    connection: Connection,
    actor: Actor,
    address: str,
    octets: bytes,
    *,
    at_once: bool,
    rules: DirectoryRules,
    now: datetime,
) -> Officer:
    """Give an officer another certificate; the person behind it stays the same.

    at_once: the old key is lost or in other hands: it is withdrawn now. Else it is accepted for `rules.overlap` more.
    With a root, the chain decides whether the new one gives access.
    """
    officer = require_officer(connection, address)
    require_right(
        connection, actor, Act.CERTIFICATE_REPLACED, now=now, party=officer.party, domain=domain_of(officer.address)
    )
    facts = examine_certificate(octets, officer.address, now=now, special_use_domains=rules.special_use_domains)
    if facts.fingerprint == officer.certificate:
        raise DirectoryError("this is the certificate the officer has: `gsp keys refresh` takes a newer copy of it")
    admit_certificate(connection, facts, purpose=Purpose.OFFICER, party=officer.party, now=now)
    hold_certificate(connection, facts.fingerprint, officer.person)
    old = find_certificate(connection, officer.certificate) if officer.certificate is not None else None
    if at_once:
        for fingerprint in {officer.certificate, officer.previous_certificate} - {None}:
            held = find_certificate(connection, str(fingerprint))
            if held is not None and held.withdrawn_at is None:
                withdraw_certificate(connection, held.fingerprint, now=now)
    keeps = old is not None and not at_once and old.valid_at(now)
    changed = replace(
        officer,
        certificate=facts.fingerprint,
        previous_certificate=officer.certificate if keeps else None,
        previous_until=now + rules.overlap if keeps else None,
    )
    set_certificates(connection, changed)
    record_act(
        connection,
        Act.CERTIFICATE_REPLACED,
        actor,
        now=now,
        party=officer.party,
        subject=facts.fingerprint,
        details={"officer": officer.id, "replaces": officer.certificate, "at-once": at_once},
    )
    derive_again(connection, rules, now=now, party=officer.party)
    return changed
