"""The campaign of full disks in a short form, and that it would notice what it is there to notice."""

import pytest

from tests.soak.disk import NO_ROOT, Progress, Volume, can_mount, one_fill
from tests.soak.receipts import Count

needs_a_volume = pytest.mark.skipif(not can_mount(), reason=NO_ROOT)


@needs_a_volume
async def test_a_full_disk_loses_nothing_and_needs_no_hands_afterwards():
    """PostgreSQL panics and cannot recover while the volume is full; suppliers read 503 and 507 until there is room."""
    progress = Progress(code="")
    await one_fill(progress, megabytes=128, suppliers=4, seconds=4, seed=0, provoked=True)
    assert progress.deaths > 0
    assert progress.faults() == []


@needs_a_volume
def test_a_volume_is_full_to_the_last_byte_and_gone_afterwards():
    with Volume(2) as volume:
        volume.fill()
        with (volume.path / "one more byte").open("wb", buffering=0) as file, pytest.raises(OSError, match="space"):
            file.write(b"\0")
        volume.free()
        (volume.path / "room again").write_bytes(b"\0" * 1_000_000)
    assert not volume.path.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        Progress(code="", count=Count(lost=1)),
        Progress(code="", refused={"500 internal-error": 1}),
        Progress(code="", refused={"503 not a problem": 1}),
        Progress(code="", read={"200": 9, "500 internal-error": 1}),
        Progress(code="", silent=1),
        Progress(code="", late=1),
        Progress(code="", never_full=1),
        Progress(code="", died=1),
        Progress(code="", fills=2, refused={"503 unavailable": 9}),
        Progress(code="", control={"fills": 5, "found": 0}),
    ],
    ids=str,
)
def test_whatever_must_not_be_fails_the_campaign(wrong: Progress):
    assert wrong.faults()


def test_refusals_that_say_try_again_are_what_a_full_disk_is_answered_with():
    right = Progress(code="", fills=2, refused={"503 unavailable": 9, "507 storage-full": 9}, read={"200": 1})
    assert right.faults() == []
