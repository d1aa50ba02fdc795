"""What is asked on Ask, whoever looks at it."""

from llmrouter_tui.core.events import TextsForgotten
from llmrouter_tui.core.forgetting import Forget
from tests.tui.scripted import BIG, PHI, SMALL
from tests.tui.test_ask_page import answered, ask, asked, asking, shown
from tests.tui.test_flows import until


async def test_an_answer_that_gives_its_place_to_another_models_is_stopped() -> None:
    async with asking() as (app, pilot):
        [first] = await ask(app, pilot)
        for count, model in enumerate((SMALL, PHI, BIG), 2):
            app.asks.another(model)
            await until(app, pilot, lambda count=count: len(asked(app)) == count)
        await until(app, pilot, first.closed.is_set)
        assert [answer.closed.is_set() for answer in asked(app)] == [True, False, False, False]
        app.asks.stop()
        await until(app, pilot, lambda: all(answer.closed.is_set() for answer in asked(app)))


async def test_what_is_forgotten_is_on_the_page_no_more() -> None:
    async with asking() as (app, pilot):
        await answered(app, pilot, *await ask(app, pilot))
        assert "It is stable" in shown(app)
        assert app.asks.history == ["merge two lists"]
        (answer,) = app.asks.round.answers
        app.host.feed.push(TextsForgotten(Forget(exchange="another")))
        app.host.feed.push(TextsForgotten(Forget(exchange=answer.exchange.id)))
        await until(app, pilot, lambda: app.asks.round is None)
        await until(app, pilot, lambda: "It is stable" not in shown(app))
        assert (answer.text, answer.exchange.answer, app.asks.history) == ("", "", [])
        app.asks.send()
        await until(app, pilot, lambda: len(asked(app)) == 2)
        second = asked(app)[1]
        app.host.feed.push(TextsForgotten(Forget()))
        await until(app, pilot, lambda: app.asks.history == [])
        assert app.asks.round is not None, "what is being written is not stored yet"
        await answered(app, pilot, second)
