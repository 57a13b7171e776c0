"""An exchange: what the user did goes up and what changed comes down, in one round trip."""

from dataclasses import dataclass

from app.accounts.errors import DeviceRequired
from app.accounts.standing import Standing, admit, glance, refuse_old
from app.accounts.tokens import Claims
from app.core.admission import Gone
from app.core.db import Database
from app.core.keys import KeyRing
from app.sync.cursor import Sealer
from app.sync.pull import Pulled, idle, opened, pull, resting
from app.sync.push import prepare, push
from app.sync.replica import Replica
from app.sync.schemas import PullRequest, SyncRequest


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, whether they still wait, and by what they are answered: of all they may see if `is_whole`."""

    database: Database
    keys: KeyRing
    claims: Claims
    sealer: Sealer
    minimum: int
    gone: Gone | None = None
    is_whole: bool = False
    replica: Replica | None = None

    async def pull(self, asked: PullRequest) -> tuple[Pulled, Standing]:
        """Return the next page and whose it is; raises as a pull.

        Most ask for what they have. That much is seen by one look at the clock, and only who lacks something
        gets a transaction, in which they are judged again, or a page of the replica.
        """
        cursor = resting(self.sealer, asked)
        stands = None if cursor is None else await self._glance()
        if cursor is not None and stands is not None:
            at, known = (cursor, stands.who, stands.clock), stands.schema_version
            pulled = idle(*at, asked, schema_version=known, is_whole=self.is_whole)
            if pulled:
                return pulled, stands
        return await self._at_replica(asked, stands) or await self._at_primary(asked)

    async def push_and_pull(self, sent: SyncRequest) -> tuple[bytes, Pulled, Standing]:
        """Return the verdicts as JSON text, and the page that has what the push changed.

        The push is committed before the pull begins. A cursor the pull would refuse is refused before
        anything is taken in, and who is no device before its turn has come.
        """
        pushed = b"null"
        if sent.push and sent.push.changes:
            if self.claims.device_id is None:
                raise DeviceRequired
            ready = prepare(sent.push)
            async with self.database.writing(self.claims.account_id, gone=self.gone) as turn:
                work = await admit(turn, self.keys, self.claims)
                refuse_old(work.schema_version, self.minimum)
                at = (turn, work.who, work.clock)
                await opened(*at, self.sealer, sent.pull, schema_version=work.schema_version)
                pushed = await push(*at, ready, schema_version=work.schema_version)
            return pushed, *await self.read(sent.pull)
        return pushed, *await self.pull(sent.pull)

    async def read(self, asked: PullRequest) -> tuple[Pulled, Standing]:
        """Return the next page, read in a transaction that has ended; raises as a pull."""
        return await self._at_replica(asked) or await self._at_primary(asked)

    async def _glance(self) -> Standing | None:
        """Return how the caller stands, by one look at the primary, where such a look sees anything."""
        stands = await glance(self.database, self.keys, self.claims, self.gone)
        if stands is not None:
            refuse_old(stands.schema_version, self.minimum)
        return stands

    async def _at_replica(
        self, asked: PullRequest, stands: Standing | None = None
    ) -> tuple[Pulled, Standing] | None:
        """Return the next page from the replica, for who may come in by the primary's word of this request.

        None where there is no replica, or it is not just as far as the primary was when that was asked.
        """
        if self.replica is None or self.replica.is_resting:
            return None
        stands = stands or await self._glance()
        if stands is None:
            return None
        pulled = await self.replica.page(stands, self.sealer, asked, is_whole=self.is_whole, gone=self.gone)
        return (pulled, stands) if pulled else None

    async def _at_primary(self, asked: PullRequest) -> tuple[Pulled, Standing]:
        async with self.database.reading(self.claims.account_id, gone=self.gone) as session:
            work = await admit(session, self.keys, self.claims)
            refuse_old(work.schema_version, self.minimum)
            at, known = (session, work.who, work.clock, self.sealer), work.schema_version
            return await pull(*at, asked, schema_version=known, is_whole=self.is_whole), work
