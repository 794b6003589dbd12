"""Objects and streams in, a file out that other readers open."""

import io

import pikepdf
import pytest

from service.pdf_file import PACK, PdfFile


def written(raw: bytes, others: int = 0) -> bytes:
    """A file with one page's worth of objects and a stream."""
    file = PdfFile(free=4)
    file.put(1, b"<</Type /Catalog/Pages 2 0 R/Inside 3 0 R>>")
    file.put(2, b"<</Type /Pages/Kids []/Count 0>>")
    file.put_stream(3, b"/Type /Data", raw)
    for number in range(others):
        file.add(b"[%d]" % number)
    info = file.add(b"<</Title (Test)>>")
    return file.written(1, info)


def test_another_reader_finds_every_object():
    with pikepdf.open(io.BytesIO(written(b"bytes", others=PACK))) as opened:
        assert opened.Root.Inside.read_bytes() == b"bytes"
        assert [opened.get_object(4 + number, 0)[0] for number in (0, 1, PACK - 1)] == [0, 1, PACK - 1]
        assert str(opened.docinfo["/Title"]) == "Test"
        assert opened.check_pdf_syntax() == []


def test_no_stream_ends_in_a_carriage_return():
    """With the line feed after it, it would look like the end of a line, and validators count one byte less."""
    for number in range(256):
        raw = bytes([number]) * 40
        file = written(raw)
        assert b"\r\nendstream" not in file
        with pikepdf.open(io.BytesIO(file)) as opened:
            assert opened.Root.Inside.read_bytes() == raw


def test_a_stream_that_does_end_in_one_is_written_in_other_signs():
    file = PdfFile(free=3)
    file.put_stream(1, b"", b"coded\r", "/DCTDecode")
    file.put(2, b"<<>>")
    assert b"[/ASCII85Decode /DCTDecode]" in file.written(1, 2)


@pytest.mark.parametrize("others", [0, 3, PACK + 5])
def test_the_same_objects_give_the_same_bytes(others: int):
    assert written(b"x", others) == written(b"x", others)
    assert written(b"x", others) != written(b"y", others)
