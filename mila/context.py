"""What every page knows of the house, as `house`. Nothing here asks the database."""

from django.conf import settings


def house(request) -> dict:
    return {
        "house": {
            "name": "Mila",
            "languages": settings.LANGUAGES,
            "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
            "standin": settings.STANDIN,
            "support": settings.SUPPORT,
            "production": settings.PRODUCTION,
        }
    }
