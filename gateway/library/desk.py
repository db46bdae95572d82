"""The desk where the library's life happens: declare, consent, review, approve. Publication is in publishing.py.

Nothing here is in force: the library in force changes only when two release keys have signed. The caller owns the
transaction; every refusal is a LibraryLifeError or, for what a library itself refuses, a LibraryError.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from forms.errors import FormError
from forms.form import Form, digest
from forms.validation import validate
from gateway.library import archive
from gateway.library.archive import Proposal, StoredDeclaration
from gateway.library.declaration import DeclaredPattern, pattern_ids, read_declaration
from gateway.library.people import CLOCK_TOLERANCE, Document, People, Person
from gateway.library.problem import LibraryLifeError, Problem
from gateway.library.proposal import Declaration, Judged, binding_consents, judge, next_library
from gateway.library.statements import Consent, read_approval, read_consent
from pattern_rules import Library, load_library
from pattern_rules.review import Review, review
from pattern_rules.writer import write_successor

PROPOSAL_LIFE = timedelta(days=30)
_APPROVALS_WITHOUT_DECLARATION = 2


@dataclass(frozen=True, slots=True)
class Registered:
    """A declaration as it was registered: its SHA-256, Party and patterns."""

    sha256: str
    party: str
    patterns: tuple[DeclaredPattern, ...]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A proposal, the library in it, what changes, and what stands against it."""

    proposal: Proposal
    library: Library
    review: Review
    judged: tuple[Judged, ...]

    @property
    def publishable(self) -> bool:
        """Whether nothing stands against it; who must approve is another question."""
        return not any(one.stands for one in self.judged)


class Desk:
    """library: in force. days: how long a new version is valid."""

    def __init__(self, connection: Connection, people: People, library: Library, *, now: datetime, days: int) -> None:
        self._connection = connection
        self._people = people
        self._library = library
        self._now = now
        self._days = days

    @property
    def library(self) -> Library:
        """The library in force."""
        return self._library

    @property
    def today(self) -> date:
        """The day, UTC."""
        return self._now.date()

    def declare(self, octets: bytes, *, synthetic: bool) -> Registered:
        """Register the signed form pattern-declaration of a Party, after checking each of its patterns."""
        document = self._people.open(octets, speaks_for_party=True)
        form = _form(document)
        self._check_bindings(form, document.person.party)
        sha256 = digest(form)
        known = archive.declarations(self._connection)
        if sha256 in {one.sha256 for one in known}:
            raise LibraryLifeError(Problem.ALREADY_HERE)
        party = document.person.party
        patterns = read_declaration(form, self._library, party=party, on=self.today, synthetic=synthetic)
        self._check_others(known, patterns, document)
        archive.add_declaration(
            self._connection, document, sha256=sha256, form=form.canonical, synthetic=synthetic, now=self._now
        )
        return Registered(sha256, party, patterns)

    def keep_refused(self, octets: bytes, *, synthetic: bool) -> None:
        """Keep a declaration that reached for another Party's pattern, as evidence; it counts for nothing."""
        document = self._people.open(octets, speaks_for_party=True)
        form = _form(document)
        sha256 = digest(form)
        if sha256 not in {one.sha256 for one in archive.declarations(self._connection)}:
            archive.add_declaration(
                self._connection,
                document,
                sha256=sha256,
                form=form.canonical,
                synthetic=synthetic,
                now=self._now,
                state=archive.REFUSED,
            )

    def withdraw(self, sha256: str) -> None:
        """Take a pending declaration off the desk; the Party may declare anew."""
        if sha256 not in {one.sha256 for one in archive.declarations(self._connection, state=archive.PENDING)}:
            raise LibraryLifeError(Problem.UNKNOWN_DECLARATION)
        archive.settle_declaration(self._connection, sha256, archive.WITHDRAWN)

    def draft_consent(self, consent: Consent) -> Consent:
        """A consent that names what it is about; `document` is filled in. Raises LibraryLifeError."""
        holds = dict.fromkeys(self._library.by_id, self._library.sha256)
        owners = {name: pattern.owners for name, pattern in self._library.by_id.items()}
        for declaration in self._pending():
            holds |= {one.id: declaration.sha256 for one in declaration.patterns}
            owners |= {one.id: one.pattern.owners for one in declaration.patterns}
        if consent.other_id not in holds or consent.pattern_id not in holds:
            raise LibraryLifeError(Problem.UNKNOWN_PATTERN)
        if consent.party not in owners[consent.pattern_id]:
            raise LibraryLifeError(Problem.PATTERN_NOT_YOURS, consent.pattern_id)
        return Consent(consent.party, consent.pattern_id, consent.other_id, holds[consent.other_id], consent.effect)

    def consent(self, octets: bytes) -> Consent:
        """Register a Party's signed consent."""
        document = self._people.open(octets, speaks_for_party=True)
        consent = read_consent(document.content)
        if consent.party != document.person.party:
            raise LibraryLifeError(Problem.OTHER_PARTY)
        if self.draft_consent(consent) != consent:
            raise LibraryLifeError(Problem.UNKNOWN_DECLARATION)
        pairs = {
            (one.consent.party, one.consent.pattern_id, one.consent.other_id, one.consent.document)
            for one in archive.consents(self._connection)
        }
        if (consent.party, consent.pattern_id, consent.other_id, consent.document) in pairs:
            raise LibraryLifeError(Problem.ALREADY_HERE)
        archive.add_consent(self._connection, document, consent, self._now)
        return consent

    def review(self) -> Reviewed:
        """Make the next version of all that is pending, keep it as the open proposal, and say what speaks against it.

        An open proposal with the same content stays, so that its approvals stay.
        """
        pending = self._pending()
        if not pending:
            open_one = archive.the_open_proposal(self._connection)
            if open_one is None or open_one.rollback_of is None:
                raise LibraryLifeError(Problem.NOTHING_TO_PUBLISH)
            return self.reviewed(open_one)
        known = archive.the_open_proposal(self._connection)
        made_at = known.made_at if known is not None and self._now - known.made_at < PROPOSAL_LIFE else self._now
        issued = made_at.date()
        octets = next_library(
            self._library, pending, self._consents(pending), issued=issued, expires=self._last_day(issued)
        )
        held = tuple(one.sha256 for one in pending)
        return self.reviewed(self._open(octets, made_at=made_at, declarations=held))

    def roll_back(self, number: int) -> Reviewed:
        """Propose a new version with the content of an old one."""
        old = next((one for one in archive.versions(self._connection) if one.number == number), None)
        if old is None or old.sha256 == self._library.sha256:
            raise LibraryLifeError(Problem.UNKNOWN_VERSION)
        octets = write_successor(
            self._library, load_library(old.octets).patterns, issued=self.today, expires=self._last_day(self.today)
        )
        return self.reviewed(self._open(octets, made_at=self._now, declarations=(), rollback_of=number))

    def reviewed(self, proposal: Proposal) -> Reviewed:
        """What changes with a proposal, and what stands against it.

        The consents of a rollback were given when its content was first published.
        """
        library = load_library(proposal.octets)
        found = review(self._library, library, on=self.today)
        if proposal.rollback_of is not None:
            return Reviewed(proposal, library, found, tuple(Judged(one, frozenset()) for one in found.remarks))
        declarations = tuple(one for one in self._pending() if one.sha256 in proposal.declarations)
        judged = judge(found, library, declarations, self._consents(declarations))
        return Reviewed(proposal, library, found, judged)

    def approve(self, octets: bytes) -> Proposal:
        """Register the approval of a second person."""
        document = self._people.open(octets, speaks_for_party=False)
        approval = read_approval(document.content)
        proposal = self.open_proposal()
        if (approval.library_sha256, approval.number) != (proposal.sha256, proposal.number):
            raise LibraryLifeError(Problem.OTHER_PROPOSAL)
        if not self.reviewed(proposal).publishable:
            raise LibraryLifeError(Problem.OBJECTIONS)
        if any(document.person.same_as(person) for person in self._involved(proposal)):
            raise LibraryLifeError(Problem.SAME_PERSON)
        if document.person.party in {one.party for one in self._held(proposal)}:
            raise LibraryLifeError(Problem.OWN_PARTY)
        archive.add_approval(self._connection, document, proposal.sha256)
        return proposal

    def open_proposal(self) -> Proposal:
        """The proposal that is open and still follows the library in force. Raises LibraryLifeError."""
        proposal = archive.the_open_proposal(self._connection)
        if proposal is None or load_library(proposal.octets).predecessor != self._library.sha256:
            raise LibraryLifeError(Problem.NO_PROPOSAL)
        return proposal

    def approvals_missing(self, proposal: Proposal) -> int:
        """How many people must still approve: one beside those who declared; two for a rollback."""
        needed = 1 if proposal.declarations else _APPROVALS_WITHOUT_DECLARATION
        return max(0, needed - len(archive.approvals(self._connection, proposal.sha256)))

    def _open(
        self, octets: bytes, *, made_at: datetime, declarations: tuple[str, ...], rollback_of: int | None = None
    ) -> Proposal:
        sha256 = hashlib.sha256(octets).hexdigest()
        if archive.proposal_of(self._connection, sha256) is not None:
            archive.reopen_proposal(self._connection, sha256)
        else:
            number = load_library(octets).version
            archive.open_proposal(
                self._connection, Proposal(sha256, number, made_at, rollback_of, declarations, octets)
            )
        return self.open_proposal()

    def _pending(self) -> tuple[Declaration, ...]:
        """Pending declarations, read against the library in force as it is now."""
        return tuple(self._read(one) for one in archive.declarations(self._connection, state=archive.PENDING))

    def _read(self, stored: StoredDeclaration) -> Declaration:
        patterns = read_declaration(
            validate(stored.form),
            self._library,
            party=stored.party,
            on=stored.received_at.date(),
            synthetic=stored.synthetic,
        )
        return Declaration(stored.sha256, stored.party, patterns)

    def _consents(self, declarations: tuple[Declaration, ...]) -> tuple[Consent, ...]:
        given = [one.consent for one in archive.consents(self._connection)]
        return binding_consents(self._library, declarations, given)

    def _held(self, proposal: Proposal) -> list[StoredDeclaration]:
        return [one for one in archive.declarations(self._connection) if one.sha256 in proposal.declarations]

    def _involved(self, proposal: Proposal) -> list[Person]:
        """Everybody whose signature this proposal rests on already."""
        held = self._held(proposal)
        signed = [(one.certificate, one.party) for one in held]
        documents = {one.sha256 for one in held} | {self._library.sha256}
        consents = archive.consents(self._connection) if held else []
        signed += [(one.certificate, one.consent.party) for one in consents if one.consent.document in documents]
        approved = archive.approvals(self._connection, proposal.sha256)
        signed += [(one.certificate, one.party) for one in approved]
        return [self._people.by_certificate(certificate, party) for certificate, party in signed]

    def _last_day(self, issued: date) -> date:
        return issued + timedelta(days=self._days)

    def _check_bindings(self, form: Form, party: str) -> None:
        bound = form.bindings
        if bound is None:
            return
        if bound.requesting_party != party:
            raise LibraryLifeError(Problem.OTHER_PARTY)
        if not bound.created - CLOCK_TOLERANCE <= self._now <= bound.expires + CLOCK_TOLERANCE:
            raise LibraryLifeError(Problem.EXPIRED)

    def _check_others(
        self, known: list[StoredDeclaration], patterns: tuple[DeclaredPattern, ...], document: Document
    ) -> None:
        """One declaration a pattern at a time, and never an older one after a newer."""
        concerned = {one.id for one in patterns}
        for other in known:
            shared = concerned & set(pattern_ids(validate(other.form)))
            if shared and other.state == archive.PENDING:
                raise LibraryLifeError(Problem.PATTERN_PENDING, min(shared))
            if shared and other.party == document.person.party and other.signed_at >= document.signed_at:
                raise LibraryLifeError(Problem.OLDER_THAN_KNOWN, min(shared))


def _form(document: Document) -> Form:
    try:
        return validate(document.content)
    except FormError as error:
        raise LibraryLifeError(Problem.NOT_A_DECLARATION, detail=error.code.value) from None
