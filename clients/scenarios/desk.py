"""The studio besides its phones: somebody at a desk, who also runs the place."""

from dataclasses import dataclass, field
from typing import Any, Self

import httpx

Json = dict[str, Any]
_PATIENCE_SECONDS = 60


class Refused(Exception):
    """The studio did not let somebody at the desk do what the story has them do."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    account: str
    initials: str
    password: str

    @property
    def words(self) -> Json:
        """Return what is typed to sign in."""
        return {"account": self.account, "initials": self.initials, "password": self.password}


@dataclass
class Desk:
    """An administrator at a desk, and who has the phones: `phone` a user, `other` the administrator."""

    base_url: str
    people: dict[str, Person]
    client: httpx.Client
    users: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, demo: Json) -> Self:
        """Sign in to the studio a `demo.json` tells of."""
        by_role = {
            each["role"]: Person(demo["account"], each["initials"], each["password"])
            for each in demo["users"]
        }
        people = {"phone": by_role["user"], "other": by_role["administrator"]}
        client = httpx.Client(base_url=demo["base_url"], timeout=_PATIENCE_SECONDS)
        desk = cls(demo["base_url"], people, client)
        desk.sign_in()
        desk.users = {each["initials"]: each["id"] for each in desk.ask("GET", "/v1/users")["users"]}
        return desk

    def sign_in(self) -> None:
        """Sign in, for a quarter of an hour."""
        token = self.ask("POST", "/v1/auth/login", self.people["other"].words)["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Leave."""
        self.client.close()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask the API; whatever is refused is a fault of the story."""
        answer = self.client.request(method, path, json=body, headers=headers)
        if not answer.is_success:
            raise Refused(f"the desk was refused {method} {path}: {answer.text}")
        return answer.json() if answer.content else None

    def _change(self, method: str, path: str, body: Any = None) -> Any:
        """Change what is there as it was read just now."""
        now = self.client.get(path)
        return self.ask(method, path, body, **{"If-Match": now.headers["ETag"]})

    # Records

    def create(self, collection: str, fields: Json) -> str:
        """Make a record and return its id."""
        return str(self.ask("POST", f"/v1/{collection}", fields)["id"])

    def patch(self, collection: str, record_id: str, fields: Json) -> None:
        """Change some fields of a record."""
        self._change("PATCH", f"/v1/{collection}/{record_id}", fields)

    def delete(self, collection: str, record_id: str) -> None:
        """Delete a record."""
        self._change("DELETE", f"/v1/{collection}/{record_id}")

    def command(self, collection: str, record_id: str, command: str, fields: Json) -> None:
        """Have something done with a record."""
        self.ask("POST", f"/v1/{collection}/{record_id}/{command}", fields)

    def read(self, collection: str, record_id: str) -> Json | None:
        """Return a record, none where there is none."""
        answer = self.client.get(f"/v1/{collection}/{record_id}")
        if answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
            return None
        answer.raise_for_status()
        record: Json = answer.json()
        return record

    def count(self, collection: str, fields: Json) -> int:
        """Return how many records have these values."""
        records: list[Json] = []
        page: str | None = None
        while True:
            query = f"?page={page}" if page else ""
            answer = self.ask("GET", f"/v1/{collection}{query}")
            records += answer["records"]
            page = answer["next_page"]
            if page is None:
                return sum(all(each[name] == value for name, value in fields.items()) for each in records)

    # Running the place

    def place(self, phone: str) -> None:
        """See to it that a phone of somebody finds a place."""
        user = self.users[self.people[phone].initials]
        rows = self.ask("GET", f"/v1/devices?user_id={user}")["devices"]
        if not any(not each["is_bound"] and not each["is_inactive"] for each in rows):
            self.ask("POST", "/v1/devices", {"user_id": user})

    def free(self, device_id: str) -> None:
        """Have the place of a phone back, whatever has become of that."""
        path = f"/v1/devices/{device_id}"
        self._change("PATCH", path, {"is_inactive": True, "wipe": True})
        self._change("PATCH", path, {"is_inactive": False})

    def deactivate(self, device_id: str) -> None:
        """Have a phone wiped."""
        self._change("PATCH", f"/v1/devices/{device_id}", {"is_inactive": True, "wipe": True})

    def is_wiped(self, device_id: str) -> bool:
        """Say whether a phone has confirmed that its copy is gone."""
        return self.ask("GET", f"/v1/devices/{device_id}")["wiped_at"] is not None

    def prefer(self, device_id: str, values: Json) -> None:
        """Have a phone hold less, or, with null, as much as the company's."""
        self.ask("PUT", f"/v1/devices/{device_id}/preferences", values)

    def allow(self, phone: str, levels: Json) -> None:
        """Give the owner of a phone these levels, and no others; security stays active."""
        if not self.ask("GET", "/v1/account")["is_security_active"]:
            self._change("PATCH", "/v1/account", {"is_security_active": True})
        self._change("PATCH", f"/v1/users/{self.users[self.people[phone].initials]}", {"levels": levels})
