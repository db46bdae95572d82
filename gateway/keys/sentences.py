"""What `keys@` writes to people, in six languages: answers, challenges, and the reasons of refusals."""

from collections.abc import Mapping

from gateway.chain_words import REFUSALS, STATES
from gateway.policy.facts import NoticeKind
from gateway.words import Sentence, phrase
from keyring_admin.acts.enrolment_error import EnrolmentRefusal
from keyring_admin.certificate_refusal import CertificateRefusal
from keyring_admin.chain_state import ChainState

KEY_NOTICES: Mapping[NoticeKind, Sentence] = {
    NoticeKind.KEY_CHALLENGE: phrase(
        "Your certificate {fingerprint} has arrived. To show that you hold its key, answer within 24 hours with a "
        "request signed with it: `Act: prove`, `Enrolment: {enrolment}`, `Challenge: {challenge}`. With your first "
        "certificate also give a `Password:` of your own; it replaces the one-time password. If you did not send a "
        "certificate, tell your administrator."
    ),
    NoticeKind.KEY_PROVED: phrase(
        "You have shown that you hold the key of {fingerprint}. Your administrators are asked to approve it; you will "
        "be told."
    ),
    NoticeKind.KEY_APPROVAL: phrase(
        "An officer of your Party asks you to approve a certificate. Address: {address}. Roles: {roles}. Full "
        "fingerprint: {fingerprint}. Compare the fingerprint with the officer, but not by mail. The certificate is "
        "attached. If all is right, certify it and answer with a signed request to which the certified certificate is "
        "attached, `Act: approve`; otherwise `Act: reject`. The lines below do it."
    ),
    NoticeKind.KEY_ENROLLED: phrase(
        "Your certificate {fingerprint} is admitted. You may now do what your roles allow: {roles}."
    ),
    NoticeKind.KEY_REPLACED: phrase(
        "Your certificate {fingerprint} is admitted. It replaces {replaced}, which is accepted until {date}."
    ),
    NoticeKind.KEY_REJECTED: phrase(
        "Your certificate {fingerprint} was not approved. Please contact your administrator."
    ),
    NoticeKind.KEY_DONE: phrase("Your request {request} ({act}) has been carried out."),
    NoticeKind.KEY_RENEWED: phrase("Your certificate {fingerprint} was taken as you sent it. It ends: {date}. {state}"),
    NoticeKind.KEY_REFUSED: phrase("Your request {request} ({act}) was refused: {reason}"),
    NoticeKind.KEY_INVITED: phrase(
        "{address} is invited until {date}. One-time password for mail: {password} Code for the request `enrol`: "
        "{code} Give both to the officer on paper or in person, not by mail."
    ),
    NoticeKind.KEY_PASSWORD: phrase(
        "New one-time password of {address}: {password} Give it to the officer on paper or in person. The officer "
        "changes it by a signed request, `Act: password`."
    ),
    NoticeKind.KEY_LIST: phrase("Attached are the officers of {party} and the state of their certificates."),
    NoticeKind.KEY_REVOKED: phrase(
        "The certificate {fingerprint} of {address} is revoked and no longer accepted. The officer can be invited "
        "again."
    ),
}

REASONS: Mapping[str, Sentence] = {
    EnrolmentRefusal.ENROLLED.value: phrase(
        "this account is enrolled: a certificate in force is replaced by a request signed with it"
    ),
    EnrolmentRefusal.NOT_INVITED.value: phrase(
        "no invitation is open for this account: ask your administrator for one"
    ),
    EnrolmentRefusal.WRONG_CODE.value: phrase("the code is wrong; after five wrong answers the invitation ends"),
    EnrolmentRefusal.NO_CHALLENGE.value: phrase(
        "no challenge waits for your answer: it was answered already, or is older than 24 hours"
    ),
    EnrolmentRefusal.WRONG_CHALLENGE.value: phrase(
        "the answer is not what the challenge said; after five wrong answers the enrolment ends"
    ),
    EnrolmentRefusal.PASSWORD_NEEDED.value: phrase(
        "the one-time password has to be replaced: add a field `Password:` with one of your own"
    ),
    EnrolmentRefusal.NOT_WAITING.value: phrase("no enrolment with this number waits for an approval"),
    EnrolmentRefusal.OTHER_FINGERPRINT.value: phrase("the fingerprint is not that of the certificate that waits"),
    EnrolmentRefusal.OWN_CERTIFICATE.value: phrase(
        "nobody approves a certificate of their own: another administrator has to"
    ),
    EnrolmentRefusal.NOT_CERTIFIED.value: phrase(
        "the certificate does not give access: certify it as the notice says, and attach it to the approval"
    ),
    EnrolmentRefusal.IN_FORCE.value: phrase(
        "the officer has a certificate in force: it is replaced by the officer, not by an invitation"
    ),
    EnrolmentRefusal.ROLE.value: phrase("the role administer is given by `gsp administrators appoint`"),
    EnrolmentRefusal.NOT_REVOKED.value: phrase("what was sent does not revoke this certificate"),
    EnrolmentRefusal.UNKNOWN_CERTIFICATE.value: phrase("no officer holds a certificate in force with this fingerprint"),
    EnrolmentRefusal.OLD_KEY.value: phrase("the request is not signed by a key that may sign now"),
    EnrolmentRefusal.NOT_ADMINISTRATOR.value: phrase(
        "this is for administrators of the Party, each in their own region"
    ),
}

# What may be said in the clear to somebody to whom nothing can be encrypted yet: why the door refused a certificate.
DOOR_REASONS = frozenset(reason.value for reason in CertificateRefusal)
_DOOR = {refusal.value: sentence for refusal, sentence in REFUSALS.items()}


def reason_sentence(reason: str) -> Sentence:
    """The reason as a sentence of the catalogues; one that they lack is shown in English."""
    known = REASONS.get(reason) or _DOOR.get(reason)
    return known if known is not None else Sentence(reason.replace("{", "{{").replace("}", "}}"))


def state_sentence(state: str) -> Sentence:
    """What the chain says."""
    return STATES[ChainState(state)]
