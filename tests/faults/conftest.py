from tests.e2e.conftest import weights

__all__ = ["weights"]
