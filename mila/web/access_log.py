"""The lines of the page server: who asked for what, without the keys in the
addresses (rule B11).
"""

from gunicorn.glogging import Logger

from mila.logs import WithoutKeys


class WebLog(Logger):
    """For gunicorn's `--logger-class`: request, referrer and errors pass through the site's own
    formatter.
    """

    def setup(self, cfg):
        super().setup(cfg)
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            if handler.formatter is not None:
                handler.setFormatter(WithoutKeys(handler.formatter._fmt, handler.formatter.datefmt))
