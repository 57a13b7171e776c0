"""Being signed in: tokens are stored before they are used, and only a signed order clears the store."""

import json
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from studio_sync_client.errors import DeviceWiped, Json, NoAnswer, Problem, SignedOut, WrongOwner
from studio_sync_client.store import Store
from studio_sync_client.turns import turn
from studio_sync_client.wipe import is_true_order
from studio_sync_client.wire import Request, Wire

_SERVER_ERROR = 500
_LIMITED = 429
_TURN_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Device:
    """What a phone says about itself.

    `uid` is made once for an installation and kept for ever: hand in the same for every store of the phone,
    or leave it to the only one.
    """

    name: str
    model: str
    platform: str
    app_version: str
    schema_version: int = 1
    uid: str | None = None


class Session:
    """The sign-in a store is used under."""

    def __init__(self, store: Store, wire: Wire, device: Device) -> None:
        self._store = store
        self._wire = wire
        self._device = device
        if store.state("wipe_order") is not None:
            self._clear()

    @property
    def owner(self) -> Json | None:
        """Return whose store it is, as `account`, `user` and `device`; None before the first sign-in."""
        owner: Json | None = self._store.state("owner")
        return owner

    @property
    def uid(self) -> str:
        """Return the id of this installation."""
        with self._store.transaction():
            kept = self._store.state("uid")
            uid = self._device.uid or kept or str(uuid4())
            if uid != kept:
                self._store.keep("uid", uid)
        return str(uid)

    def sign_in(self, account: str, initials: str, password: str) -> None:
        """Sign in as a phone. Raises `WrongOwner` when the store is somebody else's."""
        self.finish_wipe()
        phone = asdict(self._device) | {"uid": self.uid}
        words = {"account": account, "initials": initials, "password": password, "device": phone}
        with self._turn():
            answer = self._once(Request("POST", "/v1/auth/login", json.dumps(words)))
            if not self._is_ours(answer):
                self._end(answer["access_token"])
                raise WrongOwner
            self._keep(answer, signed_in_at=answer["server_time"])

    def sign_out(self) -> None:
        """End the sign-in, here in any case; records and queue stay."""
        with self._turn():
            tokens = self._store.state("tokens")
            self._store.keep("tokens", None)
            if tokens:
                self._end(tokens["access"])

    def ask(self, method: str, path: str, *, body: Any = None, text: str | None = None) -> Json:
        """Ask as the one signed in, repeating what may be repeated; tokens that ended are exchanged once."""
        content = json.dumps(body) if text is None and body is not None else text
        tokens = self.tokens()
        if tokens.get("app") != self._app:
            # Updated: the server gives records in the shape of the version it was told last.
            tokens = self.exchanged(tokens)
        try:
            return self._patiently(Request(method, path, content, tokens["access"]))
        except Problem as problem:
            if problem.code not in ("token_expired", "invalid_token"):
                raise
        tokens = self.exchanged(tokens)
        try:
            return self._patiently(Request(method, path, content, tokens["access"]))
        except Problem as problem:
            if problem.code == "invalid_token":
                raise SignedOut(problem.code) from problem
            raise

    def finish_wipe(self) -> None:
        """Clear what an order demands that was written down, and send its receipt until it is answered."""
        order = self._store.state("wipe_order")
        if order is None:
            return
        self._clear()
        receipt = Request("POST", "/v1/devices/me/wiped", json.dumps({"wipe_order": order}))
        try:
            self._wire.ask_once(receipt)
        except NoAnswer:
            return
        except Problem as problem:
            if problem.status >= _SERVER_ERROR or problem.status == _LIMITED:
                return
        self._store.keep("wipe_order", None)

    def tokens(self) -> Json:
        """Return the tokens to ask with. Raises `SignedOut`."""
        tokens: Json | None = self._store.state("tokens")
        if tokens is None:
            self.finish_wipe()
            raise SignedOut
        return tokens

    def exchanged(self, stale: Json) -> Json:
        """Exchange the refresh token, unless somebody did since these tokens were read."""
        with self._turn():
            tokens = self.tokens()
            if tokens["access"] != stale["access"]:
                return tokens
            asked = {
                "refresh_token": tokens["refresh"],
                "device_uid": self.uid,
                **self._app,
            }
            try:
                answer = self._patiently(Request("POST", "/v1/auth/refresh", json.dumps(asked)))
            except Problem as problem:
                if problem.code in ("token_expired", "invalid_token", "refresh_reused"):
                    self._store.keep("tokens", None)
                    raise SignedOut(problem.code) from problem
                raise
            return self._keep(answer)

    def obey(self, problem: Problem) -> None:
        """Clear the store if this is an order to, signed by our server for this phone; else do nothing."""
        owner, order = self.owner, problem.members.get("wipe_order")
        if problem.code != "device_deactivated" or owner is None or not is_true_order(order, owner, self.uid):
            return
        self._store.keep("wipe_order", order)
        self.finish_wipe()
        raise DeviceWiped from problem

    def _clear(self) -> None:
        self._store.clear(but=("wipe_order", "uid"))
        self._store.shred()

    @property
    def _app(self) -> Json:
        return {"app_version": self._device.app_version, "schema_version": self._device.schema_version}

    def _turn(self) -> AbstractContextManager[None]:
        """Be the only one who changes the tokens: a refresh token that is used twice ends the sign-in."""
        return turn(self._store.path, "tokens", patience=_TURN_SECONDS)

    def _keep(self, answer: Json, **more: Any) -> Json:
        """Store who we are and the new tokens, on disk before they are returned."""
        tokens = {"access": answer["access_token"], "refresh": answer["refresh_token"], "app": self._app}
        told = {name: answer[name] for name in ("account", "user", "device", "wipe_key")}
        with self._store.transaction():
            self._store.keep("owner", {**(self.owner or {}), **told, **more})
            self._store.keep("tokens", tokens)
        return tokens

    def _is_ours(self, answer: Json) -> bool:
        owner = self.owner
        return owner is None or all(owner[name]["id"] == answer[name]["id"] for name in ("account", "user"))

    def _end(self, access_token: str) -> None:
        try:
            self._once(Request("POST", "/v1/auth/logout", token=access_token))
        except (NoAnswer, Problem):
            return  # It ends by itself, and nobody has its tokens any more.

    def _once(self, request: Request) -> Json:
        try:
            return self._wire.ask_once(request)
        except Problem as problem:
            self.obey(problem)
            raise

    def _patiently(self, request: Request) -> Json:
        try:
            return self._wire.ask(request)
        except Problem as problem:
            self.obey(problem)
            raise
