"""Payments as councils publish them, invented: text files, workbooks, a register of suppliers and a list of places."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape

from service.spend_analysis import NewAnalysis, SpendAnalysis
from service.spend_columns import Kind
from service.spend_counting import Source, Work
from service.spend_import import LINES, Imported, Mapped, import_file
from service.spend_preview import Preview, preview
from service.spend_reading import Unreadable
from service.spend_shares import analyse
from service.spend_suppliers import Answers

HEADINGS = ("Supplier Name", "Paid Date", "Net Amount", "Trans No", "Expenditure Category")

PAYMENTS = (
    ("Alder Roofing Ltd", "03/04/2024", "60000.00", "T1", "Roofs"),
    ("ALDER ROOFING LIMITED ", "21/09/2024", "20000.00", "T2", "Roofs"),
    ("Birch & Sons", "11/06/2024", "80000.00", "T3", "Roofs"),
    ("Cedar Community Energy CIC", "12/06/2024", "10000.00", "T4", "Energy"),
    ("Fir Global plc", "13/06/2024", "25000.00", "T5", "Energy"),
    ("Fir Global plc", "14/06/2024", "-5000.00", "T6", "Energy"),
    ("Redacted personal data", "15/06/2024", "1000.00", "T7", "Care"),
    ("Somebody Unlisted", "16/06/2024", "9000.00", "T8", "Care"),
)
"""200,000.00 in eight lines, of which 10,000.00 are paid to nobody whose place is known."""

REGISTER = (
    ("Supplier", "Company number", "Postcode", "Employees", "Sector"),
    ("Alder Roofing Limited", "01234567", "NG1 2AB", "40", "Construction"),
    ("Birch and Sons", "07654321", "DE1 3XY", "600", "Construction"),
    ("Cedar Community Energy C.I.C.", "00000042", "NG2 1AA", "8", "Energy"),
    ("Fir Global PLC", "00000099", "EC1A 1BB", "9000", "Energy"),
)

PLACES = (("Code", "Ring"), ("NG1", "city"), ("NG2", "city"), ("DE", "county"), ("EC1A", "country"))


def as_csv(rows: Iterable[Sequence[str]], **options: Any) -> bytes:
    """Rows as a text file in UTF-8."""
    out = io.StringIO(newline="")
    csv.writer(out, **options).writerows(rows)
    return out.getvalue().encode()


def payments(*more: Sequence[str]) -> bytes:
    """The payments above and further ones as a text file."""
    return as_csv([HEADINGS, *PAYMENTS, *more])


def as_workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """A workbook of sheets: numbers as numbers, `=…` as a formula without a stored value, all else as text."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        names = "".join(
            f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
            for number, name in enumerate(sheets, 1)
        )
        office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        package = "http://schemas.openxmlformats.org/package/2006"
        links = "".join(
            f'<Relationship Id="rId{number}" Type="{office}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            for number in range(1, len(sheets) + 1)
        )
        packed.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{names}</sheets></workbook>'
        )
        packed.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'
        )
        packed.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        packed.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        for number, rows in enumerate(sheets.values(), 1):
            body = "".join(_row(place, row) for place, row in enumerate(rows, 1))
            packed.writestr(
                f"xl/worksheets/sheet{number}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>',
            )
    return out.getvalue()


def _row(number: int, row: Sequence[Any]) -> str:
    cells = "".join(_cell(f"{chr(65 + place)}{number}", value) for place, value in enumerate(row) if value is not None)
    return f'<row r="{number}">{cells}</row>'


def _cell(place: str, value: Any) -> str:
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    if value.startswith("="):
        return f'<c r="{place}"><f>{escape(value[1:])}</f></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


class Desk:
    """A folder in which files are imported and analysed as the service does it, without the service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._files = 0

    def put(self, content: bytes) -> Path:
        """A file with this content."""
        self._files += 1
        path = self.folder / f"file-{self._files}"
        path.write_bytes(content)
        return path

    def look(self, content: bytes, kind: Kind = "payments", **known: Any) -> Preview:
        """The preview that must be possible."""
        found = preview(self.put(content), kind, None, known)
        assert isinstance(found, Preview), found
        return found

    def read(self, content: bytes, mapping: Mapped | None = None, kind: Kind = "payments") -> tuple[Path, Imported]:
        """Import under the proposed mapping unless another is given: the folder of the lines, and what became of it."""
        path, found = self.try_to_read(content, mapping, kind)
        assert isinstance(found, Imported), found
        return path, found

    def try_to_read(
        self, content: bytes, mapping: Mapped | None = None, kind: Kind = "payments"
    ) -> tuple[Path, Imported | Unreadable]:
        path = self.put(content)
        if mapping is None:
            seen = preview(path, kind, None, {})
            if isinstance(seen, Unreadable):
                return path, seen
            mapping = seen.mapping
        folder = self.folder / f"{path.name}-read"
        folder.mkdir()
        return folder, import_file(path, kind, mapping, folder)

    def refused(self, content: bytes, mapping: Mapped | None = None) -> Unreadable:
        """Why a file was not read, which it must not be."""
        folder, found = self.try_to_read(content, mapping)
        assert isinstance(found, Unreadable), found
        assert not (folder / LINES).exists()
        return found

    def source(self, content: bytes, kind: Kind = "payments", name: str = "payments.csv") -> Source:
        """Imported lines as an analysis takes them."""
        folder, imported = self.read(content, None, kind)
        digest = hashlib.sha256(content).hexdigest()
        return Source(path=str(folder / LINES), name=name, behind=1, digest=digest, imported=imported)

    def analyse(
        self, *files: bytes, answers: Answers | None = None, bare: bool = False, **fields: Any
    ) -> SpendAnalysis:
        """The analysis of files with the register and the places above; without both where it is to be `bare`."""
        found = self.try_to_analyse(*files, answers=answers, bare=bare, **fields)
        assert isinstance(found, SpendAnalysis), found
        return found

    def try_to_analyse(
        self, *files: bytes, answers: Answers | None = None, bare: bool = False, **fields: Any
    ) -> SpendAnalysis | Unreadable:
        given: dict[str, Any] = {} if bare else {"local": ("city",), "region": ("county",)}
        new = NewAnalysis(**({"title": "Spend", "files": (UUID(int=1),)} | given | fields))
        work = Work(
            new=new,
            files=tuple(self.source(content, name=f"{number}.csv") for number, content in enumerate(files, 1)),
            register=None if bare else self.source(as_csv(REGISTER), "register"),
            places=None if bare else self.source(as_csv(PLACES), "places"),
            answers=answers or Answers(),
        )
        folder = self.folder / f"analysis-{self._files}"
        folder.mkdir()
        return analyse(work, folder)
