"""What the ending of a file name says of its type, and which ending a clean file goes out with."""

from collections.abc import Mapping
from typing import Final

# Detected type → the endings it goes by, the first for files that have another one.
ENDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "application/encrypted": ("docx", "docm", "xlsx", "xlsm", "xlsb", "pptx", "pptm", "ppsx"),  # behind a password
    "application/gzip": ("gz", "tgz", "taz"),
    "application/json": ("json", "geojson", "jsonl", "ndjson", "webmanifest", "map", "ipynb"),
    "application/mbox": ("mbox", "mbx"),
    "application/msword": ("doc", "dot"),
    "application/pdf": ("pdf",),
    "application/rtf": ("rtf",),
    "application/vnd.ms-excel": ("xls", "xlt"),
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": ("xlsb",),
    "application/vnd.ms-excel.sheet.macroenabled.12": ("xlsm", "xltm"),
    "application/vnd.ms-outlook": ("msg",),
    "application/vnd.ms-tnef": ("tnef",),
    "application/vnd.ms-powerpoint": ("ppt", "pps", "pot"),
    "application/vnd.ms-powerpoint.presentation.macroenabled.12": ("pptm", "ppsm", "potm"),
    "application/vnd.ms-word.document.macroenabled.12": ("docm", "dotm"),
    "application/vnd.oasis.opendocument.chart": ("odc",),
    "application/vnd.oasis.opendocument.flat-xml": ("fodt", "fods", "fodp", "fodg"),
    "application/vnd.oasis.opendocument.formula": ("odf",),
    "application/vnd.oasis.opendocument.graphics": ("odg",),
    "application/vnd.oasis.opendocument.graphics-template": ("otg",),
    "application/vnd.oasis.opendocument.presentation": ("odp",),
    "application/vnd.oasis.opendocument.presentation-template": ("otp",),
    "application/vnd.oasis.opendocument.spreadsheet": ("ods",),
    "application/vnd.oasis.opendocument.spreadsheet-template": ("ots",),
    "application/vnd.oasis.opendocument.text": ("odt",),
    "application/vnd.oasis.opendocument.text-master": ("odm",),
    "application/vnd.oasis.opendocument.text-template": ("ott",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx", "ppsx", "potx"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx", "xltx"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx", "dotx"),
    "application/vnd.ms-cab-compressed": ("cab",),
    "application/x-7z-compressed": ("7z",),
    "application/x-archive": ("ar", "a"),
    "application/x-bzip2": ("bz2", "tbz2", "tbz"),
    "application/x-compress": ("z",),
    "application/x-cpio": ("cpio",),
    "application/x-iso9660-image": ("iso",),
    "application/vnd.fujixerox.docuworks": ("xdw", "xbd", "xct"),
    "application/hwp+zip": ("hwpx",),
    "application/x-hwp": ("hwp", "hwt"),
    "application/x-js-taro": ("jtd", "jtt", "jtdc", "jttc", "jfw", "jvw", "jbw", "juw", "jaw", "jtw", "jsw"),
    "application/x-jwc": ("jwc",),
    "application/x-jww": ("jww",),
    "application/x-sxf": ("sfc",),
    "application/x-lz4": ("lz4",),
    "application/x-lzh-compressed": ("lzh", "lha", "lzs", "pma"),
    "application/x-lzip": ("lz", "tlz"),
    "application/x-lzma": ("lzma",),
    "application/x-rar": ("rar",),
    "application/x-tar": ("tar",),
    "application/xhtml+xml": ("xhtml", "xht", "html", "htm"),
    "application/x-xz": ("xz", "txz"),
    "application/zip": ("zip",),
    "application/zstd": ("zst", "tzst"),
    "image/avif": ("avif", "avifs"),
    "image/bmp": ("bmp", "dib"),
    "image/emf": ("emf",),
    "image/gif": ("gif",),
    "image/heic": ("heic", "heif", "hif", "heics", "heifs"),
    "image/jp2": ("jp2", "j2k", "jpf", "jpx", "j2c", "jpc"),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif", "jif"),
    "image/png": ("png", "apng"),
    "image/svg+xml": ("svg", "svgz"),
    "image/tiff": ("tif", "tiff"),
    "image/vnd.adobe.photoshop": ("psd",),
    "image/vnd.microsoft.icon": ("ico", "cur"),
    "image/vnd.dwg": ("dwg",),
    "image/vnd.dxf": ("dxf",),
    "image/webp": ("webp",),
    "image/wmf": ("wmf", "apm"),
    "model/step": ("p21", "stp", "step"),
    "image/x-svm": ("svm",),
    "message/rfc822": ("eml", "mht", "mhtml", "txt"),
    "text/calendar": ("ics", "ifb", "vcs"),
    "text/csv": ("csv", "txt"),
    "text/html": ("html", "htm", "xhtml", "xht", "shtml"),
    "text/plain": (
        "txt", "text", "log", "md", "markdown", "rst", "tex", "yaml", "yml", "toml", "conf", "cfg", "properties",
        "json", "jsonl", "ndjson", "geojson", "sql", "diff", "patch", "c", "h", "cpp", "hpp", "java", "kt", "go", "rs",
        "cs", "css", "po", "srt", "vtt",
    ),  # what an editor opens, or a viewer that runs nothing
    "text/tab-separated-values": ("tsv", "tab", "txt", "csv"),
    "text/vcard": ("vcf", "vcard"),
    "text/xml": (
        "xml", "xsd", "xsl", "xslt", "rdf", "rss", "atom", "kml", "gpx", "gml", "xbrl", "wsdl", "xlf", "xliff", "tmx",
        "opml", "ttml",
    ),
}  # fmt: skip
_OWNERS: Final[Mapping[str, frozenset[str]]] = {
    ending: frozenset(kind for kind, endings in ENDINGS.items() if ending in endings)
    for endings in ENDINGS.values()
    for ending in endings
}
_TEXTS: Final = frozenset({"application/json", "application/xml", "application/xhtml+xml", "message/rfc822"})
_LONGEST: Final = 12


def ending_of(name: str) -> str:
    """What stands behind the last dot, lower case, "" for none."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem and len(ending) <= _LONGEST else ""


def promised(name: str) -> frozenset[str]:
    """The types that go by the ending of this name; none for an ending that is not in the table."""
    return _OWNERS.get(ending_of(name), frozenset())


def with_ending(name: str, media_type: str) -> str:
    """The name with an ending of this type: another one that promises a type gives way, any other is kept in front."""
    endings = ENDINGS.get(media_type)
    if not name or endings is None or ending_of(name) in endings:
        return name
    if media_type == "message/rfc822" and not promised(name):
        return name  # mails are kept under names of every kind, by their numbers too
    stem = name[: -len(ending_of(name)) - 1] if promised(name) else name
    return f"{stem}.{endings[0]}"


def disagrees(name: str, detected_type: str) -> bool:
    """Whether the ending promises another type than the content has; which kind of text it is, the ending may say."""
    types = promised(name)
    if not types or detected_type in types:
        return False
    return not (_is_text(detected_type) and all(_is_text(each) for each in types))


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or media_type in _TEXTS
