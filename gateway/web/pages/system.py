"""The installation: what the checks say, versions and licences, what the parts are doing."""

from fastapi import FastAPI, Request, Response

from gateway.web.desk import Desk
from gateway.web.health import examine
from gateway.web.reading.inventory import packages, versions


def add_system(app: FastAPI, desk: Desk) -> None:
    """Adds the route."""

    @app.get("/system", include_in_schema=False)
    async def system(request: Request) -> Response:
        doing = desk.gateway.health()
        return desk.page(
            request,
            "system.html",
            checks=await desk.gateway.checks(),
            health=await examine(desk.gateway),
            doing=doing,
            versions=versions(),
            packages=packages(),
        )
