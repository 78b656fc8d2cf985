"""Pictures decoded by a decoder that we choose, and encoded again; shared by every format that holds pictures."""

from sanitizers.pictures.decoding import decoded, opened, upright
from sanitizers.pictures.placeholder import placeholder
from sanitizers.pictures.rebuild import TYPES, NewPicture, rebuilt, warm

__all__ = ["TYPES", "NewPicture", "decoded", "opened", "placeholder", "rebuilt", "upright", "warm"]
