"""Pages of SVG to PDF, as vectors with text that can be searched, by typst."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from firmus.errors import FirmusError
from firmus.render import fonts
from firmus.render.engrave import GENERATED, NOTICE

_DOCUMENT = """
#set document(title: sys.inputs.title, date: none)
#set page(width: 210mm, height: 297mm, margin: 0mm)
#for number in range(sys.inputs.len() - 1) {
  page(image(bytes(sys.inputs.at(str(number))), format: "svg", width: 210mm))
}
"""


def of_pages(pages: Sequence[str], title: str = "") -> bytes:
    """One PDF of A4 pages; the same bytes for the same pages.

    Parameters
    ----------
    pages : sequence of str
        SVG, each as wide and high as A4.
    title : str
        For the properties of the document.

    Raises
    ------
    FirmusError
        Where a page cannot be drawn.
    """
    import typst

    if fonts.lacks_chinese(NOTICE):
        pages = [page.replace(NOTICE, GENERATED) for page in pages]
    try:
        return typst.compile(
            _DOCUMENT.encode(),
            font_paths=typst.Fonts(
                include_system_fonts=not all(fonts.covers(page) for page in pages),
                include_embedded_fonts=False,
                font_paths=[fonts.FOLDER],
            ),
            format="pdf",
            sys_inputs={
                "title": title,
                **{str(n): page.replace("Times, serif", fonts.SERIF) for n, page in enumerate(pages)},
            },
            timestamp=datetime(2000, 1, 1, tzinfo=UTC),
        )
    except (typst.TypstError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise FirmusError(f"the score cannot be written as PDF: {reason}") from None
