"""VML as Excel ties it to notes: notes stay where they stood, form controls and what is fetched or run do not."""

import io
import zipfile

import openpyxl
import pytest
from openpyxl.comments import Comment

from sanitizers.model import Threat
from tests.unit.sanitizers.ooxml.slides_packages import Cleaned

BEGIN = '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
BEGIN += 'xmlns:x="urn:schemas-microsoft-com:office:excel">'
NOTE = (
    '<v:shape id="_x0000_s1025" type="#_x0000_t202" style="position:absolute;margin-left:59pt;visibility:hidden" '
    'fillcolor="#ffffe1" o:insetmode="auto"%s><v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/>'
    '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left">HTML</div>'
    '</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:Anchor>\n 1, 15,\n 0, 2, 3, 15, 3, 1</x:Anchor>'
    "<x:Row>0</x:Row><x:Column>0</x:Column></x:ClientData></v:shape>"
)


def sheet(drawing: str) -> Cleaned:
    """A workbook with one note, and this as its VML."""
    book = openpyxl.Workbook()
    book.active["A1"] = "人口"
    book.active["A1"].comment = Comment("注", "山田")
    file = io.BytesIO()
    book.save(file)
    made = io.BytesIO()
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            target.writestr(name, drawing if name.endswith(".vml") else source.read(name))
    return Cleaned(made.getvalue(), "x.xlsx")


def drawn(result: Cleaned) -> str:
    (name,) = [name for name in result.parts if name.endswith(".vml")]
    return result.text(name)


def test_a_note_stays_where_it_stood() -> None:
    result = sheet(f"{BEGIN}{NOTE % ''}</xml>")
    text = drawn(result)
    assert '<xvml:ClientData ObjectType="Note">' in text or 'ObjectType="Note"' in text
    assert "1, 15, 0, 2, 3, 15, 3, 1" in text
    assert "visibility:hidden" in text
    assert "HTML" not in text
    assert openpyxl.load_workbook(io.BytesIO(result.data)).active["A1"].comment.text == "注"
    assert not {finding.threat for finding in result.findings} - {Threat.HIDDEN_CONTENT, Threat.METADATA}


@pytest.mark.parametrize(
    ("written", "words"), [("<x:FmlaMacro>[0]!Run</x:FmlaMacro>", "runs a macro"), ("", "a form control")]
)
def test_a_form_control_goes(written: str, words: str) -> None:
    button = f'<v:shape id="b" type="#_x0000_t201"><x:ClientData ObjectType="Button">{written}</x:ClientData></v:shape>'
    result = sheet(f"{BEGIN}{NOTE % ''}{button}</xml>")
    assert "Button" not in drawn(result)
    assert "Run" not in drawn(result)
    assert result.has(Threat.ACTIVE_CONTENT, words)


@pytest.mark.parametrize(
    ("attribute", "threat"),
    [
        (' href="javascript:x()"', Threat.ACTIVE_CONTENT),
        (' href="file://198.51.100.7/x"', Threat.EXTERNAL_REFERENCE),
        (' onclick="x()"', Threat.ACTIVE_CONTENT),
    ],
)
def test_a_shape_leads_to_nothing_harmful(attribute: str, threat: Threat) -> None:
    result = sheet(f"{BEGIN}{NOTE % attribute}</xml>")
    assert threat in {finding.threat for finding in result.findings}
    assert "x()" not in drawn(result)
    assert "198.51" not in drawn(result)


def test_a_style_holds_nothing_that_is_fetched_or_run() -> None:
    bad = NOTE.replace("visibility:hidden", "behavior:url(#default#time2);visibility:hidden;x:expression(a)")
    result = sheet(f"{BEGIN}{bad % ''}</xml>")
    text = drawn(result)
    assert result.has(Threat.ACTIVE_CONTENT, "a script in a drawing")
    assert "visibility:hidden" in text
    assert "url" not in text
    assert "expression" not in text


def test_a_picture_that_is_fetched_goes() -> None:
    fetched = (NOTE % "").replace("<v:fill ", '<v:imagedata src="http://198.51.100.7/x.png"/><v:fill ')
    result = sheet(f"{BEGIN}{fetched}</xml>")
    assert b"198.51" not in result.everything()
    assert result.has(Threat.EXTERNAL_REFERENCE, "that is fetched")
