"""Picture mode: a page looks the same, is as large, can be searched, and holds only pictures and unseen words."""

import io
from collections.abc import Callable

import msgspec
import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat

from sanitizers.budget import BudgetMeter, OverBudget
from sanitizers.formats.pdf import drawn
from sanitizers.formats.pdf.work import Work
from sanitizers.model import CannotSanitize, File, Threat
from sanitizers.rules import Budget, PictureText, Profile
from sanitizers.verify.pdf import verify

LATIN = b"BT /L 24 Tf 30 150 Td (Potato salad, 2 bowls) Tj ET"
ANSWER = "無害化の確認"
# /J is a CID font with a Japanese encoding and no program: readers put their own font in its place.
JAPANESE = b"BT /J 20 Tf 30 100 Td <" + ANSWER.encode("utf-16-be").hex().encode() + b"> Tj ET"
DOWNWARD = JAPANESE.replace(b"/J", b"/V").replace(b"30 100 Td", b"150 190 Td")


def document(*contents: bytes, change: Callable[[pikepdf.Pdf], None] | None = None) -> bytes:
    pdf = pikepdf.new()
    for content in contents:
        page = pdf.add_blank_page(page_size=(300, 200))
        page.Resources = pikepdf.Dictionary(
            Font=pikepdf.Dictionary(
                L=latin_font(), J=japanese_font("UniJIS-UTF16-H"), V=japanese_font("UniJIS-UTF16-V")
            )
        )
        page.Contents = pdf.make_stream(content)
    if change is not None:
        change(pdf)
    return saved(pdf)


def saved(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out, static_id=True)
    return out.getvalue()


def latin_font() -> pikepdf.Dictionary:
    name = pikepdf.Name
    return pikepdf.Dictionary(Type=name.Font, Subtype=name.Type1, BaseFont=name.Helvetica)


def japanese_font(encoding: str) -> pikepdf.Dictionary:
    name = pikepdf.Name
    descendant = pikepdf.Dictionary(
        Type=name.Font,
        Subtype=name.CIDFontType0,
        BaseFont=name("/HeiseiKakuGo-W5"),
        CIDSystemInfo=pikepdf.Dictionary(Registry=b"Adobe", Ordering=b"Japan1", Supplement=2),
        DW=1000,
    )
    return pikepdf.Dictionary(
        Type=name.Font,
        Subtype=name.Type0,
        BaseFont=name("/HeiseiKakuGo-W5"),
        Encoding=name("/" + encoding),
        DescendantFonts=[descendant],
    )


def work(budget: Budget | None = None, **rules: object) -> Work:
    profile = msgspec.structs.replace(Profile(), **rules)
    return Work(BudgetMeter(budget or Budget()), profile, pikepdf.new(), pikepdf.new())


def as_pictures(data: bytes, under: Work | None = None) -> bytes:
    made = drawn.as_pictures(File("a.pdf", "", "application/pdf", data), under or work())
    verify(made)
    return made


def text(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as pdf:
        return "\n".join(page.get_textpage().get_text_range() for page in pdf)


def looks(data: bytes) -> list[Image.Image]:
    with pypdfium2.PdfDocument(data) as pdf:
        pdf.init_forms()
        return [page.render(scale=2).to_pil().convert("RGB") for page in pdf]


def difference(one: Image.Image, other: Image.Image) -> float:
    assert one.size == other.size
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


@pytest.mark.parametrize("content", [LATIN, JAPANESE, DOWNWARD, b"1 0 0 rg 20 20 100 80 re f", b""])
def test_it_looks_the_same(content: bytes) -> None:
    data = document(content)
    assert difference(looks(data)[0], looks(as_pictures(data, work(pdf_resolution=144)))[0]) < 2


def test_its_words_can_be_found_in_their_order() -> None:
    assert text(as_pictures(document(LATIN, JAPANESE))).split() == ["Potato", "salad,", "2", "bowls", ANSWER]


def test_words_written_downward_can_be_found() -> None:
    assert "".join(text(as_pictures(document(DOWNWARD))).split()) == ANSWER


def test_characters_beyond_sixteen_bits_can_be_found() -> None:
    content = b"BT /J 20 Tf 30 100 Td <" + "𠮷野家".encode("utf-16-be").hex().encode() + b"> Tj ET"
    data = document(content)
    assert "𠮷野家" in text(data)
    assert "𠮷野家" in text(as_pictures(data))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_words_lie_where_they_are_seen(turn: int) -> None:
    """On turned and cut pages too: the box of a word on the new page is where the picture has ink."""

    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Rotate = turn
        pdf.pages[0].CropBox = [20, 40, 290, 190]

    made = as_pictures(document(b"BT /L 24 Tf 60 110 Td (Potato) Tj ET", change=change))
    with pypdfium2.PdfDocument(made) as pdf:
        page = pdf[0]
        words = page.get_textpage()
        assert words.count_rects() == 1
        left, bottom, right, top = words.get_rect(0)
        ink = ImageChops.invert(page.render(scale=1).to_pil().convert("L")).getbbox()
        assert page.get_size() == ((150, 270) if turn in {90, 270} else (270, 150))
        height = page.get_height()
    assert ink is not None
    seen = (ink[0], height - ink[3], ink[2], height - ink[1])
    for place, other in zip((left, bottom, right, top), seen, strict=True):
        assert abs(place - other) < 12  # a font's height is more than its ink's


def test_by_rule_there_are_no_words() -> None:
    made = as_pictures(document(LATIN), work(pdf_picture_text=PictureText.NONE))
    assert not text(made).strip()
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert list(pdf.pages[0].Resources.keys()) == ["/XObject"]


@pytest.mark.parametrize("hidden", [b"1 g ", b"3 Tr 1 g ", b"0 0 0 0 re W n "], ids=["white", "unseen", "clipped"])
def test_words_that_nobody_sees_do_not_go_on(hidden: bytes) -> None:
    under = work()
    made = as_pictures(document(hidden + LATIN), under)
    assert "Potato" not in text(made)
    assert [found.threat for found in under.findings()] == [Threat.HIDDEN_CONTENT]


def test_an_unseen_layer_over_a_scan_goes_on() -> None:
    def scan(pdf: pikepdf.Pdf) -> None:
        picture = Image.effect_noise((300, 200), 90)
        image = pdf.make_stream(picture.tobytes())
        image.Type, image.Subtype, image.Width, image.Height = pikepdf.Name.XObject, pikepdf.Name.Image, 300, 200
        image.ColorSpace, image.BitsPerComponent = pikepdf.Name.DeviceGray, 8
        pdf.pages[0].Resources.XObject = pikepdf.Dictionary(I=image)

    content = b"q 300 0 0 200 0 0 cm /I Do Q 3 Tr " + LATIN
    made = as_pictures(document(content, change=scan))
    assert text(made).split() == ["Potato", "salad,", "2", "bowls"]
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert pdf.pages[0].Resources.XObject.I.Filter == pikepdf.Name.DCTDecode  # noise is smaller so


def test_direction_and_control_characters_do_not_go_on() -> None:
    content = b"BT /J 20 Tf 30 100 Td <" + "a\u202eb\u200bc".encode("utf-16-be").hex().encode() + b"> Tj ET"
    under = work()
    made = as_pictures(document(content), under)
    assert not {"\u202e", "\u200b"} & set(text(made))


def with_field(pdf: pikepdf.Pdf) -> None:
    name = pikepdf.Name
    look = pdf.make_stream(b"BT /L 12 Tf 2 5 Td (Formy) Tj ET")
    look.Type, look.Subtype, look.BBox = name.XObject, name.Form, [0, 0, 100, 20]
    look.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(L=latin_font()))
    field = pikepdf.Dictionary(
        Type=name.Annot, Subtype=name.Widget, FT=name.Tx, T=b"f", V=b"Formy", Rect=[50, 50, 150, 70], F=4,
        AP=pikepdf.Dictionary(N=look),
        AA=pikepdf.Dictionary(K=pikepdf.Dictionary(S=name.JavaScript, JS=b"app.alert(1)")),
    )  # fmt: skip
    field = pdf.make_indirect(field)
    pdf.pages[0].Annots = [field]
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field])


def test_fields_are_drawn_and_found_as_they_show() -> None:
    data = document(LATIN, change=with_field)
    made = as_pictures(data, work(pdf_resolution=144))
    assert "Formy" in text(made)
    assert difference(looks(data)[0], looks(made)[0]) < 2
    assert b"alert" not in made


def test_fields_that_multiply_are_left_alone() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        field = pdf.make_indirect(pikepdf.Dictionary(FT=pikepdf.Name.Tx))
        for _ in range(40):
            field = pdf.make_indirect(pikepdf.Dictionary(Kids=[field, field]))
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field])

    under = work()
    as_pictures(document(LATIN, change=change), under)
    assert [found.threat for found in under.findings()] == [Threat.MALFORMED]


def test_the_same_document_gives_the_same_bytes_and_a_second_time_nothing_is_found() -> None:
    data = document(LATIN, JAPANESE, DOWNWARD)
    once = as_pictures(data)
    assert as_pictures(data) == once
    under = work()
    assert text(as_pictures(once, under)) == text(once)
    assert under.findings() == ()


def test_black_and_white_grey_and_colour_take_what_they_need() -> None:
    made = as_pictures(document(b"20 20 100 80 re f", LATIN, b"1 0 0 rg 20 20 100 80 re f"), work(pdf_resolution=72))
    with pikepdf.open(io.BytesIO(made)) as pdf:
        images = [page.Resources.XObject.I for page in pdf.pages]
        assert [(str(image.ColorSpace), int(image.BitsPerComponent)) for image in images] == [
            ("/DeviceGray", 1),
            ("/DeviceGray", 8),
            ("/DeviceRGB", 8),
        ]


def pixels(data: bytes) -> list[tuple[int, int]]:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return [(int(page.Resources.XObject.I.Width), int(page.Resources.XObject.I.Height)) for page in pdf.pages]


def test_the_resolution_is_the_one_asked_for() -> None:
    assert pixels(as_pictures(document(LATIN), work(pdf_resolution=144))) == [(600, 400)]


def test_a_huge_page_keeps_its_size_and_gets_fewer_pixels() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].MediaBox = [0, 0, 14_400, 14_400]

    made = as_pictures(document(LATIN, change=change))
    width, height = pixels(made)[0]
    assert width * height <= drawn.MOST_PIXELS * 1.001
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert [float(edge) for edge in pdf.pages[0].MediaBox] == [0, 0, 14_400, 14_400]


def test_pages_are_drawn_as_finely_as_asked_however_many_there_are() -> None:
    under = work(Budget(pixels=1))
    assert set(pixels(as_pictures(document(*[LATIN] * 4), under))) == set(pixels(as_pictures(document(LATIN), work())))
    assert under.meter.pixels == 0


def test_too_many_pages_are_not_drawn() -> None:
    with pytest.raises(OverBudget):
        as_pictures(document(*[LATIN] * 4), work(Budget(pages=3)))


@pytest.mark.parametrize(
    ("data", "threat"),
    [
        (b"%PDF-1.7\nnothing", Threat.MALFORMED),
        (saved(pikepdf.new()), Threat.MALFORMED),
    ],
)
def test_what_cannot_be_drawn_says_so(data: bytes, threat: Threat) -> None:
    with pytest.raises(CannotSanitize) as refusal:
        as_pictures(data)
    assert refusal.value.threat is threat


def test_a_password_is_asked_for() -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document(LATIN))) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u", R=6))
    with pytest.raises(CannotSanitize) as refusal:
        as_pictures(out.getvalue())
    assert refusal.value.threat is Threat.ENCRYPTED


def test_warming_needs_nothing() -> None:
    drawn.warm()
