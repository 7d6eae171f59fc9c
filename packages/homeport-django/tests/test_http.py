"""Health and logs."""

import json
import logging
import sys

from django.test import SimpleTestCase, override_settings
from homeport_django.logs import JsonFormatter


class Health(SimpleTestCase):
    @override_settings(RELEASE="v7")
    def test_the_load_balancer_is_answered_whatever_host_it_names(self) -> None:
        answer = self.client.get("/shop/healthz", headers={"Host": "10.0.3.17:8000"})
        self.assertEqual((answer.status_code, answer.json()), (200, {"status": "ok", "release": "v7"}))
        self.assertEqual(answer["Cache-Control"], "no-store")

    def test_all_others_must_name_a_host_of_ours(self) -> None:
        self.assertEqual(self.client.get("/me", headers={"Host": "10.0.3.17:8000"}).status_code, 400)

    def test_health_is_asked_never_told(self) -> None:
        self.assertEqual(self.client.post("/shop/healthz").status_code, 404)


class Logs(SimpleTestCase):
    def line(self, **more: object) -> dict[str, object]:
        given = {"name": "shop", "levelname": "INFO", "msg": "sold %s", "args": ("tea",), **more}
        record = logging.makeLogRecord(given)
        text = JsonFormatter().format(record)
        self.assertNotIn("\n", text)
        return json.loads(text)

    def test_a_record_is_one_line_with_its_extra_fields(self) -> None:
        line = self.line(order=7, path=object)
        self.assertEqual((line["message"], line["level"], line["order"]), ("sold tea", "info", 7))
        self.assertIn("class", str(line["path"]))

    def test_an_exception_stays_in_its_line(self) -> None:
        try:
            raise ValueError("no tea\nleft")
        except ValueError:
            line = self.line(exc_info=sys.exc_info())
        self.assertIn("ValueError: no tea", str(line["exception"]))

    def test_extra_fields_cannot_pose_as_the_message(self) -> None:
        self.assertEqual(self.line(level="critical", message="all is well")["message"], "sold tea")
