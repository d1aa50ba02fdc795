"""The screen: pages over a ``core.ports.host.Host``. The only room that knows Textual.

How it flows: ``app.ControlCenter`` runs ``host.run()`` in a thread and drains ``host.feed`` with one timer (``link``);
``state.Store`` takes in each event and answers which parts changed (``Dirty``); only the visible page is told
(``Page.absorb``). Keys, buttons, footers and the palette all go through ``Page.perform(act id)``; commands go out with
``center.command(host.control.load(...), "what failed")`` and come back as events.

Pure, without Textual or Rich: ``state`` (store), ``row``, ``ledger`` (filter, order, pause, focus), ``terms`` (filter
words), ``rates``, ``attention``, ``text`` (cells and figures), ``symbols``, ``format`` (ledger rows, tabs, footer),
``status``, ``panels`` (Dash), ``explain`` (why this model), ``actions`` (every act), ``widgets.chart``. Lines are
tuples of ``(text, role)``; ``theme.roles`` gives each role its style.
Per page, pure too: Models ``roster`` (filter, order, focus), ``models_text``, ``model_detail``, ``pending`` (marks of
what was asked); VRAM ``memory`` (ten minutes), ``pools_text`` (shared with the Dash), ``vram_text``,
``plan_text`` (what would fit), ``loads_text``; Log
``log_list``, ``log_text``; the first page ``first_run_text``; the panel of troubles ``trouble_text``; borders
``heads``. The first page stands in for the Dash while no model is anywhere (``app.go``); it is in ``pages.CLASSES`` and
has no tab of its own (``Page.TAB``). ``taken_port`` finds out who holds our port, through what ``cli`` hands in.

To add a page:

1. ``pages/<id>.py``: a subclass of ``pages.base.Page`` with ``PAGE = "<id>"``; ``body`` yields widgets, ``absorb``
   calls ``super().absorb(...)`` and repaints what the ``Dirty`` flags say, ``situation`` says what is selected.
   Panels are ``widgets.lines.LinesView(draw)`` where ``draw(cells, rows)`` returns lines from a pure function (call
   ``paint()`` when the data changed, ``head(title, note)`` for the border); lists with a cursor are
   ``widgets.ledger.Ledger`` (keys, ``draw``, ``version``, ``header``; messages ``Moved`` and ``Opened``); buttons are
   ``widgets.choice.Choice``. Never a ``DataTable`` for live data.
2. List it in ``pages.CLASSES``; its key and tab are in ``actions.PAGES`` already.
3. Acts: an ``Action`` in ``actions.ACTIONS`` with ``pages=("<id>",)`` and a method ``do_<act id>`` on the page (dots
   become underscores). ``Page.close_top`` closes what the page has open (esc, q).
4. Size and shape in ``app.tcss`` under ``<Class>``; ``-wide`` (100 columns and up), ``-narrow``, ``-tall`` (30 rows and
   up), ``-short``.
5. Tests: drive it over ``tests/tui/scripted.py`` (``shots.build``, ``shots.settled``, ``shots.screen_text``).
"""
