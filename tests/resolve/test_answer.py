"""The answer: whose each UID is, where to write, with which certificate, and a query to fill in."""

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from forms.entries import Entry, compose, flatten
from forms.form import Form
from forms.pack import core_shelf
from forms.safe_xml import FORM_LIMITS, parse
from forms.uids import decode_uid
from gateway.resolve.answer import answer_entity
from gateway.resolve.findings import look_up, parties_to_ask
from gateway.resolve.request import RequestError, ResolveRequest, decode_request, encode_request
from gateway.resolve.words import DECIDE, GATEWAY_READS, NO_CERTIFICATE, SUBJECT
from gateway.words import words_in
from gnupg_keys import gpg
from keyring_admin.openpgp.armor import ArmorKind, dearmor
from pattern_rules import Library, Standing, Verdict, core_library_octets, load_library
from pattern_rules.sentences import LANGUAGES, explain, explain_candidate

from .conftest import People

UNION = b"QCALLa7K2m9XqZB4c124051914"
KENYA = b"KE24T00012345674"
PAKISTAN = b"PKH7MQ2XW9RT4B"
NOBODY = b"no such thing"


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(core_library_octets())


def overlapping() -> Library:
    """A second Party claims the form of the first."""
    text = core_library_octets().decode()
    start = text.index("[[pattern]]", text.index('id = "pk-') - 200)
    block = text[start : text.index("[[pattern]]", start + 5)]
    name = block.partition('id = "')[2].partition('"')[0]
    twin = block.replace(f'id = "{name}"', 'id = "twin"').replace('party = "PK"', 'party = "EU"')
    assert twin != block
    return load_library(f"{text}\n{twin}".encode())


def answer(library: Library, request: ResolveRequest, *uids: bytes) -> EmailMessage:
    octets = answer_entity(look_up(library, uids, request), request, library.version)
    return message_from_bytes(octets, _class=EmailMessage, policy=default)


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def files_of(message: EmailMessage) -> dict[str, bytes]:
    return {str(part.get_filename()): bytes(part.get_content()) for part in message.iter_attachments()}


def verdicts(library: Library, request: ResolveRequest, *uids: bytes) -> list[Verdict]:
    return [finding.recognition.verdict for finding in look_up(library, uids, request)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_uid_is_answered_in_the_officer_s_language(
    library: Library, request_of_kenya: ResolveRequest, language: str
) -> None:
    request = replace(request_of_kenya, language=language)
    text = text_of(answer(library, request, UNION, KENYA, NOBODY))
    for finding in look_up(library, (UNION, KENYA, NOBODY), request):
        assert finding.uid.decode() in text
        assert explain(finding.recognition, language) in text
        told = [one for one in finding.recognition.candidates if one.standing is not Standing.FALLBACK]
        assert all(explain_candidate(one, language) in text for one in told[:3])
        assert told or finding.uid == NOBODY
    assert "eu@gsp.test" in text
    assert words_in(language).text(GATEWAY_READS) in text


def test_verdicts_of_the_parties_here(library: Library, request_of_kenya: ResolveRequest) -> None:
    found = verdicts(library, request_of_kenya, UNION, KENYA, NOBODY)
    assert found[:2] == [Verdict.ROUTABLE, Verdict.OWN_PARTY]
    assert found[2] not in {Verdict.ROUTABLE, Verdict.SEVERAL_PARTIES, Verdict.OWN_PARTY}


def test_a_state_that_is_no_party_here_is_named_and_cannot_be_asked(
    library: Library, request_of_kenya: ResolveRequest
) -> None:
    request = replace(request_of_kenya, parties=request_of_kenya.parties[1:])
    assert verdicts(library, request, UNION) == [Verdict.NOT_A_MEMBER]
    message = answer(library, request, UNION)
    assert "EU" in text_of(message)
    assert files_of(message) == {}
    assert files_of(answer(library, request_of_kenya, UNION))


def test_the_reading_certificate_comes_with_its_certifications(
    library: Library, request_of_kenya: ResolveRequest, people: People, tmp_path_factory: pytest.TempPathFactory
) -> None:
    message = answer(library, request_of_kenya, UNION)
    (name,) = [name for name in files_of(message) if name.endswith(".asc")]
    octets = dearmor(files_of(message)[name], ArmorKind.PUBLIC_KEY)
    assert octets == people.union.certificate
    listed = gpg(people.union.home, "--with-colons", "--list-packets", stdin=octets).decode()
    assert people.administrator.fingerprint[-16:] in listed  # a certification by the administrator's key
    grouped = " ".join(people.union.fingerprint[start : start + 4] for start in range(0, 40, 4))
    assert f"Reading certificate {grouped}, attached as {name}" in text_of(message)


def test_a_party_without_a_certificate_is_named_and_said_to_be_unreachable(
    library: Library, request_of_kenya: ResolveRequest
) -> None:
    message = answer(library, request_of_kenya, PAKISTAN)
    assert "pk@gsp.test" in text_of(message)
    assert words_in("en").text(NO_CERTIFICATE) in text_of(message)
    assert list(files_of(message)) == ["uid-query-PK.xml"]


def test_the_query_needs_only_what_the_officer_alone_can_say(
    library: Library, request_of_kenya: ResolveRequest
) -> None:
    octets = files_of(answer(library, request_of_kenya, UNION, KENYA))["uid-query-EU.xml"]
    filled = filled_in(octets)
    assert filled.uids == (UNION,)
    values = {entry.path: entry.value for entry in flatten(filled)}
    assert values["library-version"] == str(library.version)
    assert len([path for path in values if path.startswith("items/item")]) == 10


def filled_in(octets: bytes) -> Form:
    """What an officer does with it: purpose and justification, nothing else."""
    root = parse(octets, limits=FORM_LIMITS)
    empty = {node.tag.rpartition("}")[2] for node in root.iter("{*}*") if len(node) == 0 and not node.text}
    assert empty == {"purpose", "justification"}
    found = {f"marking[{n}]/uid": node.text or "" for n, node in enumerate(root.iterfind("{*}marking/{*}uid"), 1)}
    assert all(decode_uid(text) for text in found.values())
    kept = [Entry(path, text) for path, text in found.items()]
    kept += [Entry(f"items/item[{n}]", node.text or "") for n, node in enumerate(root.iterfind("{*}items/{*}item"), 1)]
    for path in ("header/handling", "header/onward-transmission", "library-version"):
        node = root.find("/".join(f"{{*}}{step}" for step in path.split("/")))
        assert node is not None
        kept.append(Entry(path, node.text or ""))
    answers = [Entry("purpose", "detection"), Entry("justification", "Seized at Mombasa.")]
    return compose(core_shelf().pack("uid-query", "1"), "en", [*kept, *answers])


def test_a_uid_of_several_parties_goes_to_nobody_without_a_human(request_of_kenya: ResolveRequest) -> None:
    library = overlapping()
    assert verdicts(library, request_of_kenya, PAKISTAN) == [Verdict.SEVERAL_PARTIES]
    message = answer(library, request_of_kenya, PAKISTAN, UNION)
    assert {"uid-query-EU.xml", "uid-query-PK.xml"} <= set(files_of(message))
    assert text_of(message).count(words_in("en").text(DECIDE)) == 2
    assert words_in("en").text(DECIDE) not in text_of(answer(library, request_of_kenya, UNION))


def test_the_own_party_is_never_asked(request_of_kenya: ResolveRequest) -> None:
    request = replace(request_of_kenya, own_party="EU")
    found = look_up(overlapping(), (PAKISTAN, UNION), request)
    assert [one.party.code for one in parties_to_ask(found, request)] == ["PK"]


def test_gs_is_shown_and_what_may_be_misread_is_suggested(library: Library, request_of_kenya: ResolveRequest) -> None:
    text = text_of(answer(library, request_of_kenya, b"AB\x1dCD", b"KE24TO0012345674"))
    assert "AB␝CD" in text
    assert KENYA.decode() in text.partition("KE24TO0012345674")[2]  # never in its place, only after it


class TestEntity:
    def test_every_header_field_is_protected_and_ours(self, library: Library, request_of_kenya: ResolveRequest) -> None:
        message = answer(library, request_of_kenya, UNION)
        assert message.get_content_type() == "multipart/mixed"
        assert message["Content-Type"].params["hp"] == "cipher"
        assert message["From"] == "resolve@gsp.test"
        assert message["Subject"] == f"TEST {words_in('en').text(SUBJECT)}"
        live = answer(library, replace(request_of_kenya, pilot=False), UNION)
        assert live["Subject"] == words_in("en").text(SUBJECT)

    def test_the_size_does_not_tell_how_much_was_found(
        self, library: Library, request_of_kenya: ResolveRequest
    ) -> None:
        sizes = {
            len(answer_entity(look_up(library, uids, request_of_kenya), request_of_kenya, library.version))
            for uids in ((NOBODY,), (UNION,), (UNION, KENYA, NOBODY), tuple(b"UID%d" % n for n in range(5)))
        }
        assert sizes == {16384}

    def test_a_full_question_is_answered_whole(self, library: Library, request_of_kenya: ResolveRequest) -> None:
        uids = tuple(UNION.replace(b"7K2m9X", b"%06d" % number) for number in range(50))
        octets = files_of(answer(library, request_of_kenya, *uids))["uid-query-EU.xml"]
        assert filled_in(octets).uids == uids


class TestRequests:
    def test_a_request_survives_the_pipe(self, request_of_kenya: ResolveRequest) -> None:
        assert decode_request(encode_request(request_of_kenya)) == request_of_kenya

    @pytest.mark.parametrize("octets", [b"", b"[]", b"{}", b"\xff", b'{"now": 1}'])
    def test_anything_else_is_no_request(self, octets: bytes) -> None:
        with pytest.raises(RequestError):
            decode_request(octets)
