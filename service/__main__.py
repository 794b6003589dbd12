"""The `tenderscore` command: serve, worker, migrate, demo, doctor; and without a database score, methods and others."""

import argparse
import os
import sys
from importlib import import_module
from typing import Any, cast

from service.db import DatabaseError
from service.postmaster import PostgresError
from service.settings import SettingsError

# Which module registers which commands: scoring a case must not wait for a web server to load.
MODULES = {
    "serving": ("serve", "worker", "migrate"),
    "demo": ("demo",),
    "doctor": ("doctor",),
    "offline": ("score", "methods", "verify", "secret"),
    "officer": ("officer",),
    "rendering": ("render",),
    "dossier": ("dossier",),
    "sealer": ("seal",),
    "verify_export": ("import",),
    "simulating": ("simulate", "sensitivity"),
}


# structlog loads rich wherever it is installed, and litestar brings it: 4 MB and 40 ms to colour a terminal, where we
# log JSON. None in sys.modules is Python's own way to say that there is no such module here.
cast("dict[str, Any]", sys.modules).setdefault("rich", None)


def main() -> None:
    """Run one command and exit with its code; a fault that a person can mend is one plain line."""
    parser = argparse.ArgumentParser(prog="tenderscore", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    wanted = [module for module, names in MODULES.items() if asked in names] or MODULES
    for module in wanted:
        import_module(f"service.{module}").add_commands(commands)
    arguments = parser.parse_args()
    try:
        code = arguments.run(arguments)
    except DatabaseError as error:
        print(f"tenderscore: {error}\nto mend it: {error.mend}", file=sys.stderr)
        code = 1
    except (PostgresError, SettingsError) as error:
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
