"""All settings, from the environment. It runs with none set: that is development."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import sqlglot  # noqa: F401  (compiled once here, before the web server forks its workers)
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry

from agentry import env, logs

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.data_dir(BASE_DIR)

PRODUCTION = env.flag("AGENTRY_PRODUCTION", False)
DEBUG = env.flag("AGENTRY_DEBUG", False)
SECRET_KEY = env.text("AGENTRY_SECRET_KEY", env.DEV_SECRET)
# Former keys: they still read what they have signed or sealed.
SECRET_KEY_FALLBACKS = env.words("AGENTRY_SECRET_KEY_FALLBACKS")
if PRODUCTION and SECRET_KEY == env.DEV_SECRET:
    raise ImproperlyConfigured("Set AGENTRY_SECRET_KEY: production refuses the development secret.")
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("Unset AGENTRY_DEBUG: production refuses to run with DEBUG.")

# The address people and machines use; the links that Agentry prints start with it.
PORT = env.number("PORT", 8000, minimum=1)
URL = env.text("AGENTRY_URL", f"http://localhost:{PORT}").rstrip("/")
ALLOWED_HOSTS = env.words("AGENTRY_ALLOWED_HOSTS", f"{urlsplit(URL).hostname},localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [URL]
SECURE = URL.startswith("https://")
if SECURE:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
# HSTS for all subdomains, and for ever in browsers' lists, is for the owner of the domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# Servers. `manage.py dev` starts embedded ones and passes their addresses in these variables.
DATABASE_URL = env.text("DATABASE_URL", "postgresql://agentry@127.0.0.1:5432/agentry")
VALKEY_URL = env.text("VALKEY_URL", "redis://127.0.0.1:6379/0").replace("valkey", "redis", 1)

# Ingest: limits of the HTTP contract.
BODY_BYTES = 5 * 2**20  # of any request, on the wire
DATA_UPLOAD_MAX_MEMORY_SIZE = None  # agentry.asgi has read the body by then, and refused a larger one
RETENTION_DAYS = env.number("AGENTRY_RETENTION_DAYS", 90, minimum=1)  # raw events
ROLLUP_MONTHS = 25
BLOCKED_USER_AGENTS = env.words("AGENTRY_BLOCKED_USER_AGENTS")
SHARDS = env.number("AGENTRY_SHARDS", 2, minimum=1)  # streams, and so writers: one a core
BACKLOG_EVENTS = env.number("AGENTRY_BACKLOG_EVENTS", 2_000_000, minimum=1)  # more than this: 503
DETAIL_KEYS_PER_HOUR = env.number("AGENTRY_DETAIL_KEYS_PER_HOUR", 20_000, minimum=1)

# Queries.
QUERY_TIMEOUT_MS = env.number("AGENTRY_QUERY_TIMEOUT_MS", 30_000, minimum=1)
QUERY_ROWS = 10_000
QUERIES_AT_ONCE = env.number("AGENTRY_QUERIES_AT_ONCE", 8, minimum=1)  # a project

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "agentry.accounts",
    "agentry.stack",
    "analytics",
    "publications",
]

MIDDLEWARE = [
    "agentry.middleware.RequestLog",
    "agentry.middleware.ApiGate",  # the API goes no further than here
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "agentry.urls"
WSGI_APPLICATION = "agentry.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

_database = urlsplit(DATABASE_URL)
DATABASES = {
    "default": {
        "ENGINE": "agentry.patient",
        "NAME": _database.path.lstrip("/") or "agentry",
        "USER": _database.username or "",
        "PASSWORD": _database.password or "",
        "HOST": _database.hostname or "",
        "PORT": str(_database.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Accounts: e-mail and password; allauth brings confirmation and reset.
AUTH_USER_MODEL = "accounts.User"
PROJECT_END = "analytics.keeping.deletion.delete_project"  # (project, user); it has its own data to think of
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"add_email": "agentry.accounts.address_form.NewAddress"}
ACCOUNT_SIGNUP_FORM_CLASS = "agentry.accounts.forms.TeamNameForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_CHANGE_EMAIL = True  # one address a person; a new one counts once it is confirmed
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # the other sessions end; Django keeps this one
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True  # two weeks, without asking
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of a new password, a new address, a second step
# The second step: a code from an app, a passkey (which also signs in alone), or a recovery code.
MFA_ADAPTER = "agentry.accounts.second_step.SecondStep"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "agentry.accounts.passkey_forms.Add",
    "authenticate_webauthn": "agentry.accounts.passkey_forms.Authenticate",
    "login_webauthn": "agentry.accounts.passkey_forms.Login",
    "reauthenticate_webauthn": "agentry.accounts.passkey_forms.Reauthenticate",
}
MFA_TOTP_ISSUER = "Agentry"
MFA_TOTP_TOLERANCE = 1  # periods of 30 s that a phone's clock may be off
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if SECURE else 0  # whose X-Forwarded-For the rate limits believe
LOGIN_REDIRECT_URL = "home"
LOGIN_URL = "account_login"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_HTTPONLY = True
# Mail: smtp://user:password@host:587 (STARTTLS) or smtps://…:465. Without it development prints mails and
# production sends none, for their links are keys and must not reach a log.
_smtp = urlsplit(env.text("AGENTRY_SMTP_URL"))
if _smtp.scheme not in {"", "smtp", "smtps"}:
    raise ImproperlyConfigured("AGENTRY_SMTP_URL must start with smtp:// or smtps://.")
_mailer = "smtp" if _smtp.hostname else "dummy" if PRODUCTION else "console"
EMAIL_BACKEND = f"django.core.mail.backends.{_mailer}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = _smtp.hostname or "", _smtp.port or (465 if _smtp.scheme == "smtps" else 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_smtp.username or ""), unquote(_smtp.password or "")
EMAIL_USE_SSL, EMAIL_USE_TLS = _smtp.scheme == "smtps", _smtp.scheme == "smtp"
EMAIL_TIMEOUT = 10
# Only mandatory confirmation can hide whether an address has an account: sign-up looks the same for both, and
# the mail goes to the address's owner. Where no mail is sent (make run) nobody could confirm, or learn of an
# account that they have forgotten: there sign-up says it at once.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if _smtp.hostname else "optional"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # where confirmation is mandatory nobody is in without it
DEFAULT_FROM_EMAIL = env.text("AGENTRY_FROM_EMAIL", "Agentry <agentry@localhost>")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["agentry.api.Json"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "agentry.api.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Agentry",
    "DESCRIPTION": "Which customer calls how much, who is growing, who has gone quiet.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": ["agentry.schema.documented"],
    "POSTPROCESSING_HOOKS": ["analytics.ingest.openapi.add_ingest", "agentry.schema.add_components"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Limits on sign-in, sign-up and password reset hold across processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": VALKEY_URL,
        "KEY_PREFIX": "cache",
        "OPTIONS": {"socket_timeout": 1.0, "socket_connect_timeout": 1.0, "retry": Retry(NoBackoff(), 0)},
    }
}

CELERY_BROKER_URL = VALKEY_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: a worker that ended itself would drain nothing
CELERY_BROKER_CHANNEL_ERROR_RETRY = True  # what a full Valkey answers
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5.0,
    "socket_connect_timeout": 5.0,
    "socket_keepalive": True,
    "health_check_interval": 30,
}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True  # and no result backend: nobody asks
# Acknowledged early: a task that dies with its worker is not run an hour later (the transport's visibility
# timeout), but by the next tick. All that matters lies in the streams.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 90  # seconds; a drain takes 20 and its last batch
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 200_000  # KB; the child is replaced after its task
CELERY_TASK_ROUTES = {"analytics.write.drain": {"queue": "drain"}}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {  # seconds; a tick that waited for longer than its period is dropped
    **{
        f"drain-{shard}": {
            "task": "analytics.write.drain",
            "schedule": 2.0,
            "args": [shard],
            "options": {"expires": 2},
        }
        for shard in range(SHARDS)
    },
    "tick": {"task": "analytics.write.tick", "schedule": 5.0, "options": {"expires": 5}},
    "maintain": {"task": "analytics.write.maintain", "schedule": 3600.0, "options": {"expires": 3600}},
    "delete": {"task": "analytics.keeping.delete", "schedule": 15.0, "options": {"expires": 15}},
    "keep-standings": {
        "task": "analytics.customers.keep_standings",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "begin-standings": {
        "task": "analytics.customers.begin_standings",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "bury-revoked-keys": {
        "task": "accounts.bury_recently_revoked",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "flush-last-used": {"task": "accounts.flush_last_used", "schedule": 60.0, "options": {"expires": 60}},
    "flush-views": {"task": "publications.flush_views", "schedule": 15.0, "options": {"expires": 15}},
    "mirror-keys": {"task": "accounts.mirror_keys", "schedule": 3600.0, "options": {"expires": 3600}},
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

CSRF_FAILURE_VIEW = "agentry.api.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOGGING = logs.setup(as_json=PRODUCTION)
