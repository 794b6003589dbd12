"""What a report needs on a screen and not on paper: its type inside the page, and boxes for what is wide.

Tables and charts scroll by themselves, never the page; each lies in a box that the keyboard can reach, named like the
table. The faces in `templates/screen` are those of `templates/fonts`, cut down to Latin, Greek, Cyrillic and renamed,
as their licence asks of changed fonts; a page carries them, because it may load nothing.
"""

import base64
import re
from functools import cache
from pathlib import Path
from typing import Final

FONTS: Final = Path(__file__).parent.parent / "templates" / "screen"
FACES: Final = (
    ("Source Sans 3", 400, "tender-sans"),
    ("Source Sans 3", 600, "tender-sans-semibold"),
    ("Source Serif 4 Display", 600, "tender-serif-semibold"),
)
TABLE: Final = re.compile(r"<table[^>]*>(?:\s*<caption>(.*?)</caption>)?", re.DOTALL)
CHART: Final = '<figure class="chart"'


def for_screen(page: str) -> str:
    """The same page with its type inside, and each table and chart in a box.

    What people wrote is escaped, so that every `<table` is ours.

    >>> for_screen("<table><caption>Ranks <b>and</b> totals</caption></table>").partition("<table>")[0]
    '<div class="sideways" role="group" tabindex="0" aria-label="Ranks and totals">'
    """
    boxed = TABLE.sub(_opened, page).replace("</table>", "</table></div>")
    return boxed.replace(CHART, f'{CHART} tabindex="0"').replace("</style>", f"{_faces()}</style>", 1)


def _opened(table: re.Match[str]) -> str:
    name = " ".join(re.sub(r"<[^>]*>", "", table[1] or "").split())
    label = f' aria-label="{name}"' if name else ""
    return f'<div class="sideways" role="group" tabindex="0"{label}>{table[0]}'


@cache
def _faces() -> str:
    """The faces as a style; `data:` is all that the page's policy lets it take a font from."""
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; '
        f"src: url(data:font/woff2;base64,{base64.b64encode((FONTS / f'{name}.woff2').read_bytes()).decode()}); }}"
        for family, weight, name in FACES
    )
