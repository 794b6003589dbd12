"""The `tenderscore` command: serve, worker, migrate, demo, doctor; and without a database: score, methods, verify."""

import argparse
import os
import sys

from service import demo, doctor, offline, serving
from service.db import DatabaseError
from service.local_postgres import PostgresError
from service.settings import SettingsError


def main() -> None:
    """Run one command and exit with its code; a fault that a person can mend is one plain line."""
    parser = argparse.ArgumentParser(prog="tenderscore", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add_commands in (serving.add_commands, demo.add_commands, doctor.add_commands, offline.add_commands):
        add_commands(commands)
    arguments = parser.parse_args()
    try:
        code = arguments.run(arguments)
    except (DatabaseError, PostgresError, SettingsError) as error:
        print(f"tenderscore: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; Python must not complain about it when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


if __name__ == "__main__":
    main()
