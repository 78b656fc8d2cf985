"""What a decoder of pictures hands over once it has encoded again: the bytes and what a reader must know of them."""

import msgspec
import pikepdf


class Encoded(msgspec.Struct, frozen=True):
    """A picture written anew."""

    data: bytes
    filter: str  #: "/FlateDecode", "/DCTDecode" or "/CCITTFaxDecode"
    width: int  #: pixels
    height: int
    bits: int  #: of each component
    components: int
    parameters: dict[str, object] = {}  #: of the filter
    alpha: "Encoded | None" = None  #: transparency that lay in the picture itself

    def entries(self) -> dict[str, object]:
        """What the stream's dictionary says of it."""
        said: dict[str, object] = {
            "/Filter": pikepdf.Name(self.filter),
            "/Width": self.width,
            "/Height": self.height,
            "/BitsPerComponent": self.bits,
        }
        if self.parameters:
            said["/DecodeParms"] = pikepdf.Dictionary(self.parameters)
        return said
