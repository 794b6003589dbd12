"""Workbooks of others, looked at before they are read: what unpacks to too much, or reaches too far to the right.

A reader makes a table of whatever lies between a sheet's first cell and its last: with a cell in each corner, a hundred
kilobytes are billions of cells.
"""

import re
import zipfile
import zlib
from pathlib import Path
from typing import Final

_PIECE: Final = 4 << 20
_TAG: Final = 500
"""Bytes of a cell's tag at most; so much of a piece is looked at again with the next."""
_FAR = re.compile(
    rb"<(?:[^\s<>/:]{1,100}:)?c\s(?:[^<>]{0,200}?\s)?r\s*=\s*[\"']([A-Za-z]{3}[0-9]{1,7})[\"'][^<>]{0,200}(?<!/)>(?!\s*</)"
)
"""A filled cell beyond column ZZ. Those that are only coloured count for nothing, and programs leave many."""


def check(source: Path, most_bytes: int) -> None:
    """Look at a workbook before it is read; raises ValueError for one that is broken or would be too much."""
    try:
        with zipfile.ZipFile(source) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
            if unpacked > most_bytes:
                raise ValueError(f"The workbook unpacks to {unpacked} bytes.")
            for part in packed.infolist():
                if part.filename.casefold().startswith("xl/worksheets/") and (cell := _far_cell(packed, part)):
                    raise ValueError(f"A cell far to the right, {cell}, is filled: no table has so many columns.")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ValueError(f"It is no whole workbook: {error}.") from None


def _far_cell(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> str:
    """The address of a filled cell beyond column ZZ; empty where there is none."""
    held = b""
    with packed.open(part) as member:
        while piece := member.read(_PIECE):
            held += piece
            if found := _FAR.search(held):
                return found[1].decode()
            held = held[-_TAG:]
    return ""
