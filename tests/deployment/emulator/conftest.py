"""What the tests of one process share: one emulator, the binary as a deployment package, the errors seen."""

import io
import os
import pathlib
import zipfile

import pytest

import taken_away
from deployment import Deployment
from emulator import Emulator
from kept_world import KeptWorld
from stack import NOT_ACCEPTED, deployable, without
from world import Functions, World


@pytest.fixture(scope="session")
def emulator():
    one = Emulator()
    yield one
    one.stop()


@pytest.fixture(scope="session")
def archive():
    """The binary, zipped as `bootstrap`."""
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o755 << 16
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as made:
        made.writestr(entry, pathlib.Path(os.environ["BINARY"]).read_bytes(), zipfile.ZIP_DEFLATED, 1)
    return package.getvalue()


@pytest.fixture(scope="session")
def functions(emulator, archive):
    return Functions(emulator, archive)


@pytest.fixture(scope="session")
def whole(emulator, archive):
    return deployable(emulator, archive)


@pytest.fixture(scope="session")
def accepted(whole):
    return without(whole, NOT_ACCEPTED)


@pytest.fixture(scope="session")
def deployments(emulator, accepted):
    """Each way to deploy, once."""
    made = {}

    def of(way):
        if way not in made:
            made[way] = Deployment(emulator, accepted, way)
        return made[way]

    return of


@pytest.fixture
def new_rotation(emulator, functions):
    def new(source):
        world = World(emulator, functions, source)
        world.begin()
        return world

    return new


@pytest.fixture
def new_keeping(emulator, functions):
    return lambda source: KeptWorld(emulator, functions, source)


@pytest.fixture(scope="session")
def seen(worker_id):
    """Every error that an action taken away has led to in this process."""
    errors = []
    yield errors
    taken_away.keep(errors, worker_id)
