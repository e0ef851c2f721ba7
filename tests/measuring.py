"""What counts as tested (bin/coverage_gate): the lines a test reaches by what it does itself.

Not what sets its scene, nor what the walks through everything pass by the way: they would make the
gate softer, and the tracer takes half as long again as the tests (docs/decisions/0033).
"""

from contextlib import AbstractContextManager, contextmanager, nullcontext

# They ask every page as everybody, and judge what is answered.
WALKS = ("tests/access_matrix/", "tests/leak_detection/")


def unmeasured(config) -> AbstractContextManager:
    """Nothing in this block counts, but for what `measured` takes out again."""
    return _turned(config, on=False)


def measured(item) -> AbstractContextManager:
    """What this test itself does counts, if it is no walk and looks at no browser."""
    if item.nodeid.startswith(WALKS) or item.get_closest_marker("browser"):
        return nullcontext()
    return _turned(item.config, on=True)


def _turned(config, *, on: bool) -> AbstractContextManager:
    plugin = config.pluginmanager.getplugin("_cov")
    controller = plugin and plugin.cov_controller  # none without --cov
    return _while(controller, on) if controller else nullcontext()


@contextmanager
def _while(controller, on: bool):
    turn, back = controller.pause, controller.resume
    if on:
        turn, back = back, turn
    turn()
    try:
        yield
    finally:
        back()
