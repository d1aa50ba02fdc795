"""Facts from a quick constructor are like those of the dataclass itself."""

import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from llmrouter_tui.core.making import maker, maker_with


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    number: float = 1.5
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Growing:
    names: list[str] = field(default_factory=list)


quick = maker(Fact)


def test_the_quick_constructor_takes_what_the_class_takes() -> None:
    for arguments in (("a",), ("a", 2.0), ("a", 2.0, ("x",))):
        assert quick(*arguments) == Fact(*arguments)
    assert quick(name="a", notes=("x",)) == Fact("a", notes=("x",))
    with pytest.raises(TypeError):
        quick()  # type: ignore[call-arg]


def test_what_it_makes_is_of_the_class_and_frozen() -> None:
    fact = quick("a")
    assert type(fact) is Fact
    with pytest.raises(FrozenInstanceError):
        fact.name = "b"  # type: ignore[misc]
    assert replace(fact, name="b") == Fact("b")
    assert pickle.loads(pickle.dumps(fact)) == fact


def test_a_class_that_does_more_than_store_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Checked:
        name: str

        def __post_init__(self) -> None: ...

    for kind in (Checked, Growing):
        with pytest.raises(TypeError, match=kind.__name__):
            maker(kind)


@dataclass(frozen=True, slots=True)
class Pair:
    left: Fact
    size: int
    right: Fact


def test_a_fact_is_made_together_with_those_it_holds() -> None:
    pair = maker_with(Pair, left=Fact, right=Fact)("a", 1.0, (), 7, "b", 2.0, ("x",))
    assert pair == Pair(Fact("a", 1.0), 7, Fact("b", 2.0, ("x",)))
    assert (type(pair), type(pair.left), type(pair.right)) == (Pair, Fact, Fact)
    with pytest.raises(FrozenInstanceError):
        pair.left.name = "c"  # type: ignore[misc]
    with pytest.raises(TypeError, match="Growing"):
        maker_with(Pair, left=Growing)
