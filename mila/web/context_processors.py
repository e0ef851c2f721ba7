"""What every page knows of the site, as `mila`: allauth's pages have a `site` of their own.

Asks no database.
"""

from django.conf import settings


def site_facts(request) -> dict:
    return {
        "mila": {
            "name": "Mila",
            "languages": settings.LANGUAGES,
            "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
            "standin": settings.STANDIN,
            "support": settings.SUPPORT,
            "production": settings.PRODUCTION,
        }
    }
