"""A PDF as its reader gets it."""

import io
import re

from pypdf import PdfReader

SPAN = re.compile(rb"/ActualText <FEFF([0-9a-f]*)>")


def opened(made: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(made), strict=True)


def said(made: bytes) -> list[str]:
    """Line by line, what the file says that it shows."""
    told = (page.get_contents() for page in opened(made).pages)
    spans = (one for each in told if each is not None for one in SPAN.findall(each.get_data()))
    return [bytes.fromhex(one.decode()).decode("utf-16-be") for one in spans]


def headed(made: bytes) -> tuple[str, str | None, str | None]:
    """Its language, title and author."""
    file = opened(made)
    assert file.metadata is not None
    return str(file.root_object["/Lang"]), file.metadata.title, file.metadata.author
