"""Acts on people of the Secretariat. Those of Parties come and go with their officers. All raise DirectoryError."""

from datetime import datetime

from sqlalchemy import Connection

from keyring_admin import people
from keyring_admin.acts.actor import Actor
from keyring_admin.acts.deriving import derive_again
from keyring_admin.acts.recording import record_act
from keyring_admin.acts.rights import Act, require_right
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.addresses import canonical_address, domain_of
from keyring_admin.certificate_store import Purpose, admit_certificate, withdraw_certificate
from keyring_admin.certificates import examine_certificate
from keyring_admin.directory_error import DirectoryError
from keyring_admin.people import Person


def admit_secretariat_person(
    connection: Connection,
    actor: Actor,
    name: str,
    address: str,
    octets: bytes,
    *,
    rules: DirectoryRules,
    now: datetime,
) -> tuple[Person, str]:
    """Admit a person of the Secretariat, or another certificate of one; return the person and the fingerprint.

    With a root, the person's signature counts only once the root has certified the certificate.
    Raises CertificateError, AddressError too.
    """
    if not (0 < len(name.strip()) <= 100 and name.isprintable()):
        raise DirectoryError("expected the name of a person, at most 100 characters")
    canonical = canonical_address(address, special_use_domains=rules.special_use_domains)
    require_right(connection, actor, Act.PERSON_ADMITTED, now=now)
    if domain_of(canonical) == rules.gateway_domain:
        raise DirectoryError("nobody is of the Secretariat by an address at the gateway: those are of its Parties")
    facts = examine_certificate(octets, canonical, now=now, special_use_domains=rules.special_use_domains)
    admit_certificate(connection, facts, purpose=Purpose.SECRETARIAT, party=None, now=now)
    number = people.person_for(connection, " ".join(name.split()), party=None, now=now)
    people.hold_certificate(connection, facts.fingerprint, number)
    record_act(
        connection,
        Act.PERSON_ADMITTED,
        actor,
        now=now,
        party=None,
        subject=facts.fingerprint,
        details={"person": number},
    )
    derive_again(connection, rules, now=now, certificate=facts.fingerprint)
    return require_person(connection, number), facts.fingerprint


def end_secretariat_person(connection: Connection, actor: Actor, number: int, *, now: datetime) -> Person:
    """A person leaves the Secretariat: their certificates are withdrawn; approvals given stay in the log."""
    person = require_person(connection, number)
    if person.party is not None:
        raise DirectoryError("this person is of a Party: `gsp officers remove` or `gsp administrators end`")
    require_right(connection, actor, Act.PERSON_ENDED, now=now)
    people.end_person(connection, number, now=now)
    for certificate in people.certificates_of(connection, number):
        if certificate.withdrawn_at is None:
            withdraw_certificate(connection, certificate.fingerprint, now=now)
    record_act(connection, Act.PERSON_ENDED, actor, now=now, party=None, details={"person": number})
    return person


def require_person(connection: Connection, number: int) -> Person:
    """The person with this number. Raises DirectoryError."""
    person = people.find_person(connection, number)
    if person is None:
        raise DirectoryError("no person has this number; `gsp people list` shows them")
    return person
