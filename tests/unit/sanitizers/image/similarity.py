"""How alike two pictures look: the structural similarity (SSIM) of their blocks of eight by eight pixels."""

from PIL import Image, ImageMath

C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def ssim(one: Image.Image, other: Image.Image) -> float:
    """The mean over all blocks, of the greys on white; 1.0: the same."""
    assert one.size == other.size
    a, b = grey(one), grey(other)
    block = 8 if min(one.size) >= 16 else 2
    means = [product(a, b, block) for a, b in ((a, None), (b, None), (a, a), (b, b), (a, b))]
    scores = [score(*values) for values in zip(*(mean.get_flattened_data() for mean in means), strict=True)]
    return sum(scores) / len(scores)


def grey(picture: Image.Image) -> Image.Image:
    if picture.mode in {"I;16", "I;16B", "I", "F"}:
        return picture.convert("F")
    flat = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture.convert("RGBA"))
    return flat.convert("L").convert("F")


def product(a: Image.Image, b: Image.Image | None, block: int) -> Image.Image:
    both = a if b is None else ImageMath.lambda_eval(lambda args: args["a"] * args["b"], a=a, b=b)
    return both.reduce(block)


def score(mean_a: float, mean_b: float, square_a: float, square_b: float, both: float) -> float:
    variance_a, variance_b = square_a - mean_a**2, square_b - mean_b**2
    covariance = both - mean_a * mean_b
    return ((2 * mean_a * mean_b + C1) * (2 * covariance + C2)) / (
        (mean_a**2 + mean_b**2 + C1) * (variance_a + variance_b + C2)
    )
