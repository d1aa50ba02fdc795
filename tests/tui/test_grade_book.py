"""The grades that a screen knows: one for each judge and answer, the newest."""

from dataclasses import replace

from llmrouter_tui.core import events as ev
from llmrouter_tui.core.grades import JudgeView
from llmrouter_tui.core.profile import ProfileRun
from llmrouter_tui.tui.grade_book import KEPT, GradeBook
from llmrouter_tui.tui.state import Dirty, Store
from tests.tui.benches import RUN
from tests.tui.gradebooks import GRADES, JUDGE, NOW, SMALL, grade
from tests.tui.scripted import SNAPSHOT


def push(store: Store, fact: ev.Fact, at: float = NOW) -> Dirty:
    return store.fold([ev.Envelope(store.seq + 1, at, at, fact)])


def test_a_later_grade_of_the_same_answer_takes_the_place_of_the_older_one() -> None:
    book = GradeBook()
    book.take(GRADES[0])
    book.take(replace(GRADES[0], id="again", at=NOW, score=9.0))
    assert list(book.known) == ["again"]
    book.take(replace(GRADES[0], id="other", judge="ollama/qwen3:32b"))
    assert set(book.known) == {"again", "other"}


def test_a_failure_takes_the_place_of_no_mark_and_stands_beside_it_until_there_is_a_new_one() -> None:
    book = GradeBook()
    failed = replace(GRADES[0], at=NOW, score=None, code="malformed")
    for id_ in ("", "failed", "failed again"):
        book.take(replace(failed, id=id_) if id_ else GRADES[0])
    assert list(book.known) == ["g1", "failed again"]
    book.take(replace(GRADES[0], id="again", at=NOW + 1))
    assert list(book.known) == ["again"]


def test_on_routes_stands_the_mark_of_an_answer_not_a_later_failure_of_its_judge() -> None:
    book = GradeBook()
    book.take(mark := replace(GRADES[0], subject="exchange", ref="x1"))
    book.take(replace(mark, id="failed", at=NOW, score=None, code="malformed"))
    assert book.of("x1") == mark


def test_what_is_read_from_the_history_does_not_undo_what_was_heard_since() -> None:
    book = GradeBook()
    book.take(replace(GRADES[0], overruled=9.0))
    assert book.read(GRADES[:2]) == 1
    assert book.known["g1"].overruled == 9.0


def test_the_oldest_are_forgotten() -> None:
    book = GradeBook()
    for i in range(KEPT + 3):
        book.take(grade(f"n{i}", -i, SMALL, "chat", 5.0, ref=f"r{i}"))
    assert len(book.known) == KEPT
    assert "n2" not in book.known
    assert "n3" in book.known
    assert book.full


def test_a_snapshot_makes_the_grades_out_of_date() -> None:
    store = Store()
    store.reset(SNAPSHOT)
    assert push(store, ev.Graded(GRADES[0])) is Dirty.GRADES
    cleared = store.grades.cleared
    store.reset(replace(SNAPSHOT, seq=store.seq, judge=JUDGE))
    assert (dict(store.grades.known), store.grades.cleared, store.judge) == ({}, cleared + 1, JUDGE)
    assert push(store, ev.JudgeChanged(JudgeView("idle"))) is Dirty.JUDGE
    assert store.judge.state == "idle"


def test_a_run_says_since_when_its_prompt_is_answered() -> None:
    store = Store()
    store.reset(replace(SNAPSHOT, profile=RUN))
    assert store.prompted_at == NOW
    assert push(store, ev.ProfileChanged(replace(RUN, answer="more")), NOW + 3) is Dirty.PROFILE
    assert store.prompted_at == NOW
    push(store, ev.ProfileChanged(replace(RUN, prompt="code-race")), NOW + 5)
    assert store.prompted_at == NOW + 5
    push(store, ev.ProfileChanged(ProfileRun()), NOW + 9)
    assert store.profile == ProfileRun()
