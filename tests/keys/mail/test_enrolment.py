"""Enrolment by mail: invited, challenged, proved, approved; and what is refused on the way."""

from .world import Account, World, attached, challenge_in, text_of


def test_an_officer_enrols_and_may_then_write(world: World) -> None:
    password, code = world.invite("wanja@customs.ke.test", "--party", "KE")
    person = world.person("wanja@customs.ke.test")
    wanja = Account(person, password)
    assert world.send(wanja, b"", recipient="query@gsp.test").startswith("550 5.7.1 this account may only write")
    queue_id = world.ask(wanja, world.request("enrol", Code=code), person.armored)
    enrolment, challenge = challenge_in(world.text(person, queue_id))
    own = "my own password"
    queue_id = world.ask(wanja, world.request("prove", Enrolment=enrolment, Challenge=challenge, Password=own))
    wanja.password = own
    assert person.fingerprint in world.text(person, queue_id).replace(" ", "")
    asked = world.notice(world.accounts["ana"].person, queue_id)
    assert person.fingerprint in text_of(asked).replace(" ", "")
    assert "wanja@customs.ke.test" in text_of(asked)
    assert attached(asked)
    text = world.request("approve", Enrolment=enrolment, Fingerprint=person.fingerprint)
    queue_id = world.ask(world.accounts["ana"], text)
    assert "admitted" in world.text(person, queue_id)
    assert "carried out" in world.text(world.accounts["ana"].person, queue_id)
    assert world.send(wanja, b"", recipient="query@gsp.test").startswith("550 5.6.0")
