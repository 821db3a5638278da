"""A minimal spreadsheet: one sheet, texts in its cells."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape

_OFFICE = "http://schemas.openxmlformats.org"
_RELATIONS = f"{_OFFICE}/officeDocument/2006/relationships"
_MAIN = f'xmlns="{_OFFICE}/spreadsheetml/2006/main"'
_PACKAGED = f"{_OFFICE}/package/2006"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGED}/content-types"><Default Extension="xml" '
    'ContentType="application/xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGED}/relationships"><Relationship Id="r1" '
    f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_RELATIONS}"><sheets><sheet name="Sheet1" '
    'sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGED}/relationships">'
    f'<Relationship Id="r1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>",
}


def workbook(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return the bytes of an xlsx file of texts, numbers, truth values and empty cells (None)."""
    sheet = io.StringIO()
    for number, row in enumerate(rows, start=1):
        sheet.write(f'<row r="{number}">')
        for cell in row:
            if isinstance(cell, str):
                sheet.write(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>')
            elif isinstance(cell, bool):
                sheet.write(f'<c t="b"><v>{cell:d}</v></c>')
            else:
                sheet.write("<c/>" if cell is None else f"<c><v>{cell!r}</v></c>")
        sheet.write("</row>")
    rest = f"<worksheet {_MAIN}><sheetData>{sheet.getvalue()}</sheetData></worksheet>"
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**_PARTS, "xl/worksheets/sheet1.xml": rest}.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return written.getvalue()
