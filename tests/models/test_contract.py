"""Our real voices keep the contract that every engine is asked to keep."""

from collections.abc import Callable

import pytest

from firstword.engines.hibari import plugin
from firstword.engines.hibari.engine import HibariEngine
from firstword.testing import CHECKS, Case

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def hibari() -> HibariEngine:
    return plugin.load(plugin.infos()[0], None, {})


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_hibari_keeps_the_contract(hibari: HibariEngine, check: Callable[[Case], None]) -> None:
    check(Case(hibari, "The morning train leaves the harbour town at nine.", "heart"))
