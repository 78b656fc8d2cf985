"""The rules as a matrix, and which profile a recipient would get."""

from fastapi import FastAPI, Request, Response

from gateway.model import Direction
from gateway.web.desk import Desk
from gateway.web.reading import matrix

LONGEST_ADDRESS = 320


def add_rules(app: FastAPI, desk: Desk) -> None:
    """Adds the route."""

    @app.get("/rules", include_in_schema=False)
    async def rules(request: Request, address: str = "", direction: str = Direction.INBOUND.value) -> Response:
        found = desk.gateway.rules
        asked = address.strip()[:LONGEST_ADDRESS]
        way = Direction(direction) if direction in list(Direction) else Direction.INBOUND
        return desk.page(
            request,
            "rules.html",
            rules=found,
            profiles=list(found.profiles),
            families=matrix.families(found),
            manners=matrix.manners(found),
            holding=matrix.holding(found),
            budgets=[
                (title, [(name, getattr(budget, name)) for name in budget.__struct_fields__])
                for title, budget in (("budget", found.budget), ("file_budget", found.file_budget))
            ],
            address=asked,
            direction=way,
            directions=list(Direction),
            chosen=matrix.profile_for(found, asked, way.value) if asked else None,
        )
