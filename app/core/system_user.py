"""Whom the embedded PostgreSQL runs as: it refuses root, so root finds it another user and opens its way."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

_NAME = "pgserver"
_SEARCH = 0o001
_READ = 0o004


class Identity(TypedDict, total=False):
    """The arguments of `subprocess` that change who a program runs as."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns the cluster; `identity` is empty when it is us."""

    uid: int
    gid: int

    @property
    def identity(self) -> Identity:
        """Say whom to become, if we are somebody else."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Make a path the owner's."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def owner_of(cluster: Path, binaries: Path) -> Owner:
    """Return who owns a cluster, or shall own one that does not exist yet.

    For root: the owner there is, else a system user that is made for it; and the folders that lead to the
    cluster and to the programs become searchable (not readable) for everybody.
    """
    found = cluster.stat() if cluster.exists() else None
    if os.geteuid() != 0:
        if found is not None and found.st_uid != os.geteuid():
            raise PermissionError(f"{cluster} belongs to user {found.st_uid}; run as that user, or as root")
        return Owner(os.geteuid(), os.getegid())
    _make_searchable(cluster)
    _make_searchable(binaries)
    _make_readable(binaries.parent)
    if found is not None and found.st_uid != 0:
        return Owner(found.st_uid, found.st_gid)
    entry = _system_user()
    return Owner(entry.pw_uid, entry.pw_gid)


def _system_user() -> pwd.struct_passwd:
    """Return the user, made when there is none; another process may be making it at the same moment."""
    try:
        return pwd.getpwnam(_NAME)
    except KeyError:
        program = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if program is None:
            raise PermissionError(
                "PostgreSQL does not run as root: run as another user, or set DATABASE_URL"
            ) from None
        command = [program, "--system", "--user-group", "--no-create-home", _NAME]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - a fixed command
        return pwd.getpwnam(_NAME)


def _make_searchable(path: Path) -> None:
    for folder in path.parents:
        if not folder.stat().st_mode & _SEARCH:
            folder.chmod(folder.stat().st_mode | _SEARCH)


def _make_readable(tree: Path) -> None:
    """Undo a strict umask of the installation: readable for everybody, as a package's files usually are."""
    libraries = tree.parent.with_suffix(".libs")
    for root in (tree, libraries):
        for folder, _, files in os.walk(root):
            for path in (Path(folder), *(Path(folder) / name for name in files)):
                mode = path.stat().st_mode
                if not mode & _READ:
                    path.chmod(mode | (mode & 0o500) >> 6)
