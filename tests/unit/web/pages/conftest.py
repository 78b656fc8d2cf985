"""The same world as the API's."""

from tests.unit.web.api.conftest import migrated, world

__all__ = ["migrated", "world"]
