"""Objects are read as packs hold them, deltas where their base is sent too, and a pack of them is one of git."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from dulwich.objects import Blob, ObjectID
from dulwich.repo import Repo
from localhub.git.pack import distance_header, size_header, write_pack
from localhub.repositories.packed import PackedObjects, _read_distance, _read_size

from tests.support.hub.git_client import deltas_in, objects_in
from tests.support.hub.git_packs import add_pack, delta, whole

# Each but the first is stored as its difference from the one before, which lies two and one byte's distance away.
BODIES = [b"".join(b"%d " % (number**5) for number in range(1000)) + b"." * times for times in (1, 2, 3)]
LOOSE = b"in no pack"
OIDS = [Blob.from_string(body).id for body in BODIES]
CONTENTS = dict(zip(OIDS, BODIES, strict=True)) | {Blob.from_string(LOOSE).id: LOOSE}


@pytest.fixture
def git(tmp_path: Path) -> Iterator[Repo]:
    with Repo.init_bare(tmp_path) as repo:
        add_pack(repo, [whole(BODIES[0]), *(delta(base, body) for base, body in itertools.pairwise(BODIES))])
        repo.object_store.add_object(Blob.from_string(LOOSE))
        yield repo


@pytest.mark.parametrize("offsets", [True, False])
@pytest.mark.parametrize(
    ("wanted", "deltas"), [((0, 1, 2), 2), ((2, 1, 0), 2), ((1, 2), 1), ((0, 2), 0), ((2,), 0), ((), 0)]
)
def test_deltas_come_where_their_base_does(git: Repo, wanted: tuple[int, ...], deltas: int, *, offsets: bool) -> None:
    oids = [OIDS[number] for number in wanted]
    pack = b"".join(write_pack(PackedObjects(git).read(oids), offsets=offsets))
    assert objects_in(pack) == {oid.decode(): CONTENTS[oid] for oid in oids}
    assert deltas_in(pack) == deltas


def test_what_lies_loose_comes_too(git: Repo) -> None:
    pack = b"".join(write_pack(PackedObjects(git).read(list(CONTENTS))))
    assert objects_in(pack) == {oid.decode(): content for oid, content in CONTENTS.items()}


def test_the_kind_of_a_delta_is_that_of_its_base(git: Repo) -> None:
    missing = ObjectID(b"1" * 40)
    assert PackedObjects(git).kinds([*CONTENTS, missing]) == dict.fromkeys(CONTENTS, Blob.type_num)


def test_a_missing_object_cannot_be_read(git: Repo) -> None:
    with pytest.raises(KeyError):
        PackedObjects(git).read([ObjectID(b"1" * 40)])


def test_packs_that_came_and_went_are_noticed(git: Repo) -> None:
    objects = PackedObjects(git)
    assert len(objects.read(OIDS)) == len(OIDS)
    with Repo(git.path) as other:
        other.object_store.repack()
    assert len(list(Path(git.path).rglob("*.pack"))) == 1
    again = b"".join(write_pack(objects.read(list(CONTENTS))))
    assert objects_in(again) == {oid.decode(): content for oid, content in CONTENTS.items()}
    assert objects.kinds(CONTENTS) == dict.fromkeys(CONTENTS, Blob.type_num)


@pytest.mark.parametrize("size", [0, 15, 16, 2**11 - 1, 2**11, 2**32])
def test_sizes_and_distances_are_written_as_they_are_read(size: int) -> None:
    assert _read_size(size_header(3, size) + b"..")[:2] == (3, size)
    assert _read_distance(b"." + distance_header(size) + b"..", 1) == (size, 1 + len(distance_header(size)))
