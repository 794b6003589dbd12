"""What may be asked of an analysis."""

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from service.spend_analysis import NewAnalysis

PLAIN: dict[str, Any] = {"title": "Spend of 2024/25", "files": [str(uuid4())]}


def test_a_title_and_a_file_are_enough() -> None:
    new = msgspec.convert(PLAIN, NewAnalysis)
    assert (new.year_begins_in, new.local, new.survey) == (4, (), ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"files": []},
        {"title": " "},
        {"year_begins_in": 13},
        {"local": [""]},
        {"rings": ["city"]},
        {"exclude": {"postcodes": ["NG1"]}},
        {"survey": [{"supplier": "x", "local_staff": "80", "local_suppliers": "30"}]},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(PLAIN | wrong, NewAnalysis)
