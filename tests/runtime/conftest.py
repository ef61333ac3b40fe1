"""What the runtime's tests fetch from: a model hub on loopback."""

from tests.catalog.conftest import hub as hub
