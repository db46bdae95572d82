"""A real pilot gateway for the benchmark, with several officers a Party; built on the demonstration's set-up."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway.demo.people import DemoParty, export, make_keys, stop_agents
from gateway.demo.running import RunningGateway, free_ports, gsp
from gateway.demo.world import DOMAIN, DemoWorld
from gateway.settings import Settings, load_settings

# Other than as shipped, so that 50 sessions from one machine and thousands of mails of six officers are let in.
RAISED_LIMITS = {"mails_per_minute": 1_000_000, "sessions_per_address": 100}
_OFFICERS_A_PARTY = 2  # six officers with at most ten sessions each


@dataclass(slots=True)
class BenchWorld:
    """The running gateway, its Parties and all officers. Call `stop` in the end."""

    demo: DemoWorld
    officers: list[DemoParty] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        """The gateway's configuration."""
        return load_settings(self.demo.config)

    def stop(self) -> None:
        """Stop everything that was started."""
        if self.demo.gateway is not None:
            self.demo.gateway.stop()
        stop_agents(self.officers)


def make_world(folder: Path, tell: Callable[[str], None]) -> BenchWorld:
    """Set up gateway, Parties and officers below `folder`, and start the gateway with the raised limits."""
    demo = DemoWorld(folder, free_ports(), lambda _line: None)
    world = BenchWorld(demo)
    tell("making a pilot gateway, three Parties, six officers and their GnuPG keys")
    try:
        demo.set_up()
        world.officers = list(demo.parties.values())
        for party in demo.parties.values():
            for number in range(1, _OFFICERS_A_PARTY):
                world.officers.append(_admit_another(demo, party, number))
        if demo.gateway is not None:
            demo.gateway.stop()
        _raise_limits(demo.config)
        demo.gateway = RunningGateway(demo.config)
        demo.gateway.start()
    except BaseException:
        world.stop()
        raise
    return world


def _admit_another(demo: DemoWorld, party: DemoParty, number: int) -> DemoParty:
    home = demo.folder / f"{party.code.lower()}{number}"
    officer = replace(party, officer_name=f"{party.officer_name}{number}", home=home)
    officer.home.mkdir(mode=0o700)
    make_keys(officer, DOMAIN)
    certificate = export(officer, officer.officer_fingerprint, officer.home / "officer.asc")
    admitted = gsp(
        *("officers", "admit", officer.officer, "--party", party.code, "--certificate", str(certificate)),
        *("--role", "query", "--language", party.language),
        config=demo.config,
    )
    officer.password = admitted.rpartition("password")[2].strip()
    return officer


def _raise_limits(config: Path) -> None:
    lines = "".join(f"{key} = {value}\n" for key, value in RAISED_LIMITS.items())
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("[submission]\n", f"[submission]\n{lines}", 1), encoding="utf-8")
