"""Every setting of the service: one frozen struct, read from the environment once, passed by argument.

What the law sets (standstill, minimum periods) is not a setting: it is dated data with a source.
"""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Meta

BARE_NAMES = ("DATABASE_URL", "DATABASE_POOLER")
"""The two variables that hosting platforms set by these names; all others carry the prefix."""

PREFIX = "TENDERSCORE_"


class SettingsError(Exception):
    """A setting cannot be used: which and why, and in a line of its own the command that mends it."""

    def __init__(self, fault: str, mend: str = "") -> None:
        super().__init__(f"{fault}\nto mend it: {mend}" if mend else fault)
        self.fault = fault
        self.mend = mend


def variable(field: str) -> str:
    """The environment variable of a field: `port` is read from TENDERSCORE_PORT."""
    name = field.upper()
    return name if name in BARE_NAMES else PREFIX + name


def xdg_data_folder() -> Path:
    """Where the desktop convention puts a program's data: $XDG_DATA_HOME or ~/.local/share."""
    # The convention says that a relative path in the variable must be ignored.
    given = Path(os.environ.get("XDG_DATA_HOME", ""))
    parent = given if given.is_absolute() else Path.home() / ".local" / "share"
    return parent / "tenderscore"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename=variable):
    """The settings in force. Each description gives the unit and names the reader."""

    database_url: Annotated[
        str | None,
        Meta(description="PostgreSQL to use, several hosts allowed; unset: the embedded server (db)"),
    ] = None
    database_pooler: Annotated[
        Literal["", "transaction"],
        Meta(description="`transaction` when DATABASE_URL is a pooler in transaction mode (db)"),
    ] = ""
    database_connections: Annotated[
        int, Meta(ge=1, le=500, description="most connections of one process to PostgreSQL (db)")
    ] = 10
    data: Annotated[
        Path,
        Meta(
            description="folder of the embedded server and of the first key (serve, local_postgres)",
            extra={"default": "$XDG_DATA_HOME/tenderscore"},
        ),
    ] = msgspec.field(default_factory=xdg_data_folder)
    secret_file: Annotated[
        Path | None,
        Meta(
            description="secrets that sign receipts and guard keys, needed with DATABASE_URL; "
            "unset: `service-secret` in the data folder (signing)"
        ),
    ] = None
    host: Annotated[str, Meta(min_length=1, description="address to listen on (serve)")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="TCP port, 0 for a free one (serve)")] = 8000
    public_url: Annotated[
        Annotated[str, Meta(pattern="^https?://[^/?#]+(/[^?#]*[^/?#])?$")] | None,
        Meta(description="address in links and problem types, no slash at the end; unset: host and port (app)"),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="least level that is logged (app)")
    ] = "info"
    pg_bin: Annotated[
        Path | None,
        Meta(description="folder with `postgres` and `initdb`, before any other (local_postgres)"),
    ] = None
    pg_user: Annotated[
        str | None,
        Meta(description="account that runs the embedded server when we are root (local_postgres)"),
    ] = None
    kms_command: Annotated[
        str,
        Meta(
            description="program and arguments that wrap tenders' keys instead of the secret file: called with "
            "`wrap` or `unwrap` and the tender's id, bytes on standard input and output (wrapping)"
        ),
    ] = ""
    outbound_hosts: Annotated[
        str,
        Meta(
            pattern=r"^([A-Za-z0-9._-]+(,[A-Za-z0-9._-]+)*)?$",
            description="names of hosts in the operator's own network, by commas, that may be reached although "
            "their addresses are private, by http too; all others by https and at public addresses only (outbound)",
        ),
    ] = ""
    tsa_url: Annotated[
        Annotated[str, Meta(pattern="^https?://")] | None,
        Meta(description="RFC 3161 authority that stamps checkpoints, with the extra `tsa` (timestamps)"),
    ] = None
    otlp_url: Annotated[
        Annotated[str, Meta(pattern="^https?://[^/?#]+(/[^?#]*[^/?#])?$")] | None,
        Meta(
            description="OpenTelemetry collector that traces are sent to, with the extra `otel`; unset: none (tracing)"
        ),
    ] = None
    ocid_prefix: Annotated[
        str,
        Meta(
            pattern="^ocds-[a-z0-9]{6}$",
            description="your prefix from the Open Contracting Partnership; unset: the standard's example (releases)",
        ),
    ] = "ocds-213czf"
    publisher: Annotated[str, Meta(min_length=1, description="who publishes open data (open_data)")] = "tenderscore"
    open_data_licence: Annotated[
        Annotated[str, Meta(pattern="^https?://")] | None,
        Meta(description="address of the licence of open data (open_data)"),
    ] = None
    max_bid_bytes: Annotated[int, Meta(ge=1_000, description="bytes, largest bid body (bids)")] = 1_000_000
    max_document_bytes: Annotated[
        int,
        Meta(
            ge=1_000,
            le=5_000_000_000,
            description="bytes, largest document attached to a bid, and file of evidence (documents, deliveries)",
        ),
    ] = 100_000_000
    max_supplier_document_bytes: Annotated[
        int, Meta(ge=1_000, description="bytes, all documents of one supplier for one lot together (documents)")
    ] = 5_000_000_000
    disk_reserve_bytes: Annotated[
        int,
        Meta(
            ge=0,
            description="bytes of free disk that are left to bids: below it no document is taken, where the disk is "
            "ours to look at (documents)",
        ),
    ] = 1_000_000_000
    document_store: Annotated[
        Annotated[str, Meta(pattern="^(s3://[^/?#]+(/[^?#]*)?|file:///[^?#]+)$")] | None,
        Meta(
            description="`s3://bucket/prefix`, with credentials from the usual AWS_ variables, or `file:///folder`; "
            "unset: documents lie in the database (document_store)"
        ),
    ] = None
    max_spend_bytes: Annotated[
        int,
        Meta(
            ge=1_000,
            description="bytes, largest file of payments, suppliers or places, or imported export (spend, imports)",
        ),
    ] = 2_000_000_000
    max_body_bytes: Annotated[int, Meta(ge=1_000, description="bytes, any other body (app)")] = 256_000
    requests_per_minute: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="requests of one key or token in a minute over all processes, bids and documents not counted; "
            "0 for any number (quotas)",
        ),
    ] = 6000
    report_workers: Annotated[
        int, Meta(ge=0, le=64, description="processes that render reports, 0 for none here (reports)")
    ] = 1
    report_seal_file: Annotated[
        Path | None,
        Meta(
            description="PKCS#12 file with the key that seals reports, papers and records, with the extra `sign`; "
            "unset: no seal (seals)"
        ),
    ] = None
    report_seal_password_file: Annotated[Path | None, Meta(description="file with that key's password (seals)")] = None
    sample_seconds: Annotated[
        int,
        Meta(ge=0, le=300, description="seconds between two health samples of a serving process, 0 for none (samples)"),
    ] = 10
    drain_seconds: Annotated[
        int,
        Meta(
            ge=0,
            le=600,
            description="seconds that a process told to stop still answers everybody while `/health/ready` sends the "
            "balancer elsewhere, more than its interval and 5; 0 stops at once (serve)",
        ),
    ] = 0
    shutdown_seconds: Annotated[
        int, Meta(ge=1, le=600, description="seconds for requests in flight when told to stop (serve)")
    ] = 10

    @classmethod
    def table(cls) -> list[tuple[str, str, str]]:
        """Variable, default and meaning of every setting, in order: the README's table."""
        rows: list[tuple[str, str, str]] = []
        hints = get_type_hints(cls, include_extras=True)
        for field in msgspec.structs.fields(cls):
            (meta,) = (item for item in hints[field.name].__metadata__ if isinstance(item, Meta))
            default = (meta.extra or {}).get("default", field.default)
            rows.append((field.encode_name, "" if default is None else str(default), meta.description or ""))
        return rows

    def in_force(self) -> list[tuple[str, str]]:
        """Variable and value of every setting, passwords masked: of a command only the program's name is told."""
        values = msgspec.structs.asdict(self)
        if self.database_url is not None:
            values["database_url"] = masked(self.database_url)
        for name in ("otlp_url", "tsa_url"):
            if values[name] is not None:
                values[name] = without_login(values[name])
        program, *arguments = shlex.split(self.kms_command) or [""]
        values["kms_command"] = f"{program} ***" if arguments else program
        return [(variable(name), "" if value is None else str(value)) for name, value in values.items()]


def masked(url: str) -> str:
    """The address without its password, for logs and `doctor`."""
    parts = urlsplit(url)
    user, at, hosts = parts.netloc.rpartition("@")
    shown = f"{user.partition(':')[0]}:***{at}{hosts}" if ":" in user else parts.netloc
    query = "&".join("password=***" if item.startswith("password=") else item for item in parts.query.split("&"))
    return urlunsplit(parts._replace(netloc=shown, query=query))


def without_login(url: str) -> str:
    """An address of a service without who signs in there and without its parameters, of which any may be a token."""
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"***@{host}" if login else host, query="***" if parts.query else ""))


def _decode(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value).expanduser().absolute()
    raise TypeError(f"no setting is of the type {kind}")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings that the environment asks for; an empty variable counts as not set.

    Raises SettingsError for a value outside its range and for a variable with our prefix that
    is no setting, because a misspelt limit must not be a limit that silently is not there.
    """
    ours = {name: value for name, value in environ.items() if value and (name in BARE_NAMES or name.startswith(PREFIX))}
    try:
        return msgspec.convert(ours, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise SettingsError(str(error)) from None
