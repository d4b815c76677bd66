"""The probes in `apply` and `run`: a bad rotation is caught before it is written, one that expired is told."""

import json

from harness import RunCase, pingone
from provider import TEAM, StandInCase, client

ENVIRONMENT = "9a2b1c3d-4e5f-4061-8273-8495a6b7c8d9"


def world(secret):
    """PingOne with one application, which takes this secret."""
    place = {"host": "auth.pingone.com", "path": f"/{ENVIRONMENT}/as"}
    return {"openid": [{"style": "pingone", "issuer": f"https://{place['host']}{place['path']}", "places": [place],
                        "clients": [{**client("app"), "secret": secret}]}]}


def workforce(secret="SECRET", **config):
    return pingone(client_id="app", client_secret=f"${{env:{secret}}}", ping_env_id=ENVIRONMENT, **config)


class Probed(StandInCase, RunCase):
    def setUp(self):
        super().setUp()
        self.there.become(world(self.environment["SECRET"]))
        self.write("workforce", workforce())

    def checks(self, **check):
        return f"check: {json.dumps({'ca_file': self.there.certificate_authority, **check})}\n"

    def probes_sent(self):
        return len(self.secrets_sent())


class BeforeApply(Probed):
    def setUp(self):
        super().setUp()
        self.settings(more=self.checks(before_apply=True), team_domain=TEAM)
        self.applied("--auto-approve")
        self.there.begin(token_requests=9)
        self.sim.clear_requests()

    def test_a_rotation_that_the_identity_provider_refuses_is_not_written(self):
        self.write("workforce", workforce("WRONG_SECRET"))
        change, = self.apply("--auto-approve", code=1)["accounts"][0]["changes"]
        self.assertEqual(self.sim.writes(), [])
        self.assertEqual((change["outcome"], change["withheld"]["code"]), ("withheld", "secret_refused"))
        for text in ("Invalid client credentials", "PingOne console", "what Cloudflare has stays"):
            self.assertIn(text, change["withheld"]["message"])

    def test_one_that_it_takes_is_written(self):
        self.there.become(world(self.environment["WRONG_SECRET"]))
        self.write("workforce", workforce("WRONG_SECRET"))
        self.applied("--auto-approve")
        self.assertEqual([one["method"] for one in self.sim.writes()], ["PUT"])
        self.assert_in_sync()

    def test_one_that_nobody_can_judge_is_written(self):
        self.there.become({"answers": {"auth.pingone.com": {"status": 503, "body": "later"}}})
        self.write("workforce", workforce("WRONG_SECRET"))
        self.applied("--auto-approve")
        self.assertEqual([one["method"] for one in self.sim.writes()], ["PUT"])

    def test_a_plan_asks_nobody(self):
        self.write("workforce", workforce("WRONG_SECRET"))
        before = self.probes_sent()
        self.plan()
        self.assertEqual(self.probes_sent(), before)

    def test_a_change_that_moves_no_secret_asks_nobody(self):
        before = self.probes_sent()
        self.write("workforce", workforce(claims=["department"]))
        self.applied("--auto-approve")
        self.assertEqual(self.probes_sent(), before)


class Interval(Probed):
    def setUp(self):
        super().setUp()
        self.run_settings(interval="300ms", more=self.checks(interval="24h"), team_domain=TEAM, webhooks={"team": {"on": ["check", "resolved"]}})

    def told(self):
        return [(one["body"]["event"], one["body"]["incident"]["kind"]) for one in self.sim.webhooks("team")]

    def test_one_whose_secret_has_expired_is_told_counted_and_over_when_it_is_mended(self):
        self.there.become(world("another, since yesterday"))
        daemon = self.started()
        self.wait_for(lambda: self.told() == [("check", "check")])
        message = self.sim.webhooks("team")[0]["body"]["text"]
        for text in ("production/workforce", "credentials", "PingOne console"):
            self.assertIn(text, message)
        metrics = daemon.admin("GET", "/metrics").text
        self.assertIn('idpd_check_ok{account="production",key="workforce",probe="credentials"} 0', metrics)
        self.assertIn('idpd_check_ok{account="production",key="workforce",probe="discovery"} 1', metrics)
        self.assertIn('idpd_open_incidents{kind="check"} 1', metrics)
        one, = daemon.admin("GET", "/api/v1/status").json["accounts"][0]["identity_providers"]
        self.assertEqual((one["state"], one["check"]["verdict"]), ("in_sync", "bad"))
        status = self.idpd("status").out
        self.assertIn("PingOne console", " ".join(status.split()))

        self.there.become(world(self.environment["SECRET"]))
        self.there.begin(token_requests=9)
        self.assertEqual(daemon.admin("POST", "/api/v1/reconcile", {}).status, 202)
        self.wait_for(lambda: self.told() == [("check", "check"), ("resolved", "check")])

    def test_it_is_probed_once_and_not_with_every_pass(self):
        self.there.begin(token_requests=1)
        daemon = self.started()
        self.wait_for(lambda: self.probes_sent() == 1)
        self.sim.clear_requests()
        self.wait_for(lambda: self.lists() >= 4)
        daemon.stop()
        self.started()
        self.sim.clear_requests()
        self.wait_for(lambda: self.lists() >= 4)
        self.assertEqual((self.probes_sent(), self.told(), self.there.violations()), (1, [], []))
