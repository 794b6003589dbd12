"""What the benchmarks say about load is what was measured."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from service import db
from service.results import Asked, find_digests
from tests.bench import market, ocds, reads
from tests.bench.load import Invalid, as_measured, cpu_seconds, percentile


def corrected(counts: Counter[int], interval: int) -> Counter[int]:
    """What wrk 4 makes of its latencies: its stats_correct, line by line."""
    found = Counter(counts)
    for value in range(2 * interval, max(counts) + 1):
        count, other = found[value], value - interval
        while count and other > interval:
            found[other] += count
            other -= interval
    return found


@pytest.mark.parametrize("seed", range(20))
def test_the_latencies_that_wrk_adds_are_taken_out_again(seed: int):
    chance = random.Random(seed)
    measured = Counter(min(int(chance.expovariate(0.002)) + 1, 20_000) for _ in range(500))
    connections, requests = 8, 500
    micros = requests // connections * chance.randrange(100, 900)
    told = corrected(measured, micros // (requests // connections))
    assert as_measured(told, connections, requests, micros) == measured


def test_latencies_of_another_tool_than_wrk_are_refused():
    with pytest.raises(Invalid):
        as_measured({100: 5, 5_000: 1}, 2, 5, 1_000)


@pytest.mark.parametrize(("percent", "value"), [(1, 10), (50, 20), (51, 30), (75, 30), (76, 40), (99, 40), (100, 40)])
def test_so_many_percent_do_not_exceed_a_percentile(percent: int, value: int):
    assert percentile([10, 20, 30, 40], percent) == value


def test_a_process_is_charged_for_its_children_alive_and_reaped():
    spin = "import time\nwhile time.process_time() < 0.3: pass"
    before = cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", spin], check=True)
    assert cpu_seconds(os.getpid()) - before >= 0.27
    with subprocess.Popen([sys.executable, "-c", f"{spin}\ninput()"], stdin=subprocess.PIPE) as child:
        while cpu_seconds(child.pid) < 0.27:
            assert child.poll() is None
        assert cpu_seconds(os.getpid()) - before >= 0.54


async def test_what_the_reads_are_measured_on_is_what_the_database_takes(dsn: str):
    """A market that a migration had outgrown stopped the measurement; one without an opened lot passes by the door."""
    stored = reads.results()
    assert len(await reads.fill(dsn, stored, tenders=3)) == 3
    key_id = market.key_of(reads.FIRST_READER).split("_")[2]
    asked = [Asked(key_id, str(result_id)) for result_id in stored.ids.values()]
    async with await db.open_pool(dsn, connections=1) as pool, pool.acquire() as conn:
        assert (await find_digests(conn, asked)).keys() == set(asked)


async def test_both_sides_send_the_releases_of_a_year(dsn: str, tmp_path: Path):
    """Two measurements that called what had changed ended before they had measured anything."""
    await ocds.fill(dsn, {3: 2001})
    await ocds.by_ours(dsn, 2001, tmp_path / "ours")
    await ocds.by_list(dsn, 2001, tmp_path / "list")
    sent = [json.loads(line) for line in (tmp_path / "ours").read_text().splitlines()]
    assert sent == json.loads((tmp_path / "list").read_text())["releases"]
    assert [release["tender"]["id"] for release in sent] == ["1", "2", "3"]
