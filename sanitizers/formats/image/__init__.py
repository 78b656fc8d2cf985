"""Picture files: decoded and encoded again, without anything beside the picture."""

from sanitizers import pictures
from sanitizers.job import Job
from sanitizers.model import File, Rebuilt


class Image:
    """Writes a picture file anew."""

    name = "image"
    types = pictures.TYPES
    limitations = (
        "Everything beside the picture goes: Exif, positions, comments, profiles (colours become sRGB), thumbnails.",
        "BMP, icon and Photoshop files go on as PNG; HEIC, AVIF and JPEG 2000 as JPEG, with transparency as PNG.",
        "Of an icon only the largest picture goes on, of Photoshop the flattened one, of HEIC the primary one.",
        "Animated AVIF goes on as animated WebP.",
        "HEIC pictures are read when coded as HEVC or AV1, alone or in tiles; overlays and sequences are blocked.",
        "Resampling leaves one-bit pictures as they are: each bit of them is there to be seen.",
        "Colours of more than 8 bits become 8 bits; grey of 16 bits stays.",
        "What a picture shows is not judged; QR codes are read and their addresses named in the report.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """The same picture; another type where viewers read that more safely."""
        new = pictures.rebuilt(file.data, file.detected_type, job.budget, job.rules.pictures)
        return Rebuilt(new.data, file.claimed_name, new.type, new.findings)
