"""Access derived from the chain: each certificate's state is judged anew and kept beside it, each change is logged.

Called by every act that may change access, and by the gateway once an hour: certifications begin and end by themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from sqlalchemy import Connection, RowMapping, select, update

from keyring_admin.acts.actor import GATEWAY
from keyring_admin.administration_schema import root_certificates
from keyring_admin.certificate_store import Purpose
from keyring_admin.chain.directory import Appointment, appointments, gateway_domains, holders, members, root_octets
from keyring_admin.chain.judgement import Administrator, Judge, Verdict
from keyring_admin.chain.signatures import SignedCertificate, signed_certificates
from keyring_admin.chain_state import ChainState
from keyring_admin.key_log.log import record
from keyring_admin.parties import Party
from keyring_admin.schema import certificates

_BATCH = 200  # certificates in one run of GnuPG


@dataclass(frozen=True, slots=True)
class AccessChange:
    """What was derived anew. until: the first moment at which the chain no longer holds, if it is known."""

    fingerprint: str
    purpose: Purpose
    party: str | None
    before: ChainState
    after: ChainState
    until: datetime | None


def derive_access(
    connection: Connection,
    *,
    now: datetime,
    special_use_domains: bool,
    party: str | None = None,
    certificate: str | None = None,
) -> tuple[AccessChange, ...]:
    """Judge the certificates of a Party, or the one with this fingerprint, or all; return what changed.

    Without a root that was ever installed nothing is judged. An administrator's certificate takes all of the Party
    with it. Raises GnuPGError.
    """
    root = root_octets(connection)
    if root is None and connection.scalar(select(root_certificates.c.fingerprint).limit(1)) is None:
        return ()
    if certificate is not None:
        row = connection.execute(select(certificates).where(certificates.c.fingerprint == certificate)).mappings().one()
        party = row["party"]
        if party and certificate in {each.fingerprint for each in appointments(connection, party, now)}:
            certificate = None
    derivation = _Derivation(connection, root, now, special_use_domains)
    changes: list[AccessChange] = []
    for code, rows in _pages(connection, party, certificate):
        changes += derivation.judge_all(code, rows)
    return tuple(changes)


def _pages(
    connection: Connection, party: str | None, certificate: str | None
) -> Iterator[tuple[str | None, list[RowMapping]]]:
    """Certificates that can be in force, some at a time, those of one Party together."""
    query = (
        select(certificates)
        .where(certificates.c.purpose != Purpose.GATEWAY.value, certificates.c.withdrawn_at.is_(None))
        .order_by(certificates.c.fingerprint)
        .limit(_BATCH)
    )
    if certificate is not None:
        query = query.where(certificates.c.fingerprint == certificate)
    codes = [party] if party is not None or certificate is not None else [*members(connection), None]
    for code in codes:
        last = ""
        while True:
            page = query.where(certificates.c.party == code, certificates.c.fingerprint > last)
            rows = list(connection.execute(page).mappings())
            if rows:
                yield code, rows
            if len(rows) < _BATCH:
                break
            last = rows[-1]["fingerprint"]


class _Derivation:
    """One derivation: what is read once and holds for all certificates."""

    def __init__(self, connection: Connection, root: bytes | None, now: datetime, special: bool) -> None:
        self._connection = connection
        self._root = root
        self._now = now
        self._special = special
        self._parties = members(connection)
        self._gateway_domains = gateway_domains(connection, special_use_domains=special)
        self._judging: Judge | None = None
        self._administrators: dict[str | None, tuple[list[Administrator], list[bytes]]] = {}

    def judge_all(self, code: str | None, rows: Sequence[RowMapping]) -> Iterator[AccessChange]:
        """Judge certificates of one Party (None: of the Secretariat), and keep what changed."""
        verdicts = self._verdicts(code, rows)
        for row in rows:
            verdict = verdicts[row["fingerprint"]]
            before = ChainState(row["chain"])
            if (verdict.state, verdict.until) == (before, row["chain_until"]):
                continue
            self._keep(row, verdict)
            purpose = Purpose(row["purpose"])
            yield AccessChange(row["fingerprint"], purpose, code, before, verdict.state, verdict.until)

    def _verdicts(self, code: str | None, rows: Sequence[RowMapping]) -> Mapping[str, Verdict]:
        party = self._parties.get(code or "")
        if code is not None and (party is None or not party.member_on(self._now.date())):
            return {row["fingerprint"]: Verdict(ChainState.NOT_A_MEMBER) for row in rows}
        if self._root is None:
            return {row["fingerprint"]: Verdict(ChainState.NOT_CERTIFIED_BY_ROOT) for row in rows}
        administrators, issuers = self._judged_administrators(code)
        signed = signed_certificates([row["octets"] for row in rows], [self._root, *issuers])
        addresses = holders(self._connection, [row["fingerprint"] for row in rows])
        verdicts: dict[str, Verdict] = {}
        for row in rows:
            own = signed.get(row["fingerprint"])
            verdict = Verdict(ChainState.TOO_WEAK)  # what GnuPG can't read
            if own is not None:
                address = addresses.get(row["fingerprint"])
                purpose = Purpose(row["purpose"])
                verdict = self._verdict(
                    own, purpose=purpose, party=party, address=address, administrators=administrators
                )
            verdicts[row["fingerprint"]] = _within_membership(verdict, party)
        return verdicts

    def _verdict(
        self,
        own: SignedCertificate,
        *,
        purpose: Purpose,
        party: Party | None,
        address: str | None,
        administrators: Sequence[Administrator],
    ) -> Verdict:
        judge = self._judge()
        if purpose is Purpose.SECRETARIAT or party is None:
            return judge.secretariat(own)
        if purpose is Purpose.READING:
            at_gateway = {f"{party.mailbox}@{domain}" for domain in self._gateway_domains}
            return judge.reading(own, at_gateway, administrators)
        appointed = next((one for one in administrators if one.fingerprint == own.fingerprint), None)
        if appointed is not None:
            return appointed.verdict
        return judge.officer(own, address, administrators) if address is not None else Verdict(ChainState.NOT_CERTIFIED)

    def _judge(self) -> Judge:
        if self._judging is None:
            if self._root is None:
                raise ValueError("there is no root to judge by")
            (root,) = signed_certificates([], [self._root]).values()
            self._judging = Judge(root, self._now, self._special)
        return self._judging

    def _judged_administrators(self, code: str | None) -> tuple[list[Administrator], list[bytes]]:
        """The administrators of a Party, judged, and their certificates."""
        if code not in self._administrators:
            found = appointments(self._connection, code, self._now) if code is not None else []
            self._administrators[code] = (self._judge_administrators(found), [each.octets for each in found])
        return self._administrators[code]

    def _judge_administrators(self, found: Sequence[Appointment]) -> list[Administrator]:
        if not found or self._root is None:
            return []
        signed = signed_certificates([each.octets for each in found], [self._root])
        judge = self._judge()
        return [
            judge.administrator(
                signed[each.fingerprint],
                each.address,
                each.party,
                each.domains - self._gateway_domains,
                regional=each.regional,
            )
            for each in found
            if each.fingerprint in signed
        ]

    def _keep(self, row: RowMapping, verdict: Verdict) -> None:
        self._connection.execute(
            update(certificates)
            .where(certificates.c.fingerprint == row["fingerprint"])
            .values(chain=verdict.state.value, chain_until=verdict.until)
        )
        until = verdict.until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if verdict.until is not None else None
        record(
            self._connection,
            "access-derived",
            GATEWAY,
            now=self._now,
            party=row["party"],
            subject=row["fingerprint"],
            details={
                "before": row["chain"],
                "after": verdict.state.value,
                "until": until,
                "certified-by": verdict.certifier,
            },
        )


def _within_membership(verdict: Verdict, party: Party | None) -> Verdict:
    if verdict.state is not ChainState.IN_FORCE or party is None or party.member_until is None:
        return verdict
    end = datetime.combine(party.member_until, time(), UTC)
    return Verdict(verdict.state, end if verdict.until is None else min(verdict.until, end), verdict.certifier)
