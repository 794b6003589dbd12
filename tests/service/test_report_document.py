"""What a report is made of can be sent to another process, and comes from the stored bytes alone."""

import pickle

import msgspec

from scoring import Evaluation
from tests.make_reports import retrofit_report


def test_a_report_document_reaches_another_process_unchanged():
    document = retrofit_report()
    assert pickle.loads(pickle.dumps(document)) == document


def test_the_stored_bytes_and_the_evaluation_are_the_same_thing():
    document = retrofit_report()
    assert msgspec.json.decode(document.canonical, type=Evaluation) == document.evaluation
