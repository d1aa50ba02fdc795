"""A whole router over its simulated fleet is asked whatever its description allows, and what it does not.

Models may be out of reach then, which is a typed answer (502, 503, 504 with the router's own code); a failure of the
router's own (500), an answer that is not as described, and one that does not come are faults.
"""

import json
import os
import urllib.error
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.e2e.conftest import Router, serving
from tests.proxy.fuzzing import fuzz

EXAMPLES = int(os.environ.get("LLMROUTER_FUZZ", "2"))
"""Of each operation, as described, and as many against it; more where somebody has the minutes."""
NOT_ASKED = {
    "POST /admin/shutdown": "it would end the router",
    "POST /admin/listen": "it would serve elsewhere",
    "POST /admin/restore": "it would go on with another database",
    "POST /admin/backends": "it would ask addresses that are not of this machine",
    "POST /admin/sync": "it would ask the internet",
    "POST /admin/starter": "it would ask the internet",
}
HELD = {"host", "port", "keep_days"}
"""Settings that end the run, not the router."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("fuzz")]


def test_a_whole_router_answers_whatever_it_is_asked(tmp_path: Path) -> None:
    with serving(tmp_path, "--demo") as router:
        router.until(lambda: len(router.call("/v1/models")["data"]) > 6)
        found = fuzz(router.url, examples=EXAMPLES, wanted=lambda label: label not in NOT_ASKED, away=True)
        assert router.process.poll() is None
        assert found.faults == []
        assert found.statuses()[200] > 13 * EXAMPLES
        assert found.statuses()[500] == 0
        log = router.log.read_text()
        assert "Traceback" not in log, log[log.find("Traceback") - 500 :]


def test_no_value_of_a_setting_makes_the_router_fail(tmp_path: Path) -> None:
    """Each setting is given values of all kinds and then left as it was; the router goes on answering."""
    with serving(tmp_path, "--demo") as router:
        keys = [setting["key"] for setting in router.call("/admin/settings") if setting["key"] not in HELD]
        for key in keys:
            _try_values(router, key)
            _set(router, key, None)
        assert router.call("/health")["status"]
        log = router.log.read_text()
        assert "Traceback" not in log, log[log.find("Traceback") - 500 :]


def _try_values(router: Router, key: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(JSON)
    def give(value: Any) -> None:
        assert _set(router, key, value) in (200, 400), (key, value)

    give()


def _set(router: Router, key: str, value: Any) -> int:
    try:
        router.call("/admin/settings", {"key": key, "value": value})
    except urllib.error.HTTPError as refused:
        assert json.loads(refused.read())["error"]["code"] in ("invalid_request", "forbidden", "not_found"), key
        return 400
    return 200
