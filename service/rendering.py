"""`tenderscore render`: a report made again, from the database by its evaluation's id or from a file with a result.

The bytes depend on the stored evaluation, the shipped fonts and the locked libraries alone. A report that was stored is
compared with the digest that the log has of it.
"""

import argparse
import asyncio
import hashlib
import os
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from scoring import Evaluation, decode
from scoring.case import BadDocument
from service import apart, db, reports, serving
from service.apart import WorkError
from service.language import LANGUAGES
from service.problems import NotFound
from service.report_document import ReportDocument
from service.settings import read_settings
from service.typeset import print_report, render_case

SQL = db.queries("rendering")

SAME, DIFFERENT, NOTHING = 0, 1, 2


def render(arguments: argparse.Namespace) -> int:
    """Make a report again. Exit 0 made (and the same as the stored one), 1 not the same, 2 nothing to make it of."""
    try:
        identity = UUID(arguments.evaluation)
    except ValueError:
        return _from_file(Path(arguments.evaluation), arguments.output)
    settings = read_settings(os.environ)
    if arguments.data is not None:
        settings = msgspec.structs.replace(settings, data=arguments.data)
    with serving.database(settings) as dsn:
        return asyncio.run(_from_database(dsn, settings.database_pooler, identity, arguments))


def _from_file(path: Path, output: Path) -> int:
    """What `score --json` printed, or the result.json in a report: tender, panel and log are not in it."""
    try:
        evaluation = decode(path.read_bytes(), Evaluation)
        pdf = render_case(evaluation, {})
    except OSError as error:
        return _complain(f"{path} cannot be read: {error.strerror}.", "")
    except BadDocument as bad:
        return _complain(f"{path} is no result: {bad.faults[0]}", "tenderscore score CASE.json --json")
    except WorkError as error:
        return _complain(str(error), error.mend)
    return _write(pdf, output, stored=None)


async def _from_database(dsn: str, pooler: str, identity: UUID, arguments: argparse.Namespace) -> int:
    async with await db.open_pool(dsn, pooler=pooler, connections=1) as pool:
        lang = arguments.lang or await reports.find_language(pool, identity)
        async with db.transaction(pool) as conn:
            stored: str | None = await SQL.get_digest(conn, evaluation_id=identity, lang=lang)
        try:
            document = await reports.load(pool, identity)
        except NotFound:
            return _complain(f"There is no evaluation {identity}.", "GET /lots/{id}/evaluations lists them")
    return await asyncio.to_thread(_made, document, lang, arguments.output, stored)


def _made(document: ReportDocument, lang: str, output: Path, stored: str | None) -> int:
    try:
        pdf = apart.run_now(print_report, document, lang)
    except WorkError as error:
        return _complain(str(error), error.mend)
    return _write(pdf, output, stored)


def _write(pdf: bytes, output: Path, stored: str | None) -> int:
    """Write the report and say its digest, and whether it is the one in the log."""
    output.write_bytes(pdf)
    digest = hashlib.sha256(pdf).hexdigest()
    if stored is None:
        print(f"{output}: {digest} (no stored report to compare it with)")
        return SAME
    if digest == stored:
        print(f"{output}: {digest}, the same as the stored report")
        return SAME
    print(f"{output}: {digest}")
    print(f"tenderscore: the stored report is another one: {stored}", file=sys.stderr)
    print("Its fonts or libraries were others; the result inside is proved by `tenderscore verify`.", file=sys.stderr)
    return DIFFERENT


def _complain(what: str, mend: str) -> int:
    print(f"tenderscore: {what}", file=sys.stderr)
    if mend:
        print(f"to mend it: {mend}", file=sys.stderr)
    return NOTHING


def add_commands(commands: Any) -> None:
    """Register render."""
    parser = commands.add_parser("render", help=render.__doc__, description=render.__doc__)
    parser.add_argument("evaluation", metavar="EVALUATION", help="its id in the database, or a file with a result")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where the PDF is written")
    languages = sorted(LANGUAGES)
    parser.add_argument("--lang", choices=languages, help="the report's language; without it the tender's own")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="the data folder of the embedded database")
    parser.set_defaults(run=render)
