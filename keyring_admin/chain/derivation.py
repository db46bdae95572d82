"""One derivation: what is read of the directory once, judged for many certificates."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time

from sqlalchemy import Connection, RowMapping, update

from keyring_admin.acts.actor import GATEWAY
from keyring_admin.certificate_store import Purpose
from keyring_admin.chain.directory import Appointment, appointments, gateway_domains, holders, members
from keyring_admin.chain.judgement import Administrator, Judge, Verdict
from keyring_admin.chain.signatures import SignedCertificate, signed_certificates
from keyring_admin.chain_state import ChainState
from keyring_admin.key_log.log import record
from keyring_admin.parties import Party
from keyring_admin.schema import certificates


class Derivation:
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

    def judge_all(self, code: str | None, rows: Sequence[RowMapping]) -> Iterator[tuple[RowMapping, Verdict]]:
        """Judge certificates of one Party (None: of the Secretariat): those on which the verdict is another now."""
        verdicts = self.verdicts(code, rows)
        for row in rows:
            verdict = verdicts[row["fingerprint"]]
            if (verdict.state, verdict.until) != (ChainState(row["chain"]), row["chain_until"]):
                yield row, verdict

    def verdicts(self, code: str | None, rows: Sequence[RowMapping]) -> Mapping[str, Verdict]:
        """What the chain says of certificates (rows of their table) of one Party, by fingerprint."""
        party = self._parties.get(code or "")
        if code is not None and (party is None or not party.member_on(self._now.date())):
            return {row["fingerprint"]: Verdict(ChainState.NOT_A_MEMBER) for row in rows}
        if self._root is None:
            return {row["fingerprint"]: Verdict(ChainState.NOT_CERTIFIED_BY_ROOT) for row in rows}
        administrators, issuers = self.judged_administrators(code)
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

    def officer_verdict(self, own: SignedCertificate, code: str, address: str) -> Verdict:
        """What the chain says of an officer's certificate that is not in the directory yet."""
        party = self._parties.get(code)
        if party is None or not party.member_on(self._now.date()):
            return Verdict(ChainState.NOT_A_MEMBER)
        administrators, _octets = self.judged_administrators(code)
        return _within_membership(self.judge().officer(own, address, administrators), party)

    def _verdict(
        self,
        own: SignedCertificate,
        *,
        purpose: Purpose,
        party: Party | None,
        address: str | None,
        administrators: Sequence[Administrator],
    ) -> Verdict:
        judge = self.judge()
        if purpose is Purpose.SECRETARIAT or party is None:
            return judge.secretariat(own, self._gateway_domains)
        if purpose is Purpose.READING:
            at_gateway = {f"{party.mailbox}@{domain}" for domain in self._gateway_domains}
            return judge.reading(own, at_gateway, administrators)
        appointed = next((one for one in administrators if one.fingerprint == own.fingerprint), None)
        if appointed is not None:
            return appointed.verdict
        return judge.officer(own, address, administrators) if address is not None else Verdict(ChainState.NOT_CERTIFIED)

    def judge(self) -> Judge:
        """Who judges by the root in force, at the moment of this derivation."""
        if self._judging is None:
            if self._root is None:
                raise ValueError("there is no root to judge by")
            (root,) = signed_certificates([], [self._root]).values()
            self._judging = Judge(root, self._now, self._special)
        return self._judging

    def judged_administrators(self, code: str | None) -> tuple[list[Administrator], list[bytes]]:
        """The administrators of a Party, judged, and their certificates."""
        if code not in self._administrators:
            found = appointments(self._connection, code, self._now) if code is not None else []
            self._administrators[code] = (self._judge_administrators(found), [each.octets for each in found])
        return self._administrators[code]

    def _judge_administrators(self, found: Sequence[Appointment]) -> list[Administrator]:
        if not found or self._root is None:
            return []
        signed = signed_certificates([each.octets for each in found], [self._root])
        judge = self.judge()
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

    def keep(self, row: RowMapping, verdict: Verdict) -> None:
        """Store a verdict and log it."""
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
