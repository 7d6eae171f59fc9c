"""The environment → settings."""

import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase
from homeport_django.settings import platform_settings

PLATFORM = {
    "DATABASE_URL": "postgres://catalog:p%40ss@db.example:5433/catalog?sslmode=require",
    "REDIS_URL": "rediss://cache.example:6379/0",
    "MAIL_SENDER": "orders@magicbook.example",
    "ALLOWED_HOSTS": "api.example, 10.0.0.1:21000",
    "SITE_ORIGINS": "https://www.example,http://127.0.0.1:21000",
    "SECRET_KEY": "a-secret",
    "HOMEPORT_RELEASE": "v7",
    "UPLOADS_BUCKET": "shop-uploads",
    "UPLOADS_URL": "https://cdn.example",
}


class OnAPlatform(SimpleTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.settings_found = platform_settings(self.folder, media="uploads", environment=PLATFORM)

    def test_the_database_is_the_one_of_the_url_with_its_options(self) -> None:
        database = self.settings_found["DATABASES"]["default"]
        self.assertEqual(database["ENGINE"], "django.db.backends.postgresql")
        self.assertEqual((database["HOST"], database["PORT"], database["NAME"]), ("db.example", 5433, "catalog"))
        self.assertEqual(database["PASSWORD"], "p@ss")
        self.assertEqual(database["OPTIONS"]["sslmode"], "require")
        self.assertTrue(database["CONN_HEALTH_CHECKS"])
        self.assertGreater(database["CONN_MAX_AGE"], 0)

    def test_the_cache_is_reached_over_tls_and_never_waited_for_long(self) -> None:
        cache = self.settings_found["CACHES"]["default"]
        self.assertEqual(cache["LOCATION"], "rediss://cache.example:6379/0")
        self.assertEqual(cache["OPTIONS"], {"socket_connect_timeout": 2, "socket_timeout": 2})

    def test_hosts_origins_and_the_proxy_header_are_set(self) -> None:
        self.assertEqual(self.settings_found["ALLOWED_HOSTS"], ["api.example", "10.0.0.1"])
        self.assertEqual(self.settings_found["CSRF_TRUSTED_ORIGINS"], ["https://www.example", "http://127.0.0.1:21000"])
        self.assertEqual(self.settings_found["SECURE_PROXY_SSL_HEADER"], ("HTTP_X_FORWARDED_PROTO", "https"))
        self.assertFalse(self.settings_found["DEBUG"])

    def test_mail_goes_through_ses_from_the_platforms_sender(self) -> None:
        self.assertEqual(self.settings_found["EMAIL_BACKEND"], "homeport_django.mail.SesBackend")
        self.assertEqual(self.settings_found["DEFAULT_FROM_EMAIL"], "orders@magicbook.example")

    def test_uploads_go_to_the_bucket_that_was_asked_for(self) -> None:
        options = self.settings_found["STORAGES"]["default"]["OPTIONS"]
        self.assertEqual(options["bucket_name"], "shop-uploads")
        self.assertEqual((options["url_protocol"], options["custom_domain"]), ("https:", "cdn.example"))

    def test_collected_static_files_are_served_hashed_and_compressed(self) -> None:
        self.assertTrue(self.settings_found["WHITENOISE_USE_FINDERS"])
        (self.folder / "staticfiles").mkdir()
        collected = platform_settings(self.folder, environment=PLATFORM)
        self.assertFalse(collected["WHITENOISE_USE_FINDERS"])
        self.assertIn("CompressedManifest", collected["STORAGES"]["staticfiles"]["BACKEND"])

    def test_a_release_without_a_secret_key_does_not_start(self) -> None:
        with self.assertRaisesMessage(ImproperlyConfigured, "SECRET_KEY"):
            platform_settings(self.folder, environment={"HOMEPORT_RELEASE": "v1"})


class Elsewhere(SimpleTestCase):
    def test_everything_works_without_any_variable(self) -> None:
        found = platform_settings(Path("/somewhere"), environment={})
        self.assertEqual(found["DATABASES"]["default"]["NAME"], "/somewhere/db.sqlite3")
        self.assertIn("locmem", found["CACHES"]["default"]["BACKEND"])
        self.assertIn("console", found["EMAIL_BACKEND"])
        self.assertIn("FileSystem", found["STORAGES"]["default"]["BACKEND"])
        self.assertIn("127.0.0.1", found["ALLOWED_HOSTS"])
        self.assertFalse(found["DEBUG"])

    def test_the_key_of_each_start_is_another_one(self) -> None:
        first, second = (platform_settings(Path(), environment={})["SECRET_KEY"] for _ in range(2))
        self.assertNotEqual(first, second)

    def test_debug_must_be_asked_for(self) -> None:
        self.assertTrue(platform_settings(Path(), environment={"DEBUG": "1"})["DEBUG"])
        self.assertFalse(platform_settings(Path(), environment={"DEBUG": "0"})["DEBUG"])
