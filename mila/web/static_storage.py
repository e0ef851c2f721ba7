"""Static files under names that carry their checksum, so that browsers may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports of our own modules. Django's switch for that would read everybody's
    scripts, where it stumbles over comments that only look like imports.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            "js/*.js",
            (
                (r"""(?P<matched>from "(?P<url>\.[^"]+)")""", """from "%(url)s\""""),
                (r"""(?P<matched>import "(?P<url>\.[^"]+)")""", """import "%(url)s\""""),
                (r"""(?P<matched>import\("(?P<url>\.[^"]+)"\))""", """import("%(url)s")"""),
            ),
        ),
    )
