"""A program on the generated client: it reads all clients, makes one, changes it, and is refused once."""
# ruff: noqa: INP001, T201 - a program of its own, which prints

import json
import os
from uuid import UUID, uuid4

from studio_sync_generated import AuthenticatedClient
from studio_sync_generated.api.clients import clients_change, clients_create, clients_list
from studio_sync_generated.models.client_create import ClientCreate
from studio_sync_generated.models.client_patch import ClientPatch
from studio_sync_generated.models.client_record import ClientRecord
from studio_sync_generated.models.client_type import ClientType
from studio_sync_generated.models.problem import Problem
from studio_sync_generated.types import UNSET, Unset


def all_clients(studio: AuthenticatedClient) -> list[ClientRecord]:
    """Read the list page by page."""
    found: list[ClientRecord] = []
    page: str | Unset = UNSET
    while True:
        answer = clients_list.sync(client=studio, limit=25, page=page)
        if answer is None or isinstance(answer, Problem):
            raise SystemExit(f"the list was refused: {answer}")
        found += answer.records
        if answer.next_page is None:
            return found
        page = answer.next_page


def rename(studio: AuthenticatedClient, client: UUID, last_name: str, match: str) -> str:
    """Return the name as it is then, or the code of the refusal."""
    answer = clients_change.sync(
        client,
        client=studio,
        body=ClientPatch(last_name=last_name),
        if_match=match,
        idempotency_key=str(uuid4()),
    )
    if answer is None:
        raise SystemExit("the answer was not one of the document's")
    return answer.code if isinstance(answer, Problem) else str(answer.last_name)


def main() -> None:
    """Tell what became of it, in one line of JSON."""
    with AuthenticatedClient(base_url=os.environ["STUDIO_URL"], token=os.environ["STUDIO_KEY"]) as studio:
        clients = all_clients(studio)
        ada = ClientCreate(
            client_type=ClientType.CONSUMER, first_name="Ada", last_name="Typed", email="ada@example.com"
        )
        answer = clients_create.sync_detailed(client=studio, body=ada, idempotency_key=str(uuid4()))
        made = answer.parsed
        if made is None or isinstance(made, Problem):
            raise SystemExit(f"the client was refused: {made}")
        match = answer.headers["ETag"]
        changed = rename(studio, made.id, "Compiled", match)
        stale = rename(studio, made.id, "Lost", match)
    print(json.dumps({"clients": len(clients), "id": str(made.id), "changed": changed, "stale": stale}))


if __name__ == "__main__":
    main()
