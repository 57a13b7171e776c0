"""An offline client of a studio-sync server: a local copy in SQLite, and the sync that keeps it in step."""

from studio_sync_client.client import Client, Report, Status
from studio_sync_client.digests import Digest
from studio_sync_client.edits import Save
from studio_sync_client.errors import (
    AlreadyHeld,
    DeviceWiped,
    Drifted,
    NoAnswer,
    NotHeld,
    Problem,
    RetryLater,
    SignedOut,
    StoreTooNew,
    StudioError,
    SyncRunning,
    TooMuchAtOnce,
    WrongOwner,
)
from studio_sync_client.inbox import Entry, Resolution
from studio_sync_client.live import Listener
from studio_sync_client.paging import Page
from studio_sync_client.pulling import Wanted
from studio_sync_client.refusals import Refusal, Warned
from studio_sync_client.session import Device
from studio_sync_client.wire import Pace

__all__ = [
    "AlreadyHeld",
    "Client",
    "Device",
    "DeviceWiped",
    "Digest",
    "Drifted",
    "Entry",
    "Listener",
    "NoAnswer",
    "NotHeld",
    "Pace",
    "Page",
    "Problem",
    "Refusal",
    "Report",
    "Resolution",
    "RetryLater",
    "Save",
    "SignedOut",
    "Status",
    "StoreTooNew",
    "StudioError",
    "SyncRunning",
    "TooMuchAtOnce",
    "Wanted",
    "Warned",
    "WrongOwner",
]
