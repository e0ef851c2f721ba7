"""The PDF of a paper: made once, kept for good (law R21).

Typst draws it in the process, by its wheel.
"""

import json
from pathlib import Path
from typing import Final

import typst
from drafthorse.pdf import attach_xml

from mila.transactions import verb
from papers import facturx
from papers.models import Paper, PaperFile, Unprinted
from papers.sheet import sheet

HERE = Path(__file__).parent
TEMPLATE = HERE / "sheets" / "paper.typ"
FONTS = [str(HERE / "fonts")]
STANDARD: Final = "a-3b"  # for archives, and with a file inside


def print_paper(paper_id: int) -> PaperFile:
    """The stored file; made now where it is not there yet.

    No transaction is open while it is drawn.
    """
    found = PaperFile.objects.filter(paper_id=paper_id).first()
    if found is not None:
        return found
    paper = Paper.objects.get(pk=paper_id)
    return _keep(paper, draw(paper))


def draw(paper: Paper) -> bytes:
    """The bytes; for businesses with the same facts as Factur-X inside (law R4)."""
    pdf = typst.compile(
        str(TEMPLATE),
        root=str(HERE),
        font_paths=FONTS,
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=STANDARD,
        sys_inputs={"sheet": json.dumps(sheet(paper), ensure_ascii=False)},
        timestamp=int(paper.issued_at.timestamp()),
    )
    if not facturx.is_due(paper):
        return pdf
    return attach_xml(pdf, facturx.xml(paper), "EN 16931", lang=paper.language)


@verb
def _keep(paper: Paper, pdf: bytes) -> PaperFile:
    """Two who draw at once keep the first one."""
    PaperFile.objects.bulk_create([PaperFile.of(paper, pdf)], ignore_conflicts=True)
    Unprinted.objects.filter(paper=paper).delete()
    return PaperFile.objects.get(paper=paper)
