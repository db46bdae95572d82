"""Mail that waits and that only a compromised reading certificate could open: it is returned, not delivered.

DESIGN §8: what was accepted before an expiry is delivered; after a hard revocation it is returned by notice.
"""

import threading

from sqlalchemy import Engine, bindparam, select

from keyring_admin.certificate_store import Certificate, Purpose, reading_certificates
from keyring_admin.key_life.compromise import is_compromised
from keyring_admin.openpgp.packets import inspect_message
from keyring_admin.schema import certificate_keys, certificates
from mailroom.intake import mail_record
from mailroom.outbound import Delivery, DeliveryKind

# Made once: asked for every delivery, and nearly always empty.
_REVOKED_READERS = (
    select(certificates.c.fingerprint)
    .join(certificate_keys, certificate_keys.c.fingerprint == certificates.c.fingerprint)
    .where(
        certificates.c.party == bindparam("party"),
        certificates.c.purpose == Purpose.READING.value,
        certificate_keys.c.revoked,
    )
    .limit(1)
)


class CompromisedReaders:
    """Asked before each delivery to a Party; by several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._judged: dict[tuple[str, int], bool] = {}
        self._lock = threading.Lock()

    def readable(self, delivery: Delivery) -> bool:
        """Whether it may be handed to the mailbox."""
        return self.compromised(delivery) is None

    def compromised(self, delivery: Delivery) -> Certificate | None:
        """The compromised certificate without which nobody could read this mail; None if it may be delivered."""
        if delivery.kind is not DeliveryKind.PARTY or delivery.mail is None or delivery.body is None:
            return None
        with self._engine.connect() as connection:
            party = mail_record(connection, delivery.mail).receiving_party
            if connection.execute(_REVOKED_READERS, {"party": party}).first() is None:
                return None
            readers = reading_certificates(connection, party)
        gone = [one for one in readers if one.keys[0].revoked and self._is_compromised(one)]
        recipients = frozenset(inspect_message(delivery.body).recipients)
        still = {key.key_id for one in readers if one not in gone for key in one.keys}
        if not gone or recipients & still:
            return None
        return next((one for one in gone if recipients & {key.key_id for key in one.keys}), None)

    def _is_compromised(self, certificate: Certificate) -> bool:
        asked = (certificate.fingerprint, len(certificate.octets))  # a copy with another revocation is longer
        with self._lock:
            if asked not in self._judged:
                self._judged[asked] = is_compromised(certificate.octets)
            return self._judged[asked]
