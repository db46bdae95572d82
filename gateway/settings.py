"""The configuration: one TOML file, typed and validated. docs/configuration.md is generated from the fields here."""

import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from keyring_admin.addresses import AddressError, canonical_domain

Port = Annotated[int, Field(ge=1, le=65535)]
Fingerprint = Annotated[str, Field(pattern="^([0-9A-F]{40}|[0-9A-F]{64})$")]


class SettingsError(ValueError):
    """The configuration is not usable. Every line names the file, the key and the value expected."""


def _loopback_or_address(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        raise ValueError("expected an IP address such as 127.0.0.1 or ::") from None
    return value


Address = Annotated[str, AfterValidator(_loopback_or_address)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Gateway(_Section):
    """Who this gateway is."""

    domain: str = Field(description="Mail domain of the gateway; the Parties' addresses are `<party>@` this domain.")
    fingerprint: str = Field(
        pattern="^[0-9A-F]{40}$",
        description="Full fingerprint of the gateway's certificate. Compare it with the printed list.",
    )
    pilot: bool = Field(
        default=False, description="A pilot deployment: marked TEST on everything people see, left out of statistics."
    )
    rotate_key: bool = Field(
        default=True,
        description="`gsp serve` makes a new encryption subkey each month and destroys the secrets whose overlap is "
        "over. Of several machines, one does it; the others get its `gnupg` folder.",
    )
    special_use_domains: bool = Field(
        default=False, description="Admit domains under `.test` (RFC 6761); set in a pilot."
    )


class Database(_Section):
    """Where all state is kept."""

    url: str = Field(
        default="sqlite:///gateway.db",
        description="SQLAlchemy URL. A relative SQLite path is relative to the folder of this file. "
        "`postgresql+psycopg://…` needs the extra `postgresql`.",
    )


class Submission(_Section):
    """The submission edge (RFC 6409, RFC 8314)."""

    host: Address = Field(default="127.0.0.1", description="Address the edge listens on.")
    starttls_port: Port = Field(default=10587, description="Port with STARTTLS; 587 in production.")
    tls_port: Port = Field(default=10465, description="Port with implicit TLS; 465 in production.")
    certificate: Path = Field(default=Path("tls/certificate.pem"), description="TLS certificate chain, PEM.")
    key: Path = Field(default=Path("tls/key.pem"), description="TLS private key, PEM, mode 0600.")
    size_limit: int = Field(
        default=25 * 1024 * 1024, ge=64 * 1024, le=50 * 1024 * 1024, description="Largest mail, in octets."
    )
    sessions: int = Field(default=200, ge=1, description="Sessions at the same time, from everywhere.")
    sessions_per_address: int = Field(default=20, ge=1, description="Sessions at the same time from one IP address.")
    mails_per_minute: int = Field(default=60, ge=1, description="Mails one officer may send in a minute.")


class Openers(_Section):
    """The resource-limited workers that open routing slips."""

    processes: int = Field(default=2, ge=1, le=64, description="Workers kept ready.")
    timeout_seconds: float = Field(default=10, gt=0, le=120, description="Time one mail may take.")
    memory_mebibytes: int = Field(default=512, ge=192, description="Address space of a worker.")


class Policy(_Section):
    """What the rules allow."""

    slip_days: int = Field(default=7, ge=1, le=30, description="Longest life of a routing slip, in days.")
    clock_tolerance_minutes: int = Field(
        default=15, ge=1, le=120, description="How far a sender's clock may be ahead of the gateway's."
    )
    refuse_readable_subject: bool = Field(
        default=False, description="Refuse mails whose Subject can be read on the way; else it is dropped silently."
    )


class Resolve(_Section):
    """`resolve@`: whose UID is this? The gateway can read the UIDs asked there, in memory, to answer."""

    enabled: bool = Field(
        default=False,
        description="Serve `resolve@`. Counted in statistics and named on every screen. The openers then load the "
        "pattern library, too: 10,000 patterns (5 s, 140 MiB) fit into their default limits.",
    )
    questions_per_hour: int = Field(
        default=20,
        ge=1,
        le=1000,
        description="Mails one officer may send to `resolve@` in an hour, each with up to 50 UIDs. Counted in the "
        "memory of the edge: a restart forgets, and each of several edges counts for itself.",
    )


class Forms(_Section):
    """`forms@`: the signed pattern library by mail. The gateway opens nothing that is sent there."""

    enabled: bool = Field(
        default=True, description="Serve `forms@`, if there is a signed library to send (`library.release_keys`)."
    )
    requests_per_hour: int = Field(
        default=5,
        ge=1,
        le=1000,
        description="Mails one officer may send to `forms@` in an hour; counted as those to `resolve@` are.",
    )


class Keys(_Section):
    """`keys@`: enrolment, renewal, revocation and passwords by mail."""

    requests_per_hour: int = Field(
        default=30,
        ge=1,
        le=1000,
        description="Mails one officer may send to `keys@` in an hour; counted as those to `resolve@` are.",
    )


class Library(_Section):
    """The pattern library in force."""

    file: Path = Field(default=Path("library.toml"), description="The library, as the Secretariat published it.")
    release_keys: tuple[Fingerprint, ...] = Field(
        default=(),
        description="Full fingerprints of the release keys; two of them must have signed the library. None: an "
        "unsigned library is used, for development only.",
    )
    release_certificates: Path = Field(
        default=Path("release-keys.asc"), description="Certificates of the release keys, armored or binary."
    )
    secretariat: Path = Field(
        default=Path("library-secretariat.asc"),
        description="Certificates of the people at the Secretariat who may approve a library; the file may be absent.",
    )
    valid_days: int = Field(default=365, ge=7, le=1100, description="How long a new version may be used, in days.")
    public: Path = Field(
        default=Path("public"), description="Folder that `gsp library publish` fills and the HTTP server serves."
    )


class Http(_Section):
    """The HTTP server for the signed library."""

    enabled: bool = Field(default=False, description="`gsp serve` also runs the HTTP server.")
    host: Address = Field(default="127.0.0.1", description="Address the HTTP server listens on.")
    port: Port = Field(default=10443, description="Its port; 443 in production.")
    certificate: Path | None = Field(
        default=None, description="TLS certificate chain, PEM; without, plain HTTP for a proxy that adds TLS."
    )
    key: Path | None = Field(default=None, description="TLS private key, PEM, mode 0600.")
    connections: int = Field(default=64, ge=1, le=1024, description="Connections at the same time.")


class Directory(_Section):
    """People and their keys."""

    quarantine_days: int = Field(
        default=90, ge=1, description="The address of an officer who left cannot be given to another for so long."
    )
    overlap_days: int = Field(
        default=14, ge=0, le=90, description="How long a replaced certificate of an officer is still accepted, in days."
    )
    rotation_days: int = Field(
        default=14, ge=1, description="After an officer left, the Party replaces its reading certificate within these."
    )
    proposal_days: int = Field(default=30, ge=1, le=365, description="Time for people to sign a proposal.")


class Mailboxes(_Section):
    """The mailbox server."""

    embedded: bool = Field(
        default=True,
        description="Run the distribution's Dovecot as a child of `gsp serve`. false: an existing Dovecot is used; "
        "`gsp mailboxes configuration` prints what it needs.",
    )
    imap_host: Address = Field(default="127.0.0.1", description="Address the embedded IMAP server listens on.")
    imap_port: Port = Field(default=10993, description="IMAP port with implicit TLS; 993 in production.")
    lmtp: str = Field(
        default="run/dovecot/lmtp",
        description="Where mail is delivered: path of a UNIX socket, or `host:port` of an LMTP server.",
    )


class Delivery(_Section):
    """Retries of the delivery program."""

    first_retry_seconds: float = Field(default=5, gt=0, description="Wait after the first failure; then doubled.")
    longest_retry_seconds: float = Field(default=3600, gt=0, description="Longest wait between two attempts.")
    delay_notice_hours: float = Field(
        default=4, gt=0, description="Then the sender of a mail that still waits gets one notice of the delay."
    )
    give_up_hours: float = Field(default=48, gt=0, description="Then the sender gets one final notice.")
    lease_seconds: float = Field(default=120, gt=0, description="A delivery not finished by then is tried again.")
    connections: int = Field(default=4, ge=1, le=64, description="Deliveries at the same time, one a mailbox.")


class Service(_Section):
    """The processes."""

    account: str = Field(
        default="", description="Account to change to when started by root; empty: refuse to run as root."
    )


class Settings(_Section):
    """The whole file. `folder` is where it lies; every relative path starts there."""

    folder: Path = Field(exclude=True)
    gateway: Gateway
    database: Database = Database()
    submission: Submission = Submission()
    openers: Openers = Openers()
    policy: Policy = Policy()
    resolve: Resolve = Resolve()
    forms: Forms = Forms()
    keys: Keys = Keys()
    library: Library = Library()
    http: Http = Http()
    directory: Directory = Directory()
    mailboxes: Mailboxes = Mailboxes()
    delivery: Delivery = Delivery()
    service: Service = Service()

    def path(self, relative: Path | str) -> Path:
        """A path of the configuration, made absolute."""
        return (self.folder / relative).absolute()

    @property
    def database_url(self) -> str:
        """The database URL with an absolute path."""
        prefix = "sqlite:///"
        if self.database.url.startswith(prefix):
            return prefix + str(self.path(self.database.url.removeprefix(prefix)))
        return self.database.url

    @property
    def gnupg_home(self) -> Path:
        """The GnuPG home with the gateway's secret keys."""
        return self.path("gnupg")

    @property
    def run_folder(self) -> Path:
        """Sockets and process files; may be emptied while nothing runs."""
        return self.path("run")


def load_settings(file: Path) -> Settings:
    """Read and check the configuration. Raises SettingsError naming file, key and expected value."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SettingsError(f"{file}: cannot be read ({reason}); `gsp init` writes one") from None
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: not valid TOML: {error}") from None
    try:
        settings = Settings(**{**values, "folder": file.absolute().parent})
        canonical_domain(settings.gateway.domain, special_use_domains=settings.gateway.special_use_domains)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(file, item) for item in error.errors())) from None
    except AddressError:
        raise SettingsError(
            f"{file}: gateway.domain: expected a mail domain such as gsp.example.org "
            "(special-use domains need gateway.special_use_domains = true)"
        ) from None
    return settings


def _explain(file: Path, item: Any) -> str:
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"{file}: {key}: unknown key; `gsp config reference` lists all keys"
    if item["type"] == "missing":
        return f"{file}: {key}: missing; `gsp config reference` tells what it is for"
    message = item["msg"].removeprefix("Value error, ")
    return f"{file}: {key}: {message[0].lower()}{message[1:]} (found {item['input']!r})"
