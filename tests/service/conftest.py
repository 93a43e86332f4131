"""What the tests of the workflow library work with."""

import pytest
from tests.fixtures import node_definitions

from greenroom.domain.ids import WorkerId
from greenroom.service.node_info import NodeInfo
from greenroom.service.workflows import Workflows


@pytest.fixture
def nodes():
    known = NodeInfo()
    known.learn(WorkerId("a"), node_definitions.DEFINITIONS)
    return known


@pytest.fixture
def library(database, nodes):
    return Workflows(database, nodes)
