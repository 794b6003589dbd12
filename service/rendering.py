"""`tenderscore render`: a report made again, from the database by an id or from a file with a result.

The id is an evaluation's, a paper's or a record file's. The bytes depend on what is stored of it, the shipped fonts and
the locked libraries alone, without the seal. What was stored is compared with the digest that the log has of it.
"""

import argparse
import asyncio
import hashlib
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from scoring import Evaluation, decode
from scoring.case import BadDocument
from service import apart, chronicle, db, papers, reports, serving
from service.apart import WorkError
from service.language import LANGUAGES
from service.problems import NotFound
from service.settings import read_settings
from service.typeset import print_chronicle, print_report, render_case

SQL = db.queries("rendering")

SAME, DIFFERENT, NOTHING = 0, 1, 2


def render(arguments: argparse.Namespace) -> int:
    """Make an evaluation report, a paper or a record file again and compare it with the digest in the log, unsealed.

    Exit 0 made (and the same as the stored one), 1 not the same, 2 nothing to make it of.
    """
    try:
        identity = UUID(arguments.report)
    except ValueError:
        return _from_file(Path(arguments.report), arguments.output)
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
        try:
            found = await _find(pool, identity, arguments.lang)
        except LanguageFixed as fixed:
            return _complain(str(fixed), "leave out --lang")
    if found is None:
        return _complain(
            f"There is no evaluation {identity}, nor a paper or a record file.",
            "GET /lots/{id}/evaluations lists the evaluations of a lot; the tender's log names papers and record files",
        )
    return await asyncio.to_thread(_made, found, arguments.output)


class Found(NamedTuple):
    """How a report is made again, and what the log says of the stored one: nothing if none was stored."""

    again: Callable[[], bytes]
    stored: str | None


class LanguageFixed(Exception):
    """What is asked for in a language is there in another one."""


async def _find(pool: asyncpg.Pool, identity: UUID, asked: str | None) -> Found | None:
    """What has this id: an evaluation, a paper, a record file. Raises LanguageFixed."""
    for find in (_evaluation, _paper, _record):
        if (found := await find(pool, identity, asked)) is not None:
            return found
    return None


async def _evaluation(pool: asyncpg.Pool, identity: UUID, asked: str | None) -> Found | None:
    lang = asked or await reports.find_language(pool, identity)
    try:
        document = await reports.load(pool, identity)
    except NotFound:
        return None
    async with db.transaction(pool) as conn:
        stored: str | None = await SQL.get_digest(conn, evaluation_id=identity, lang=lang)
    return Found(partial(print_report, document, lang), stored)


async def _paper(pool: asyncpg.Pool, identity: UUID, asked: str | None) -> Found | None:
    kept = await papers.find(pool, identity)
    if kept is None:
        return None
    _check_language(asked, kept.lang)
    async with db.transaction(pool) as conn:
        stored: str | None = await SQL.get_paper_digest(conn, paper_id=identity)
    return Found(partial(_printed, kept.kind, kept.data, kept.lang), stored)


def _printed(kind: str, data: bytes, lang: str) -> bytes:
    return papers.print_paper(kind, data, lang)[0]


async def _record(pool: asyncpg.Pool, identity: UUID, asked: str | None) -> Found | None:
    try:
        kept = await chronicle.find_file(pool, identity)
    except NotFound:
        return None
    _check_language(asked, kept.lang)
    document = await chronicle.load(pool, kept)
    async with db.transaction(pool) as conn:
        stored: str | None = await SQL.get_record_digest(conn, record_file_id=identity)
    return Found(partial(print_chronicle, document, kept.lang), stored)


def _check_language(asked: str | None, own: str) -> None:
    """A paper and a record file are there in the one language in which they were asked for."""
    if asked not in {None, own}:
        raise LanguageFixed(f"It was made in {own!r}; another language is another paper or record file.")


def _made(found: Found, output: Path) -> int:
    try:
        pdf = apart.run_now(found.again)
    except WorkError as error:
        return _complain(str(error), error.mend)
    return _write(pdf, output, found.stored)


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
    parser.add_argument(
        "report",
        metavar="REPORT",
        help="the id of an evaluation, or as the log names them of a paper (paper_id) or a record file "
        "(record_file_id); or a file with a result",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where the PDF is written")
    languages = sorted(LANGUAGES)
    parser.add_argument("--lang", choices=languages, help="of an evaluation report; without it the tender's own")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="the data folder of the embedded database")
    parser.set_defaults(run=render)
