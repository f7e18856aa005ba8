"""Django's settings, made of `config.env`. One database, PostgreSQL; one clinic network."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from config import database
from config.env import env
from priyom.foundation.clock import clock
from priyom.foundation.encryption import load_key

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.debug
SECRET_KEY = env.secret_key or load_key(None, env.data / "keys" / "session.key").decode()
ENCRYPTION_KEY = load_key(env.encryption_key, env.data / "keys" / "secrets.key")
ALLOWED_HOSTS = [
    *env.allowed_hosts,
    "127.0.0.1",
    "localhost",
    "[::1]",
    urlsplit(env.public_url).hostname or "localhost",
]
CSRF_TRUSTED_ORIGINS = [env.public_url] if env.public_url.startswith("https://") else []
PUBLIC_URL = env.public_url
SANDBOX = env.sandbox
SANDBOX_URL = env.sandbox_url
SANDBOX_SMTP_PORT = env.sandbox_smtp_port
LOCAL_URL = f"http://127.0.0.1:{env.port}"
DATA = env.data

if SANDBOX:
    clock.follow(env.clock_file)

ROOMS = (
    "journal", "clinic", "patients", "consent", "appointments", "delivery", "notifications", "inbox",
    "scenarios", "alerts", "exchange", "analytics", "web", "portal", "api", "webhooks", "workers", "sandbox",
)  # fmt: skip

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    *(f"priyom.{room}" for room in ROOMS),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "priyom.web.signin.seen.Seen",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "clinic.Staff"
LOGIN_URL = "/login"
CSRF_FAILURE_VIEW = "priyom.web.faults.stale"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASE_URL = env.database_url or (
    (env.data / "database.url").read_text().strip() if (env.data / "database.url").exists() else ""
)
DATABASES = {"default": database.entry(DATABASE_URL or "postgresql:///priyom")}

LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", "Русский"), ("kk", "Қазақша"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "priyom" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # files are served from where they stand: nothing is collected, nothing can be stale
WHITENOISE_AUTOREFRESH = DEBUG

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600  # seconds

# Signing in (docs/decisions/0016-staff-accounts.md): the pages are ours, nobody signs up, letters go our own way.
ACCOUNT_ADAPTER = "priyom.web.signin.adapters.Accounts"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900  # seconds
ACCOUNT_RATE_LIMITS = {"login_failed": "60/m/ip,20/300s/key", "reset_password": "60/h/ip,3/h/key"}
MFA_ADAPTER = "priyom.web.signin.adapters.SecondStep"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1  # the code before and the code after: phones' clocks differ by seconds
# Browsers hand passkeys out over https and on localhost only; there the origin has no name of ours to compare with.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not env.public_url.startswith("https://")

# Rate limits are counted for all web processes together; the table is made by clinic's migrations.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.public_url.startswith("https://")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"priyom": {"level": "INFO"}, "django.request": {"level": "ERROR"}},
}
