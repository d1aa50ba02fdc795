"""What was acknowledged outlives a sudden death."""

from pathlib import Path

import pytest

from tests.e2e.conftest import serving
from tests.e2e.simulated import simulated
from tests.e2e.test_talents import actor


@pytest.mark.thorough
def test_a_pin_and_a_setting_outlive_a_sudden_death_right_after_they_were_acknowledged(tmp_path: Path) -> None:
    with simulated(actor("left:8b", {}), actor("right:8b", {})) as (_, config):
        with serving(tmp_path, config=config) as router:
            router.until(lambda: len(router.call("/admin/models")) == 2)
            router.call("/admin/settings", {"key": "quality_preference", "value": 0.9})
            router.call("/admin/models/sim/right:8b/disable", {})
            router.call("/admin/models/sim/left:8b/pin", {})
            router.process.kill()
            router.process.wait()
        with serving(tmp_path, config=config) as again:
            again.until(lambda: len(again.call("/admin/models")) == 2)
            kept = {m["info"]["name"]: (m["pinned"], m["enabled"]) for m in again.call("/admin/models")}
            assert kept == {"left:8b": (True, True), "right:8b": (False, False)}
            values = {one["key"]: one["value"] for one in again.call("/admin/settings")}
            assert values["quality_preference"] == 0.9
            again.until(lambda: again.residency()["left:8b"] == "resident")
