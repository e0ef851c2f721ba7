"""Settings by environment only. A missing or odd value stops the start with a sentence that names
it.
"""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

import embedded
from mila import connections, logs, production
from mila.web.content_security import content_security_policy

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# "development" (laptop, demo, tests) or "production". Production has no defaults for secrets and no
# stand-in.
ENVIRONMENT = env("MILA_ENVIRONMENT", default="development")
if ENVIRONMENT not in ("development", "production"):
    raise ImproperlyConfigured("MILA_ENVIRONMENT must be 'development' or 'production'.")
PRODUCTION = ENVIRONMENT == "production"
if PRODUCTION and (wrong := production.faults(env.ENVIRON)):
    raise ImproperlyConfigured("\n".join(["Production cannot start:", *wrong]))
INSTANCE = env("MILA_INSTANCE", default="demo")  # which databases of the laptop's own servers
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = (
    env("SECRET_KEY") if PRODUCTION else env("SECRET_KEY", default="development-only-" + "x" * 40)
)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Newest first; the first encrypts, all decrypt (mila.encrypted_fields.EncryptedTextField).
FIELD_KEYS = (
    env.list("FIELD_KEYS")
    if PRODUCTION
    else env.list("FIELD_KEYS", default=["bWlsYS1kZXZlbG9wbWVudC1maWVsZC1rZXktMDAwMDE="])
)
SITE_URL = env("SITE_URL") if PRODUCTION else env("SITE_URL", default="http://localhost:8000")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])
MILA_CLOCK_MAY_MOVE = not PRODUCTION
# Of bin/run and bin/test: the instant taken for now (--at); the desk that signs in as anybody.
MILA_AT = env("MILA_AT", default="")
DEMO = env.bool("MILA_DEMO", default=False)
# How many proxies of our own add to X-Forwarded-For (mila/web/client_address.py). One too few and
# all people are one address; one too many and anybody chooses theirs.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
# mila/web/limits.py; simulate --live is one address for all
LIMITS = PRODUCTION or env.bool("LIMITS", default=True)

INSTALLED_APPS = [
    "mila",
    "accounts",
    "policy",
    "catalogue",
    "places",
    "requests_app",
    "dispatch",
    "payments",
    "payments.standin",
    "papers",
    "customer",
    "partner",
    "backoffice",
    "unfold.apps.BasicAppConfig",
    "modeltranslation",
    "backoffice.apps.SiteConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "template_partials",
    "csp",
    "phonenumber_field",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "mila.web.middleware.AdminCSP",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "mila.web.middleware.ReadableInput",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "mila.web.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "mila.web.middleware.StaffSessions",
    "django_htmx.middleware.HtmxMiddleware",
    "mila.web.middleware.PrivatePages",
    "mila.web.middleware.Limits",
    "mila.web.middleware.HtmxSession",
]

if not PRODUCTION:
    INSTALLED_APPS += ["simulation", "devstack"]
if DEMO:
    MIDDLEWARE.append("devstack.middleware.DemoBar")

ROOT_URLCONF = "devstack.urls" if DEMO else "mila.urls"
WSGI_APPLICATION = "mila.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "mila.web.context_processors.site_facts",
            ],
        },
    },
]
FORM_RENDERER = "mila.web.forms.FormRenderer"

# --- Stores. Unset addresses mean the servers that bin/run starts on Unix sockets under var/.
DATABASES = {
    "default": env.db("DATABASE_URL", default=embedded.database_url(INSTANCE)),
    # The stand-in for Stripe commits by itself, as the real one does (docs/decisions/0004).
    "standin": env.db("STANDIN_DATABASE_URL", default=embedded.database_url(f"{INSTANCE}_standin")),
}
PAGES = env("MILA_PROCESS", default="") == "pages"  # mila.wsgi says so; all else may wait longer
for database in DATABASES.values():
    connections.tune(database, max_age=env.int("DATABASE_MAX_AGE", default=60), pages=PAGES)
DATABASE_ROUTERS = ["payments.standin.router.StandinRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL", default=embedded.redis_url("cache", INSTANCE))
CACHES = {
    "default": {
        "BACKEND": "mila.redis.QuietCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": INSTANCE,
    }
}
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default=embedded.broker_url(INSTANCE))

# --- People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "accounts.passwords.NotCommonValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# An address is proved by a code of the mail before an account opens (rule B12,
# docs/decisions/0011).
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 8}
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_FORMS = {
    "signup": "customer.forms.account.SignupForm",
    "login": "customer.forms.account.LoginForm",
    "change_password": "customer.forms.account.ChangePasswordForm",
    "reset_password": "customer.forms.account.ResetPasswordForm",
    "reset_password_from_key": "customer.forms.account.ResetPasswordKeyForm",
    "add_email": "customer.forms.account.AddEmailForm",
    "confirm_email_verification_code": "customer.forms.account.ConfirmCodeForm",
}
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""  # by itself it would name the host that was asked for
ACCOUNT_SESSION_REMEMBER = True
PASSWORD_RESET_TIMEOUT = 60 * 60  # seconds a link in a reset mail lives (fault S4)
LOGIN_REDIRECT_URL = "start"
LOGIN_URL = "account_login"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# Second factors, a passkey first. Staff need one (mila/second_factor.py); everybody else may have
# one.
MFA_ADAPTER = "accounts.mfa.MFAAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "accounts.mfa.AddPasskeyForm",
    "authenticate": "accounts.mfa.CodeForm",
    "reauthenticate": "accounts.mfa.CodeAgainForm",
}
# Guesses at passwords and codes are counted by accounts.guesses, the rest of allauth's by address
# and person.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # http://localhost

# --- Words and times
LANGUAGE_CODE = "fr"
FORMAT_MODULE_PATH = "mila.date_formats"
LANGUAGES = [("fr", "Français"), ("de", "Deutsch"), ("it", "Italiano"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"
PHONENUMBER_DEFAULT_REGION = "FR"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("fr", "en")
SUPPORT = {
    "FR": {
        "phone": env("SUPPORT_PHONE_FR", default="+33199001234"),
        "email": env("SUPPORT_EMAIL_FR", default="bonjour@mila.example"),
    },
    "CH": {
        "phone": env("SUPPORT_PHONE_CH", default="+41445550123"),
        "email": env("SUPPORT_EMAIL_CH", default="bonjour@mila.example"),
    },
}
# Who runs the site (law R6): the legal notice and the terms name it. The laptop's company is
# invented.
OPERATOR = {
    "company": env("OPERATOR_COMPANY", default="Exemple Mila SAS (société inventée)"),
    "address": env("OPERATOR_ADDRESS", default="1 rue de l’Exemple, 69000 Lyon, France"),
    "register": env("OPERATOR_REGISTER", default="RCS Lyon 000 000 000"),
    "vat": env("OPERATOR_VAT", default="FR00000000000"),
    "vat_ch": env("OPERATOR_VAT_CH", default="CHE-000.000.000 TVA"),
    "director": env("OPERATOR_DIRECTOR", default="Camille Exemple"),
    "host": env(
        "OPERATOR_HOST",
        default="Hébergeur Exemple, 2 rue de l’Exemple, 75000 Paris, +33 1 99 00 00 00",
    ),
    "mediator": env(
        "OPERATOR_MEDIATOR",
        default="Médiation Exemple, 3 rue de l’Exemple, 75000 Paris, www.example",
    ),
}
SECURITY_EMAIL = env("SECURITY_EMAIL", default="security@mila.example")  # .well-known/security.txt

# --- Files
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = env("MEDIA_ROOT", default=str(embedded.var(INSTANCE) / "media"))
# Customers' photos: a folder no server publishes, or a bucket (its package belongs into the image).
# Never an address.
PRIVATE_STORAGE = env("PRIVATE_STORAGE", default="")
PRIVATE_FOLDER = {
    "location": f"{MEDIA_ROOT}/private",
    "file_permissions_mode": 0o600,
    "directory_permissions_mode": 0o700,
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": PRIVATE_STORAGE or "django.core.files.storage.FileSystemStorage",
        "OPTIONS": env.json("PRIVATE_STORAGE_OPTIONS", default={})
        if PRIVATE_STORAGE
        else PRIVATE_FOLDER,
    },
    "staticfiles": {
        "BACKEND": "mila.web.static_storage.StaticStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
# The whole of a request: mila.web.request_limits, which also says which pages take files.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # without its files
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300
DATA_UPLOAD_MAX_NUMBER_FILES = 50
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "mila.web.uploads.RoomyUploadHandler",
]

# --- Mail
EMAIL_CONFIG = (
    env.email("EMAIL_URL")
    if PRODUCTION
    else env.email("EMAIL_URL", default=f"filemail:///{embedded.var(INSTANCE) / 'mail'}")
)
EMAIL_TIMEOUT = 10  # seconds; the address may say otherwise
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Mila <bonjour@mila.example>")
OPS_EMAIL = env("OPS_EMAIL", default="ops@mila.example")  # where Mila's staff read what needs them
# A provider of django-anymail by its name there ("mailgun", "postmark", ...): its API instead of
# EMAIL_URL, and its word on what came back (accounts/mail_events.py). Empty: SMTP, where nobody
# tells.
MAIL_PROVIDER = env("MAIL_PROVIDER", default="")
if MAIL_PROVIDER:
    INSTALLED_APPS.append("anymail")
    EMAIL_BACKEND = f"anymail.backends.{MAIL_PROVIDER}.EmailBackend"
    # What was refused for one address is told by the answer and by events; it is no reason to stop.
    ANYMAIL = {"IGNORE_RECIPIENT_STATUS": True, "REQUESTS_TIMEOUT": (3, 10)} | env.json(
        "MAIL_PROVIDER_OPTIONS"
    )

# --- Text messages (accounts/channels/sms.py). Without an address: a log on the laptop, none in
# production.
SMS_URL = env("SMS_URL", default="")
SMS_KEY = env("SMS_KEY", default="")  # signs what we send
SMS_RECEIPT_KEYS = env.list("SMS_RECEIPT_KEYS", default=[])  # newest first; receipts are signed
SMS_SENDER = env("SMS_SENDER", default="Mila")
SMS_GATEWAY = "http" if SMS_URL else "" if PRODUCTION else "log"

# --- Push (mila/web_push.py): our key, made by manage.py vapid_key, and the hosts of the browsers'
# push services.
VAPID_PRIVATE_KEY = (
    env("VAPID_PRIVATE_KEY")
    if PRODUCTION
    else env("VAPID_PRIVATE_KEY", default="ZGV2ZWxvcG1lbnQtb25seS12YXBpZC1rZXktMDAwMDE")
)
# With a dot before it a name stands for all below it. An origin written whole (http://localhost:9)
# is for tests.
PUSH_SERVICES = env.list(
    "PUSH_SERVICES",
    default=[
        "fcm.googleapis.com",
        ".push.services.mozilla.com",
        ".push.apple.com",
        ".notify.windows.com",
    ],
)

# --- Stripe (payments/gateway.py). No secret key: the stand-in, which production refuses
# (payments.checks).
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", default="")
STRIPE_PUBLISHABLE_KEY = env(
    "STRIPE_PUBLISHABLE_KEY", default="" if STRIPE_SECRET_KEY else "pk_test_standin"
)
STRIPE_WEBHOOK_SECRETS = env.list(
    "STRIPE_WEBHOOK_SECRETS", default=[] if STRIPE_SECRET_KEY else ["whsec_standin_platform"]
)
STRIPE_CONNECT_WEBHOOK_SECRETS = env.list(
    "STRIPE_CONNECT_WEBHOOK_SECRETS", default=[] if STRIPE_SECRET_KEY else ["whsec_standin_connect"]
)
STANDIN = not STRIPE_SECRET_KEY

# --- Geocoding: names of the chain's links, first answer wins (places/geocoding.py). Empty: offline
# gazetteer alone.
GEOCODERS = env.list("GEOCODERS", default=[])
# A server of ways of our own, "https://osrm.example" (places/travel.py). Empty: by the distance.
OSRM_URL = env("OSRM_URL", default="")
# Streets while an address is typed: the two national services (places/streets.py). Empty: a field.
STREETS_FR_URL = env("STREETS_FR_URL", default="")
STREETS_CH_URL = env("STREETS_CH_URL", default="")

# --- Security
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "mila.web.error_pages.csrf_failure"
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 63072000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-mila"
    CSRF_COOKIE_SECURE = True
    CSRF_COOKIE_NAME = "__Host-csrf"
CONTENT_SECURITY_POLICY = content_security_policy(standin=STANDIN)

# --- Jobs: ids only, no results; no eta, no countdown: deadlines are rows (docs/decisions/0003)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 3}
CELERY_TASK_PUBLISH_RETRY = False  # one try within mila.celery.PATIENCE; the sweep does the rest

LOGGING = logs.to_console(env("LOG_LEVEL", default="INFO"))

from mila.adminkit.theme import UNFOLD  # noqa: E402, F401  (kept beside its pictures)
