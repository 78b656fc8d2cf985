"""What independent readers say of an original and of its clean version: run beside `bench.fidelity`, which may end it.

One JSON request a line on standard input, one JSON answer a line on standard output.
"""

import io
import json
import re
import resource
import shutil
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import lxml.html
import pikepdf
import pillow_heif
import pypdfium2
import resvg_py
from PIL import Image, ImageMath, ImageOps

MOST_MEMORY = 4 * 1024**3  # bytes; a file that takes more counts as one that the reader does not open
MOST_PAGES = 300  # whose words are compared
SIDE = 900  # pixels of the longer side at which pictures are compared
BLOCK = 8
TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")  # Japanese by the character, the rest by the word
CHARSETS = ("utf-8-sig", "iso2022_jp_ext", "cp932", "euc_jp", "latin-1")


def words_of(text: str) -> Counter[str]:
    return Counter(TOKEN.findall(text))


def similarity(one: Image.Image, other: Image.Image) -> float:
    """SSIM (Wang et al. 2004) of two pictures, over blocks of eight by eight pixels; 1 is the same."""
    if abs(one.width * other.height - other.width * one.height) > 0.02 * one.width * other.height:
        return 0.0
    scale = min(1.0, SIDE / max(one.size))
    size = (max(BLOCK, int(one.width * scale)), max(BLOCK, int(one.height * scale)))
    x, y = (picture.convert("L").resize(size, Image.Resampling.BOX).convert("F") for picture in (one, other))
    blocks = (size[0] // BLOCK, size[1] // BLOCK)

    def mean(picture: Image.Image) -> Image.Image:
        return picture.resize(blocks, Image.Resampling.BOX)

    def product(a: Image.Image, b: Image.Image) -> Image.Image:
        return ImageMath.lambda_eval(lambda args: args["a"] * args["b"], a=a, b=b)

    index = ImageMath.lambda_eval(
        lambda v: (
            ((v["mx"] * v["my"] * 2 + 6.5025) * ((v["xy"] - v["mx"] * v["my"]) * 2 + 58.5225))
            / (
                (v["mx"] * v["mx"] + v["my"] * v["my"] + 6.5025)
                * (v["xx"] - v["mx"] * v["mx"] + v["yy"] - v["my"] * v["my"] + 58.5225)
            )
        ),
        mx=mean(x), my=mean(y), xx=mean(product(x, x)), yy=mean(product(y, y)), xy=mean(product(x, y)),
    )  # fmt: skip
    return float(index.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)))


class Reading:
    """A file as a reader shows it."""

    def __init__(self, words: Counter[str] | None, picture: Image.Image | None, count: int = 1) -> None:
        self.words = words
        self.picture = picture
        self.count = count  # pages or frames


def read_pdf(data: bytes) -> Reading:
    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()
        texts = [document[number].get_textpage().get_text_range() for number in range(min(len(document), MOST_PAGES))]
        picture = document[0].render(scale=100 / 72).to_pil().convert("RGB")
        return Reading(words_of("\n".join(texts)), picture, len(document))


def read_picture(data: bytes) -> Reading:
    with Image.open(io.BytesIO(data)) as picture:
        frames = getattr(picture, "n_frames", 1)
        shown = ImageOps.exif_transpose(picture).convert("RGBA")
        paper = Image.new("RGBA", shown.size, "white")
        return Reading(None, Image.alpha_composite(paper, shown).convert("RGB"), frames)


def read_svg(data: bytes) -> Reading:
    if data[:2] == b"\x1f\x8b":
        data = subprocess.run(["gzip", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    if data.startswith(b"\x89PNG"):
        return read_picture(data)
    drawn = bytes(resvg_py.svg_to_bytes(svg_string=data.decode("utf-8-sig")))
    return Reading(None, read_picture(drawn).picture)


def read_html(data: bytes) -> Reading:
    root = lxml.html.document_fromstring(decoded(data).encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    for unseen in root.xpath("//script | //style | //template | //head | //noscript"):
        unseen.drop_tree()
    return Reading(words_of(" ".join(root.itertext())), None)


def read_text(data: bytes) -> Reading:
    return Reading(words_of(decoded(data)), None)


def decoded(data: bytes) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    for charset in CHARSETS:
        if charset == "iso2022_jp_ext" and b"\x1b$" not in data:
            continue
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


READERS: dict[str, Callable[[bytes], Reading]] = {
    "pdf": read_pdf,
    "image": read_picture,
    "svg": read_svg,
    "html": read_html,
    "text": read_text,
    "csv": read_text,
}


def structure_problem(path: Path) -> str:
    """What `qpdf --check` finds in a PDF, or pikepdf where qpdf is not installed; "" when all is well."""
    if qpdf := shutil.which("qpdf"):
        done = subprocess.run([qpdf, "--check", str(path)], capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else (done.stderr or done.stdout).strip().splitlines()[-1]
    with pikepdf.open(path) as document:
        return "; ".join(document.check_pdf_syntax())


def compare(family: str, original: Path, clean: Path | None) -> dict[str, object]:
    """Both files read; `error` of the original or of the clean version is why a reader does not open it."""
    answer: dict[str, object] = {}
    before = attempt(family, original, answer, "original_error")
    if clean is None:
        return answer
    after = attempt(family, clean, answer, "clean_error")
    if family == "pdf" and (problem := structure_problem(clean)):
        answer["clean_error"] = problem
    if before is None or after is None:
        return answer
    answer["count"] = [before.count, after.count]
    if before.words and after.words is not None:
        answer["words"] = before.words.total()
        answer["kept"] = (before.words & after.words).total() / before.words.total()
        answer["lost"] = list((before.words - after.words).keys())[:8]
    if before.picture is not None and after.picture is not None:
        answer["ssim"] = similarity(before.picture, after.picture)
    return answer


def attempt(family: str, path: Path, answer: dict[str, object], key: str) -> Reading | None:
    try:
        return READERS[family](path.read_bytes())
    except Exception as failure:  # noqa: BLE001 - whatever a reader says of the file is what the table says
        answer[key] = f"{type(failure).__name__}: {failure}"[:200]
        return None


def main() -> None:
    """Until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    warnings.simplefilter("ignore")
    pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = 300_000_000
    for line in sys.stdin:
        request = json.loads(line)
        clean = request["clean"]
        answer = compare(request["family"], Path(request["original"]), Path(clean) if clean else None)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
