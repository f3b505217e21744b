"""Fields such as ``{{uuid}}`` in what is typed: where they stand, and what a check sees in their place."""

import re
from typing import Final

LOOKED_AT_CHARS: Final = 256 * 1024
"""Of a text, while it is typed; one that is longer is sent without filling."""
FIELD: Final = re.compile(r"(?<!\{)\{\{\s*([A-Za-z_][^{}\"]*?)\s*\}\}")
"""A field that is filled for each message: ``{{uuid}}``, ``{{int:1:100}}``."""


def mask_fields(text: str) -> str:
    """Put a number where a field will be filled, so that what is around it can be checked; every place stays where it is."""
    return FIELD.sub(lambda found: "0".ljust(len(found[0])), text)


def field_names(text: str) -> list[str]:
    """Answer the fields in the part of *text* that is looked at, as written."""
    looked_at = text[:LOOKED_AT_CHARS]
    return [found[1] for found in FIELD.finditer(looked_at)] if "{{" in looked_at else []
