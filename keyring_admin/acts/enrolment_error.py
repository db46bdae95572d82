"""Why an act on an enrolment or a certificate is refused. The gateway has each reason in six languages."""

from enum import StrEnum

from keyring_admin.directory_error import DirectoryError


class EnrolmentRefusal(StrEnum):
    """The reason in English, with what to do."""

    ENROLLED = "this account is enrolled: a certificate in force is replaced by a request signed with it"
    NOT_INVITED = "no invitation is open for this account: ask your administrator for one"
    WRONG_CODE = "the code is wrong; after five wrong answers the invitation ends"
    NO_CHALLENGE = "no challenge waits for your answer: it was answered already, or is older than 24 hours"
    WRONG_CHALLENGE = "the answer is not what the challenge said; after five wrong answers the enrolment ends"
    PASSWORD_NEEDED = "the one-time password has to be replaced: add a field Password with one of your own"  # noqa: S105 - a sentence
    NOT_WAITING = "no enrolment with this number waits for an approval"
    OTHER_FINGERPRINT = "the fingerprint is not that of the certificate that waits"
    OWN_CERTIFICATE = "nobody approves a certificate of their own: another administrator has to"
    NOT_CERTIFIED = "the certificate does not give access: certify it as the notice says, and attach it to the approval"
    IN_FORCE = "the officer has a certificate in force: it is replaced by the officer, not by an invitation"
    ROLE = "the role administer is given by `gsp administrators appoint`"
    NOT_REVOKED = "what was sent does not revoke this certificate"
    UNKNOWN_CERTIFICATE = "no officer holds a certificate in force with this fingerprint"
    NOT_ADMINISTRATOR = "this is for administrators of the Party, each in their own region"
    OLD_KEY = "the request is not signed by a key that may sign now"


class EnrolmentError(DirectoryError):
    """The act is refused. reason: safe to show to whoever asked."""

    def __init__(self, reason: EnrolmentRefusal) -> None:
        super().__init__(reason.value)
        self.reason = reason
