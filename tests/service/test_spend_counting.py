"""DuckDB counts within its limits and reaches nothing but its own files."""

from pathlib import Path

import duckdb
import msgspec
import pytest

from service.spend_analysis import NewAnalysis
from service.spend_counting import JUDGED, WHY, Work, count
from service.spend_import import MEMORY, engine
from tests.make_spend import Desk, payments
from tests.service.test_spend_analysis import PLAIN


def test_the_engine_reads_its_folder_and_nothing_else(tmp_path: Path) -> None:
    """Were a statement ever built from input, it could read no file of the machine and load no extension."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.csv").write_text("a\n1\n")
    (tmp_path / "other.csv").write_text("a\n1\n")
    with engine(tmp_path / "mine") as con:
        assert con.execute("SELECT * FROM read_csv(?)", [str(tmp_path / "mine" / "a.csv")]).fetchall() == [(1,)]
        for statement in (
            f"SELECT * FROM read_csv('{tmp_path / 'other.csv'}')",
            "SELECT * FROM read_text('/etc/passwd')",
            f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
            f"ATTACH '{tmp_path / 'x.duckdb'}'",
            "INSTALL httpfs",
            "SET enable_external_access = true",
            "SET memory_limit = '100GB'",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(statement)
        limit = con.execute("SELECT current_setting('memory_limit')").fetchone()
    assert limit is not None
    assert MEMORY == "1000MB"
    assert limit[0].startswith("953")  # MiB


def test_every_reason_is_one_that_a_line_can_have() -> None:
    for reason in WHY:
        assert f"'{reason}'" in JUDGED


def test_a_lost_file_is_an_error_and_no_smaller_sum(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    source = desk.source(payments())
    Path(source.path).unlink()
    with pytest.raises(duckdb.Error):
        count(Work(new=msgspec.convert(PLAIN, NewAnalysis), files=(source,)), desk.folder)
