"""ZIP files: read so strictly that no other reader sees another content; written the same each time."""

from sanitizers.zipped.reading import Anomaly, Member, Zipped, opened
from sanitizers.zipped.writing import Packing, written

__all__ = ["Anomaly", "Member", "Packing", "Zipped", "opened", "written"]
