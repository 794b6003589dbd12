"""The peer's tables: who calls and what is published are the service's own, bids and their log are in `peer`."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, DateTime, ForeignKey, LargeBinary, MetaData, UniqueConstraint, func
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.schema import CreateTable

SCHEMA = "peer"


class Base(DeclarativeBase):
    """Every table."""

    metadata = MetaData()
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB}


class Organisation(Base):
    """A buyer or a supplier."""

    __tablename__ = "organisations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]


class Person(Base):
    """A person of an organisation."""

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id))
    name: Mapped[str]
    organisation: Mapped[Organisation] = relationship(lazy="raise")


class ApiKey(Base):
    """A person's key, its secret as a digest."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    secret_digest: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship(lazy="raise")


class Tender(Base):
    """A buyer's competition."""

    __tablename__ = "tenders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    submission_deadline: Mapped[datetime | None]
    published_at: Mapped[datetime | None]


class Lot(Base):
    """A part of a tender, with its rules."""

    __tablename__ = "lots"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tender_id: Mapped[UUID] = mapped_column(ForeignKey(Tender.id))
    number: Mapped[int]
    rules: Mapped[dict[str, Any]]
    rules_digest: Mapped[str | None]
    tender: Mapped[Tender] = relationship(lazy="raise")


class Bid(Base):
    """A supplier's bid for a lot."""

    __tablename__ = "bids"
    __table_args__ = (UniqueConstraint("lot_id", "supplier_id"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey(Lot.id))
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id))
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    version: Mapped[int] = mapped_column(default=1)
    values: Mapped[dict[str, Any]]
    digest: Mapped[str]
    size: Mapped[int]
    rules_digest: Mapped[str]
    submitted_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class IdempotencyKey(Base):
    """What a client's key stands for."""

    __tablename__ = "idempotency_keys"
    __table_args__ = ({"schema": SCHEMA},)

    supplier_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id), primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    bid_id: Mapped[UUID] = mapped_column(ForeignKey(Bid.id))
    bid: Mapped[Bid] = relationship(lazy="raise")


class LogHead(Base):
    """The end of a tender's hash chain."""

    __tablename__ = "log_heads"
    __table_args__ = ({"schema": SCHEMA},)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey(Tender.id), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    hash: Mapped[bytes] = mapped_column(LargeBinary, default=b"")


class LogEntry(Base):
    """One link of the chain."""

    __tablename__ = "log_entries"
    __table_args__ = ({"schema": SCHEMA},)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey(LogHead.tender_id), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    hash: Mapped[bytes] = mapped_column(LargeBinary)


OWN = (Bid.__table__, IdempotencyKey.__table__, LogHead.__table__, LogEntry.__table__)


def create() -> list[str]:
    """The statements that make the peer's own tables."""
    dialect = postgresql.dialect()
    return [str(CreateTable(table).compile(dialect=dialect)) for table in OWN]


FILL = f"INSERT INTO {SCHEMA}.log_heads (tender_id, size, hash) SELECT id, 0, '' FROM tenders"

EMPTY = (
    f"TRUNCATE {SCHEMA}.bids, {SCHEMA}.idempotency_keys, {SCHEMA}.log_entries",
    f"UPDATE {SCHEMA}.log_heads SET size = 0, hash = '' WHERE size <> 0",
    f"VACUUM {SCHEMA}.log_heads",
)
"""Back to a market without bids, a statement each."""
