"""What every child process starts with: loaded once, in the server that they are forked from (`apart`).

Loading the library that lays out pages takes most of a second, compiling the templates another, which each child would
need again.
"""

import contextlib

from service import pdf, typeset
from service.apart import WorkError

with contextlib.suppress(WorkError):  # without the system's libraries there is no PDF, and all else works
    pdf.warm()
    typeset.warm()
