"""What pages and API share beyond the store: made once for each application."""

from gateway.web.handling import Handling
from gateway.web.happenings import Happenings
from gateway.web.health import Served
from gateway.web.jobs import Jobs
from gateway.web.proving import Proofs
from gateway.web.transfers.watching import Watching
from gateway.web.trying import Trying


class Bench:
    """The tools of one process."""

    def __init__(self, gateway: Served) -> None:
        self.handling = Handling(gateway)
        self.happenings = Happenings(gateway)
        self.jobs = Jobs(gateway, self.happenings.tell)
        self.proofs = Proofs(gateway)
        self.trying = Trying(gateway)
        self.watching = Watching(gateway.store.audit_head)

    async def stop(self) -> None:
        """Streams and jobs end."""
        self.happenings.stop()
        self.watching.stop()
        await self.jobs.stop()
        await self.proofs.stop()
