"""docker/compose.yaml and docker/Dockerfile claim a confined container: what they claim, read; a slow test tries it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.settings import Mailboxes, Submission

from .image import BASE, instructions

FOLDER = Path(__file__).parents[2] / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = instructions(FOLDER / "Dockerfile")


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    user, _, group = service["user"].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert service["ulimits"]["core"] == 0
    assert all("mode=1777,nosuid,nodev,noexec,size=" in mount for mount in service["tmpfs"])


def test_the_gateway_writes_to_one_volume_and_to_memory() -> None:
    gateway = SERVICES["gateway"]
    assert gateway["volumes"] == ["deployment:/srv/gsp"]
    assert {mount.partition(":")[0] for mount in gateway["tmpfs"]} == {"/tmp", "/run"}
    assert set(COMPOSE["volumes"]) == {"deployment", "database"}


def test_what_is_published_is_what_the_gateway_listens_on() -> None:
    inside = {int(port.partition(":")[2]) for port in SERVICES["gateway"]["ports"]}
    submission = Submission.model_fields
    assert inside == {
        submission["tls_port"].default,
        submission["starttls_port"].default,
        Mailboxes.model_fields["imap_port"].default,
    }
    assert {int(word) for name, words, _ in DOCKERFILE if name == "EXPOSE" for word in words} == inside


def test_postgresql_is_there_only_when_asked_for() -> None:
    assert SERVICES["postgresql"]["profiles"] == ["postgresql"]
    assert SERVICES["gateway"]["depends_on"]["postgresql"]["required"] is False
    assert "POSTGRES_PASSWORD" not in SERVICES["postgresql"]["environment"]
    assert "profiles" not in SERVICES["gateway"]


def test_the_image_runs_as_the_account_that_compose_names() -> None:
    users = [words[0] for name, words, _ in DOCKERFILE if name == "USER"]
    assert users == [SERVICES["gateway"]["user"]]
    assert [words for name, words, _ in DOCKERFILE if name == "VOLUME"] == [["/srv/gsp"]]
    assert DOCKERFILE[-1][0] == "CMD"
    assert json.loads(DOCKERFILE[-1][2]) == SERVICES["gateway"]["command"] == ["serve"]


def test_every_step_is_one_of_the_script_that_a_test_runs() -> None:
    steps = [text for name, _, text in DOCKERFILE if name == "RUN"]
    assert len(steps) == 3
    assert all(re.fullmatch(r"/[\w/-]+/build-steps [a-z]+( /[\w/.-]+)*", step) for step in steps)
    assert {words[0] for name, words, _ in DOCKERFILE if name == "FROM"} == {BASE}


def test_the_two_lock_files_agree() -> None:
    def pins(name: str) -> dict[str, str]:
        text = (FOLDER.parent / name).read_text(encoding="utf-8")
        return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))

    everything, service = pins("requirements.lock"), pins("requirements-service.lock")
    assert {name: everything[name] for name in service} == service
    assert {"sqlalchemy", "psycopg", "setuptools"} <= service.keys()
    assert not {"pytest", "ruff", "selenium"} & service.keys()
