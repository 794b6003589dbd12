"""What children share is loaded before they are forked, and nowhere else."""

import subprocess
import sys

import pytest

from service import apart, pdf
from tests.service.test_pdf import can_print


def loaded() -> bool:
    return "weasyprint" in sys.modules


@pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")
def test_a_child_starts_with_the_library_that_lays_out_pages():
    assert apart.run_now(loaded)


def test_a_process_that_only_asks_for_reports_does_not_load_it():
    command = "import sys; import service.app; print('weasyprint' in sys.modules, 'uharfbuzz' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", command], check=True, capture_output=True, text=True)
    assert found.stdout.split() == ["False", "False"]
