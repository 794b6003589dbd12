"""The drill in a short form, and that it would notice what it is there to notice."""

from pathlib import Path
from random import Random

import pytest

from tests.soak.backup import corrupt
from tests.soak.receipts import Count
from tests.soak.restore import Progress, drill


async def test_a_lost_machine_comes_back_from_backup_and_archive():
    """Sixty bids of four suppliers: every receipt, every root, every repeated request, and the opened contents."""
    progress = Progress(code="")
    await drill(progress, 60, suppliers=4)
    assert progress.count.acknowledged >= 60
    assert progress.count.proofs == progress.count.acknowledged
    assert progress.roots == 4
    assert progress.replayed > 0
    assert progress.faults() == []


def test_what_is_corrupted_for_a_control_is_one_bit(tmp_path: Path):
    file = tmp_path / "page"
    file.write_bytes(b"\0" * 100 + b"bids" + b"\0" * 100)
    at = corrupt(file, Random(3))
    now, before = file.read_bytes(), b"\0" * 100 + b"bids" + b"\0" * 100
    assert [place for place in range(204) if now[place] != before[place]] == [at]
    assert (now[at] ^ before[at]).bit_count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        Progress(code="", count=Count(lost=1)),
        Progress(code="", count=Count(false_proofs=1)),
        Progress(code="", false_roots=1),
        Progress(code="", replayed_otherwise=1),
        Progress(code="", late=1),
        Progress(code="", controls={"bit in backup": ""}),
    ],
    ids=str,
)
def test_whatever_must_not_be_fails_the_campaign(wrong: Progress):
    assert wrong.faults()


def test_what_the_archive_had_not_yet_is_told_and_no_fault():
    assert Progress(code="", lost_after_archive=3, controls={"bit in backup": "mismatch"}).faults() == []
