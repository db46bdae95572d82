"""Who is in force, decided from verified signatures (DESIGN §8). Pure: officers' tools and Parties run the same code.

- The root certifies administrators by trust signatures of depth 1, each scoped to one registered mail domain.
- An administrator in force certifies officers of the same Party, in the domains that both the directory and the root
  gave to this administrator.
- A reading certificate needs the certification of an administrator for the whole Party, and the root's own.
- A person of the Secretariat needs the root's.

A certification counts if its hash is strong, it has begun, has not expired, and was not revoked since. The newest one
of an issuer counts; trust signatures add up, since GnuPG puts one domain into each. One that claims not to be
revocable can be revoked all the same: nobody in the chain gives away the right to take access back.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from keyring_admin.chain.scope import scope_domains
from keyring_admin.chain.signatures import STRONG_HASHES, Certification, SignedCertificate
from keyring_admin.chain_state import ChainState
from keyring_admin.user_ids import user_id_address

FULL_TRUST = 120  # RFC 9580 §5.2.3.21
# Of several reasons, the one that is nearest to being in force.
_NEARNESS = (
    ChainState.IN_FORCE,
    ChainState.CERTIFICATION_EXPIRED,
    ChainState.CERTIFICATION_REVOKED,
    ChainState.TRUST_NOT_SCOPED,
    ChainState.OUT_OF_SCOPE,
    ChainState.CERTIFIER_NOT_IN_FORCE,
    ChainState.TOO_WEAK,
    ChainState.NOT_CERTIFIED,
    ChainState.NOT_CERTIFIED_BY_ROOT,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the chain says of a certificate, and the first moment at which that no longer holds, if it is known."""

    state: ChainState
    until: datetime | None = None
    certifier: str | None = None  # fingerprint


@dataclass(frozen=True, slots=True)
class Administrator:
    """An administrator who was judged. domains: those they may certify in, each with the moment it ends."""

    fingerprint: str
    party: str
    verdict: Verdict
    domains: Mapping[str, datetime | None]
    regional: bool = False


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges at a moment. address_of: the canonical address of a User ID, or None."""

    root: SignedCertificate
    now: datetime
    special_use_domains: bool

    def root_verdict(self) -> Verdict:
        """The root itself: neither revoked nor expired."""
        return self._own(self.root)

    def administrator(
        self, certificate: SignedCertificate, address: str, party: str, domains: Collection[str], *, regional: bool
    ) -> Administrator:
        """domains: the mail domains that the directory gives to this administrator."""
        chosen = self._with_address(address)
        live = self._live(self.root.fingerprint, certificate, chosen)
        trusting = [certification for certification in live if certification.trust_depth]
        if not live:
            verdict = self._certified_by(self.root.fingerprint, certificate, chosen)
            if verdict.state is ChainState.NOT_CERTIFIED:
                verdict = Verdict(ChainState.NOT_CERTIFIED_BY_ROOT)
        elif trusting and all(_scoped(certification, domains) for certification in trusting):
            verdict = Verdict(ChainState.IN_FORCE, _last_end(trusting), self.root.fingerprint)
        else:  # one that reaches too far is not made up for by others
            verdict = Verdict(ChainState.TRUST_NOT_SCOPED, certifier=self.root.fingerprint)
        verdict = self._within(verdict, certificate, self.root_verdict())
        granted: dict[str, datetime | None] = {}
        if verdict.state is ChainState.IN_FORCE:
            for certification in trusting:
                end = _earliest(certification.expires, verdict.until)
                for domain in scope_domains(certification.expressions) or ():
                    granted[domain] = _latest(granted[domain], end) if domain in granted else end
        return Administrator(certificate.fingerprint, party, verdict, granted, regional)

    def officer(self, certificate: SignedCertificate, address: str, administrators: Iterable[Administrator]) -> Verdict:
        """administrators: those of the officer's Party."""
        domain = address.rpartition("@")[2]
        verdicts = [Verdict(ChainState.NOT_CERTIFIED)]
        for administrator in administrators:
            verdict = self._certified_by(administrator.fingerprint, certificate, self._with_address(address))
            if verdict.state is ChainState.IN_FORCE:
                if administrator.verdict.state is not ChainState.IN_FORCE:
                    verdict = Verdict(ChainState.CERTIFIER_NOT_IN_FORCE, certifier=administrator.fingerprint)
                elif domain not in administrator.domains:
                    verdict = Verdict(ChainState.OUT_OF_SCOPE, certifier=administrator.fingerprint)
                else:
                    until = _earliest(verdict.until, administrator.domains[domain])
                    verdict = Verdict(ChainState.IN_FORCE, until, administrator.fingerprint)
            verdicts.append(verdict)
        return self._within(_nearest(verdicts), certificate)

    def reading(
        self, certificate: SignedCertificate, addresses: Collection[str], administrators: Iterable[Administrator]
    ) -> Verdict:
        """addresses: the Party's at the gateway; administrators: those of the Party."""

        def chosen(text: str) -> bool:
            return user_id_address(text, special_use_domains=self.special_use_domains) in addresses

        verdicts = [Verdict(ChainState.NOT_CERTIFIED)]
        for administrator in administrators:
            verdict = self._certified_by(administrator.fingerprint, certificate, chosen, _without_trust)
            if verdict.state is ChainState.IN_FORCE:
                if administrator.verdict.state is not ChainState.IN_FORCE:
                    verdict = Verdict(ChainState.CERTIFIER_NOT_IN_FORCE, certifier=administrator.fingerprint)
                elif administrator.regional:
                    verdict = Verdict(ChainState.OUT_OF_SCOPE, certifier=administrator.fingerprint)
                else:
                    until = _earliest(verdict.until, administrator.verdict.until)
                    verdict = Verdict(ChainState.IN_FORCE, until, administrator.fingerprint)
            verdicts.append(verdict)
        nearest = _nearest(verdicts)
        if nearest.state is not ChainState.IN_FORCE:
            return self._within(nearest, certificate)
        by_root = self._certified_by(self.root.fingerprint, certificate, chosen, _without_trust)
        if by_root.state is ChainState.NOT_CERTIFIED:
            by_root = Verdict(ChainState.NOT_CERTIFIED_BY_ROOT)
        until = _earliest(nearest.until, by_root.until)
        joined = Verdict(by_root.state, until if by_root.state is ChainState.IN_FORCE else None, nearest.certifier)
        return self._within(joined, certificate, self.root_verdict())

    def secretariat(self, certificate: SignedCertificate, gateway_domains: Collection[str]) -> Verdict:
        """A person of the Secretariat: the root's certification of a User ID.

        gateway_domains: there the root certifies reading certificates, and who holds one is nobody of the Secretariat.
        """
        chosen = self._outside(gateway_domains)
        verdict = self._certified_by(self.root.fingerprint, certificate, chosen, _without_trust)
        if verdict.state is ChainState.NOT_CERTIFIED:
            verdict = Verdict(ChainState.NOT_CERTIFIED_BY_ROOT)
        return self._within(verdict, certificate, self.root_verdict())

    def _with_address(self, address: str) -> Callable[[str], bool]:
        return lambda text: user_id_address(text, special_use_domains=self.special_use_domains) == address

    def _outside(self, domains: Collection[str]) -> Callable[[str], bool]:
        def chosen(text: str) -> bool:
            address = user_id_address(text, special_use_domains=self.special_use_domains)
            return address is not None and address.rpartition("@")[2] not in domains

        return chosen

    def _own(self, certificate: SignedCertificate) -> Verdict:
        if certificate.revocation is not None:
            return Verdict(ChainState.REVOKED)
        if certificate.expires_at is not None and certificate.expires_at <= self.now:
            return Verdict(ChainState.EXPIRED)
        return Verdict(ChainState.IN_FORCE, certificate.expires_at)

    def _within(self, verdict: Verdict, certificate: SignedCertificate, issuer: Verdict | None = None) -> Verdict:
        """A verdict on certifications, bounded by the certificate's own life and, where it is given, the issuer's."""
        own = self._own(certificate)
        if own.state is not ChainState.IN_FORCE or verdict.state is not ChainState.IN_FORCE:
            return own if own.state is not ChainState.IN_FORCE else verdict
        if issuer is not None and issuer.state is not ChainState.IN_FORCE:
            return Verdict(ChainState.CERTIFIER_NOT_IN_FORCE, certifier=verdict.certifier)
        until = _earliest(verdict.until, own.until, issuer.until if issuer is not None else None)
        return Verdict(ChainState.IN_FORCE, until, verdict.certifier)

    def _certified_by(
        self,
        issuer: str,
        certificate: SignedCertificate,
        chosen: Callable[[str], bool],
        fits: Callable[[Certification], ChainState] = lambda _certification: ChainState.IN_FORCE,
    ) -> Verdict:
        """What one issuer's certifications of the chosen User IDs amount to."""
        live = self._live(issuer, certificate, chosen)
        if live:
            states = {fits(certification) for certification in live}
            if states == {ChainState.IN_FORCE}:
                return Verdict(ChainState.IN_FORCE, _last_end(live), issuer)
            return Verdict((states - {ChainState.IN_FORCE}).pop(), certifier=issuer)
        begun = list(self._begun(issuer, certificate, chosen))
        given = [one for certifications in begun for one in certifications if not one.revokes]
        if not any(one.hash_algorithm in STRONG_HASHES for one in given):
            return Verdict(ChainState.TOO_WEAK if given else ChainState.NOT_CERTIFIED, certifier=issuer)
        unrevoked = any(_unrevoked(certifications) for certifications in begun)
        state = ChainState.CERTIFICATION_EXPIRED if unrevoked else ChainState.CERTIFICATION_REVOKED
        return Verdict(state, certifier=issuer)

    def _begun(
        self, issuer: str, certificate: SignedCertificate, chosen: Callable[[str], bool]
    ) -> Iterator[list[Certification]]:
        """For each chosen User ID, what the issuer has said about it up to now."""
        for user_id in certificate.user_ids:
            if chosen(user_id.text):
                yield [one for one in user_id.certifications if one.issuer == issuer and one.created <= self.now]

    def _live(self, issuer: str, certificate: SignedCertificate, chosen: Callable[[str], bool]) -> list[Certification]:
        """The issuer's certifications that count now."""
        live: list[Certification] = []
        for certifications in self._begun(issuer, certificate, chosen):
            counting = _unrevoked(certifications)
            newest = max((one.created for one in counting if not one.trust_depth), default=None)
            live += [
                one
                for one in counting
                if (one.trust_depth or one.created == newest) and (one.expires is None or self.now < one.expires)
            ]
        return live


def _unrevoked(certifications: Iterable[Certification]) -> list[Certification]:
    """Strong certifications of one issuer on one User ID that are younger than the issuer's last revocation."""
    every = list(certifications)
    revoked_at = max((one.created for one in every if one.revokes), default=None)
    return [
        one
        for one in every
        if not one.revokes
        and one.hash_algorithm in STRONG_HASHES
        and (revoked_at is None or one.created > revoked_at)  # of one second: the revocation counts
    ]


def _scoped(certification: Certification, domains: Collection[str]) -> bool:
    """Whether a trust signature gives what an administrator may have, and no more."""
    reach = scope_domains(certification.expressions)
    fits = certification.trust_depth == 1 and certification.trust_amount >= FULL_TRUST
    return fits and reach is not None and reach <= set(domains)


def _last_end(certifications: Iterable[Certification]) -> datetime | None:
    """When the last of them ends."""
    ends = [certification.expires for certification in certifications]
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None


def _without_trust(certification: Certification) -> ChainState:
    """Who is certified here may not certify others (security case KEY-15)."""
    return ChainState.TRUST_NOT_SCOPED if certification.trust_depth else ChainState.IN_FORCE


def _nearest(verdicts: Iterable[Verdict]) -> Verdict:
    """The best verdict; of two in force, the one that lasts."""
    ordered = sorted(verdicts, key=lambda verdict: _NEARNESS.index(verdict.state))
    best = [verdict for verdict in ordered if verdict.state is ordered[0].state]
    lasting = [verdict for verdict in best if verdict.until is None]
    return lasting[0] if lasting else max(best, key=lambda verdict: str(verdict.until))


def _earliest(*moments: datetime | None) -> datetime | None:
    """None: never."""
    return min((moment for moment in moments if moment is not None), default=None)


def _latest(first: datetime | None, second: datetime | None) -> datetime | None:
    return None if first is None or second is None else max(first, second)
