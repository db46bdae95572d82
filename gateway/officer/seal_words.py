"""What the seal, the signature and the bindings of an opened mail say, as sentences for the officer."""

from collections.abc import Iterator

from forms.form import Form
from forms.slip import MessageClass
from gateway.officer.opening import OpenedMail
from gateway.seal import Seal
from gateway.words import Sentence, phrase
from mailroom.exchanges import Mode

_CLASSES = {
    MessageClass.QUERY.value: phrase("Query from {sender} to {receiver}, {mode}"),
    MessageClass.REPLY.value: phrase("Reply from {sender} to {receiver}, {mode}"),
    MessageClass.ACKNOWLEDGEMENT.value: phrase("Acknowledgement from {sender} to {receiver}, {mode}"),
    MessageClass.NOTICE.value: phrase("Information from {sender} to {receiver}, {mode}"),
}
_MODES = {
    Mode.DIRECT.value: phrase("written directly to the Party: the gateway read nothing"),
    Mode.SEALED.value: phrase("sealed: the gateway read only the routing slip"),
    Mode.ASSISTED.value: phrase("assisted: the gateway read the form to route it"),
}


def seal_sentences(seal: Seal | None) -> Iterator[Sentence]:
    """Who wrote to whom, in which exchange, when it was accepted."""
    if seal is None:
        return
    yield Sentence(
        _CLASSES[seal.message_class].template,
        (("sender", seal.sending_party), ("receiver", seal.receiving_party), ("mode", _MODES[seal.mode])),
    )
    yield phrase("Exchange: {exchange}", exchange=seal.exchange)
    yield phrase(
        "Accepted by the gateway: {moment} UTC; rules passed: {count}",
        moment=f"{seal.sealed_at:%Y-%m-%d %H:%M:%S}",
        count=len(seal.rules_passed),
    )


def gateway_sentences(opened: OpenedMail) -> Iterator[Sentence]:
    """Said of a mail that the gateway itself wrote."""
    if not opened.by_gateway:
        return
    yield phrase("Written by the gateway itself")
    if opened.files:
        yield phrase("Attached: {files}", files=", ".join(file.name for file in opened.files))


def signer_sentence(signer: str | None, *, compared: bool) -> Iterator[Sentence]:
    """Whose signature it is. compared: whether the officer's own keyring holds the certificate."""
    if signer is None:
        return
    if compared:
        yield phrase("Signed by: {fingerprint} (in your keyring)", fingerprint=signer)
    else:
        yield phrase(
            "Signed by: {fingerprint} (only the gateway vouches for it: compare the fingerprint)", fingerprint=signer
        )


def binding_sentence(form: Form | None) -> Iterator[Sentence]:
    """Said of a form that an ordinary mail client carried."""
    if form is not None and form.bindings is None:
        yield phrase("Binding: none. An ordinary mail client wrote it; only the seal ties it to this exchange")
