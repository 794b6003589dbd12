"""What the operator watches at a deadline: `/metrics` for Prometheus, with a key of the scope `platform`.

Two sorts. What one process counts (requests, bids by outcome, refusals by reason, how long a commit takes and how long
one waits for a connection) is scraped from each process and added up by Prometheus. What the database knows of the
whole platform (deadlines, lots by state, jobs, serving processes, standbys) is asked for at each scrape; every process
tells the same. No label names a tender, a person or a key.
"""

from collections.abc import Iterable, Iterator
from typing import Any, cast

import asyncpg
from litestar import Response, Router, get
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.openmetrics import exposition

from service import db
from service.organisations import Caller

SQL = db.queries("metrics")

FACTS: dict[str, tuple[str, str]] = {
    "next_deadline_seconds": ("Seconds to the next five instants at which published lots close.", "place"),
    "deadlines": ("Instants at which lots close within the next hour, day or week.", "within"),
    "lots": ("Published lots: open for bids, closed and to be opened, opened, cancelled.", "state"),
    "unopened_seconds": ("The longest that a lot is closed and not opened.", ""),
    "openings_begun": ("Lots whose opening one officer has asked for, and that wait for another.", ""),
    "jobs_waiting": ("Queued jobs, by what they do.", "duty"),
    "jobs_under_way": ("Jobs that a worker has taken, by what they do.", "duty"),
    "oldest_job_seconds": ("The longest that a job has been in the queue.", ""),
    "relay_behind_entries": ("Entries of all logs that the feed and webhooks have not been told of yet.", ""),
    "jobs_given_up": ("Jobs that were given up and not begun anew.", ""),
    "serving_processes": ("Processes whose last health sample is recent.", ""),
    "bids_waiting_everywhere": ("Bids that wait to be stored, of all processes, by their last samples.", ""),
    "clock_offset_seconds": ("The most by which a process's clock differs from the database's.", ""),
    "standbys": ("Standbys that follow the database.", ""),
    "standby_lag_bytes": ("How much of the log the slowest standby has not replayed.", ""),
    "standby_lag_seconds": ("How long the slowest standby takes to replay.", ""),
    "slot_retained_bytes": ("What the server keeps of its log for a standby or an archive that has stopped.", "slot"),
    "slot_active": ("Whether somebody reads the slot.", "slot"),
    "database_bytes": ("Size of the database.", ""),
    "database_connections": ("Connections of everybody to the server.", ""),
    "database_connections_most": ("The most that the server takes.", ""),
}
"""What the database is asked for, without the prefix: meaning, and the label's name if there is one."""

PREFIX = "tenderscore_"


def gauges(rows: Iterable[Any]) -> Iterator[Metric]:
    """The facts as gauges; a row without a value is not told."""
    found: dict[str, GaugeMetricFamily] = {}
    for row in rows:
        meaning, label = FACTS[row["name"]]
        family = found.setdefault(
            row["name"], GaugeMetricFamily(PREFIX + row["name"], meaning, labels=[label] if label else [])
        )
        if row["value"] is not None:
            family.add_metric([row["label"]] if label else [], float(row["value"]))
    yield from found.values()


def pool_gauges(pool: asyncpg.Pool) -> Iterator[Metric]:
    """How many of this process's connections are lent out, and how many lie idle."""
    family = GaugeMetricFamily(
        f"{PREFIX}pool_connections", "This process's connections, lent out or idle.", labels=["state"]
    )
    idle = pool.get_idle_size()
    family.add_metric(["lent"], pool.get_size() - idle)
    family.add_metric(["idle"], idle)
    yield family


class _Scrape(CollectorRegistry):
    """One scrape: what this process has counted, and what was asked for."""

    def __init__(self, asked: list[Metric]) -> None:
        super().__init__()
        self._asked = asked

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()
        yield from self._asked


def operator_only(connection: ASGIConnection[Any, Caller, Any, Any], _: BaseRouteHandler) -> None:
    """Refuse whoever does not run the platform."""
    connection.user.require("platform")


@get("/metrics", include_in_schema=False, guards=[operator_only])
async def get_metrics(state: State) -> Response[bytes]:
    """Tell Prometheus what the process has counted and what the database knows of all of them."""
    async with db.transaction(state.pool) as conn:
        facts = [*gauges([row async for row in SQL.read_facts(conn)])]
    text: bytes = cast("Any", exposition).generate_latest(_Scrape([*facts, *pool_gauges(state.pool)]))
    return Response(text, headers={"Content-Type": exposition.CONTENT_TYPE_LATEST})


router = Router(path="/", route_handlers=[get_metrics], tags=["Reference"])
