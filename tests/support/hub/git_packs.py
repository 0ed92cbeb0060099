"""Packs made by hand, for repositories that hold what the local Hub itself would not write."""

import zlib
from collections.abc import Sequence

from dulwich.objects import Blob
from dulwich.pack import OFS_DELTA, create_delta
from dulwich.repo import Repo
from localhub.git.pack import write_pack
from localhub.repositories.packed import StoredObject


def whole(body: bytes) -> StoredObject:
    return StoredObject(Blob.from_string(body).id, Blob.type_num, len(body), zlib.compress(body))


def delta(base: bytes, body: bytes) -> StoredObject:
    """Tell a blob by its difference from another one."""
    told = b"".join(create_delta(base, body))
    oid, base_oid = Blob.from_string(body).id, Blob.from_string(base).id
    return StoredObject(oid, OFS_DELTA, len(told), zlib.compress(told), base_oid)


def add_pack(git: Repo, objects: Sequence[StoredObject]) -> None:
    """Store objects as they are given; dulwich reads them once, to make the index."""
    file, commit, _ = git.object_store.add_pack()
    for chunk in write_pack(objects):
        file.write(chunk)
    commit()
