"""What a question has to pass, besides the rules about its sender. Each names itself; the replies are constant."""

from gateway.gate import Refused, judge_message
from gateway.opener.frames import JobResult, Outcome
from gateway.policy.facts import GatewayFacts, Refusal, SenderFacts
from gateway.policy.rules import sender_has_role
from gateway.policy.table import SENDER_RULES, Rule
from gateway.replies import MALFORMED, POLICY, TRY_AGAIN

# The gateway is asked on behalf of a query that may follow: it takes the role to send one.
ASKER_RULES = (*SENDER_RULES, Rule(sender_has_role.NAME, sender_has_role.check))

RATE_RULE = "question-within-rate"


def question_is_for_gateway(recipients: tuple[str, ...], gateway: GatewayFacts, sender: SenderFacts) -> Refusal | None:
    """Encrypted to this gateway, and to nobody else than the sender's side (clients also encrypt to the sender)."""
    return None if encrypted_to_gateway(recipients, gateway, sender) else Refusal(POLICY, "question-is-for-gateway")


def encrypted_to_gateway(recipients: tuple[str, ...], gateway: GatewayFacts, sender: SenderFacts) -> bool:
    """Whether a mail that the gateway keeps for itself can be read by it and the sender's side, and by nobody else."""
    own = sender.encryption_key_ids(gateway.now)
    found = frozenset(recipients)
    return bool(found & gateway.key_ids) and found <= gateway.key_ids | own | sender.party_key_ids


def question_opens(result: JobResult) -> Refusal | None:
    """It could be decrypted. The same reply as for a bad signature: it tells nothing about what is inside."""
    if result.outcome in {Outcome.OPENED, Outcome.BAD_SIGNATURE, Outcome.NO_UIDS}:
        return None
    return Refusal(POLICY, "question-opens")


def question_has_uids(result: JobResult) -> Refusal | None:
    """It asks about 1 to 50 UIDs. Only who signed the question is told that it does not."""
    return Refusal(MALFORMED, "question-has-uids") if result.outcome is Outcome.NO_UIDS else None


def question_is_signed(result: JobResult, gateway: GatewayFacts, sender: SenderFacts) -> Refusal | None:
    """By one key of the officer's certificate that may sign now; not in the future, not older than a slip may be."""
    refusal = Refusal(POLICY, "question-is-signed")
    signed_at = result.signed_at
    if result.signer not in sender.signing_fingerprints(gateway.now):
        return refusal
    if signed_at is None or not gateway.now - gateway.slip_life <= signed_at <= gateway.now + gateway.clock_tolerance:
        return refusal
    return None


def answer_is_encrypted(answer: bytes, gateway: GatewayFacts, sender: SenderFacts) -> Refusal | None:
    """What the worker gave back is encrypted to the officer and to nobody else: a worker is not trusted with that."""
    message = judge_message(answer)
    own = sender.certificate.encryption_key_ids(gateway.now) if sender.certificate is not None else frozenset()
    if isinstance(message, Refused) or not frozenset(message.recipients) <= own:
        return Refusal(TRY_AGAIN, "answer-is-encrypted")
    return None
