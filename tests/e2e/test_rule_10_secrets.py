"""Design §7, rule 10: secrets behind references: seen when they change, and nowhere else."""

import hashlib
import shutil
import unittest

from harness import Managed, github, okta, outcomes, pingone, withheld

SECRET = "pA55w0rd-of-pingone-\u00e9\u20ac\"'\\-0123456789"


class Rotation(Managed):
    def setUp(self):
        super().setUp()
        self.identifier = self.managed(workforce=pingone())["workforce"]

    def secret(self):
        return self.live(self.identifier)["config"]["client_secret"]

    def test_behind_the_reference_plans_an_update(self):
        change, = self.changes(PINGONE_SECRET="rotated")
        self.assertEqual((change["action"], change["origin"]), ("update", "config"))
        self.assertEqual(change["fields"], [{"path": "config.client_secret", "before": None, "after": None,
                                             "sensitive": True, "origin": "config"}])
        self.assertIn("(sensitive)", self.idpd("plan", PINGONE_SECRET="rotated").out)

    def test_is_sent_and_then_no_change(self):
        self.apply(PINGONE_SECRET="rotated")
        self.assertEqual(self.secret(), "rotated")
        self.assert_in_sync(PINGONE_SECRET="rotated")

    def test_back_to_the_old_one_is_a_change_again(self):
        self.apply(PINGONE_SECRET="rotated")
        self.assertEqual([change["action"] for change in self.changes()], ["update"])

    def test_of_another_reference_with_the_same_value_is_no_change(self):
        self.write("workforce", pingone(client_secret="${env:SAME}"))
        self.assert_in_sync(SAME="s3cret-of-pingone")

    def test_in_a_file_and_in_a_credential_is_seen_too(self):
        secrets, credentials = self.folder / "secrets", self.folder / "credentials"
        for folder, name, value in ((secrets, "pingone", "one\n"), (credentials, "github", "two\n")):
            folder.mkdir()
            (folder / name).write_text(value)
        self.settings(more=f"secrets: {{files: [{secrets}]}}\n")
        self.environment["CREDENTIALS_DIRECTORY"] = str(credentials)
        self.write("workforce", pingone(client_secret=f"${{file:{secrets}/pingone}}"))
        self.write("github", github(client_secret="${credential:github}"))
        self.apply()
        self.assertEqual(self.secret(), "one")
        self.assertEqual(self.sim.provider("GitHub")["config"]["client_secret"], "two")
        self.assert_in_sync()
        (secrets / "pingone").write_text("one-rotated\n")
        (credentials / "github").write_text("two-rotated\n")
        self.assertEqual(sorted(change["key"] for change in self.changes()), ["github", "workforce"])

    def test_in_the_dashboard_cannot_be_seen_and_is_healed_by_the_next_put(self):
        self.sim.patch(self.identifier, {"config": {"client_secret": "typed by hand"}})
        self.assert_in_sync()
        self.write("workforce", pingone(claims=["x"]))
        self.apply()
        self.assertEqual(self.secret(), "s3cret-of-pingone")

    def test_resend_secrets_forces_it(self):
        self.sim.patch(self.identifier, {"config": {"client_secret": "typed by hand"}})
        change, = self.applied("--resend-secrets")
        self.assertEqual([field["path"] for field in change["fields"]], ["config.client_secret"])
        self.assertEqual(self.secret(), "s3cret-of-pingone")

    def test_resend_secrets_has_no_environment_form(self):
        self.assertEqual(self.applied(IDPD_RESEND_SECRETS="1"), [])

    def test_the_plan_s_fingerprint_does_not_tell_one_secret_from_another(self):
        one = self.plan(PINGONE_SECRET="rotated")["fingerprint"]
        two = self.plan(PINGONE_SECRET="rotated otherwise")["fingerprint"]
        self.assertEqual(one, two)


class LostStore(Managed):
    def setUp(self):
        super().setUp()
        self.identifier = self.managed(workforce=pingone())["workforce"]
        shutil.rmtree(self.folder / ".idpd")
        self.sim.clear_requests()

    def test_is_no_change_by_itself(self):
        self.assert_in_sync()
        self.assert_in_sync(PINGONE_SECRET="rotated")  # nobody can know

    def test_is_healed_by_adoption_without_a_write(self):
        self.assertEqual(self.applied(), [])
        self.assertEqual(self.sim.writes(), [])
        self.write("workforce", pingone("Renamed"))
        change, = self.changes()
        self.assertEqual((change["action"], change["id"], change["origin"]), ("update", self.identifier, "config"))

    def test_the_secret_goes_with_the_next_put_which_records_it(self):
        self.apply()
        self.assert_in_sync(PINGONE_SECRET="rotated")  # adopted: still unknown
        self.write("workforce", pingone(claims=["x"]))
        self.apply()
        self.assert_in_sync()
        self.assertEqual([change["action"] for change in self.changes(PINGONE_SECRET="rotated")], ["update"])

    def test_resend_secrets_records_it_at_once(self):
        self.assertEqual([change["outcome"] for change in self.applied("--resend-secrets")], ["done"])
        self.assertEqual([change["action"] for change in self.changes(PINGONE_SECRET="rotated")], ["update"])

    def test_of_the_key_alone_is_no_wave_of_updates(self):
        self.apply()
        self.write("workforce", pingone(claims=["x"]))
        self.apply()
        (self.folder / ".idpd/fingerprint.key").unlink()
        self.assert_in_sync()
        self.sim.clear_requests()
        self.assertEqual(self.applied(), [])  # makes a new key
        self.assertEqual(self.applied(), [])
        self.assertEqual(self.sim.writes(), [])
        self.write("workforce", pingone(claims=["y"]))
        self.apply()
        self.assertEqual([change["action"] for change in self.changes(PINGONE_SECRET="rotated")], ["update"])

    def test_the_key_is_for_its_owner_only(self):
        self.apply()
        self.assertEqual((self.folder / ".idpd/fingerprint.key").stat().st_mode & 0o777, 0o600)
        self.assertEqual((self.folder / ".idpd").stat().st_mode & 0o777, 0o700)


class Unresolved(Managed):
    def setUp(self):
        super().setUp()
        self.environment.pop("PINGONE_SECRET")

    def test_the_plan_warns_with_its_place_and_goes_on(self):
        self.write("workforce", pingone())
        document = self.plan()
        self.assertEqual([change["action"] for change in document["accounts"][0]["changes"]], ["create"])
        warning = [one for one in document["diagnostics"] if "PINGONE_SECRET" in one["message"]][0]
        self.assertEqual(warning["severity"], "warning")
        text = (self.files / "workforce.yaml").read_text().splitlines()
        self.assertIn("client_secret", text[warning["line"] - 1])
        self.assertTrue(warning["file"].endswith("workforce.yaml"))
        self.assertIn(f"workforce.yaml:{warning['line']}:", self.idpd("plan").out)

    def test_the_secret_counts_as_unknown_and_is_no_change(self):
        self.managed_with_secret()
        self.assert_in_sync()

    def managed_with_secret(self):
        self.environment["PINGONE_SECRET"] = "s3cret-of-pingone"
        identifier = self.managed(workforce=pingone())["workforce"]
        self.environment.pop("PINGONE_SECRET")
        return identifier

    def test_apply_withholds_the_writes_of_that_one_alone(self):
        identifier = self.managed_with_secret()
        self.write("workforce", pingone("Renamed"))
        self.write_all(github=github(), new=pingone("New"))
        changes = self.applied(code=1)
        self.assertEqual(outcomes(changes), {"github": "done", "new": "withheld", "workforce": "withheld"})
        self.assertEqual(withheld(changes), {"github": None, "new": "secret_unresolved", "workforce": "secret_unresolved"})
        self.assertIn("PINGONE_SECRET", changes[-1]["withheld"]["message"])
        self.assertEqual(self.live(identifier)["name"], "PingOne Workforce")

    def test_apply_withholds_nothing_where_nothing_is_to_be_written(self):
        self.managed_with_secret()
        self.assertEqual(self.applied(), [])

    def test_an_empty_variable_is_no_secret(self):
        self.write("workforce", pingone())
        self.assertEqual(withheld(self.applied(code=1, PINGONE_SECRET="")), {"workforce": "secret_unresolved"})

    def test_a_second_secret_that_is_unresolved_withholds_too(self):
        self.write("okta", okta(api_token="${env:NOT_THERE}"))
        change, = self.applied(code=1)
        self.assertEqual(change["withheld"]["code"], "secret_unresolved")
        self.assertIn("config.api_token", change["withheld"]["message"])

    def test_deletes_do_not_need_it(self):
        self.write("stays", github())
        self.managed_with_secret()
        self.write("workforce", None)
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})

    def test_files_outside_of_the_allowed_folders_are_not_read(self):
        outside = self.folder / "outside"
        outside.write_text("leaked")
        self.write("workforce", pingone(client_secret=f"${{file:{outside}}}"))
        self.assertEqual(withheld(self.applied(code=1)), {"workforce": "secret_unresolved"})

    def test_idpd_s_own_and_cloudflare_s_variables_are_not_read(self):
        for name in ("CLOUDFLARE_API_TOKEN", "IDPD_SECRET", "TOKEN"):
            with self.subTest(name):
                self.write("workforce", pingone(client_secret="${env:%s}" % name))
                result = self.idpd("apply", "--auto-approve", **{name: self.environment.get(name, "leaked")})
                self.assertEqual(result.code, 1, result)
                self.assertEqual(self.sim.writes(), [])


class NowhereElse(Managed):
    """Through a whole life, on the most talkative log level, in every output, file and database."""

    def setUp(self):
        super().setUp()
        self.environment["PINGONE_SECRET"] = SECRET
        self.texts = []

    def run_and_keep(self, *arguments, code=0, **environment):
        result = self.idpd("--log-level", "trace", *arguments, **environment)
        self.assertEqual(result.code, code, result)
        self.texts += [result.out, result.err]

    def assert_nowhere(self, *secrets):
        files = [path.read_bytes() for path in self.folder.rglob("*") if path.is_file() and "scim" not in path.parts]
        for text in [*(text.encode() for text in self.texts), *files]:
            for secret in secrets:
                escaped = secret.encode("unicode_escape")
                for form in (secret.encode(), escaped, secret.replace("\\", "\\\\").replace('"', '\\"').encode()):
                    self.assertNotIn(form, text)

    def test_in_outputs_logs_plan_files_and_the_store(self):
        plan = self.folder / "plan.json"
        self.write("workforce", {**pingone(), "scim_config": {"enabled": True}})
        for output in ("text", "json", "markdown"):
            self.run_and_keep("plan", "--output", output, "--out", str(plan))
        self.run_and_keep("apply", "--auto-approve")
        scim = self.sim.provider("PingOne Workforce")["scim_config"]["secret"]
        for output in ("text", "json", "markdown"):
            rotated = {"PINGONE_SECRET": SECRET + output}
            self.run_and_keep("plan", "--output", output, "--out", str(plan), **rotated)
            self.run_and_keep("apply", "--auto-approve", "--output", output, **rotated)
        self.assertEqual(self.sim.provider("PingOne Workforce")["config"]["client_secret"], SECRET + "markdown")
        self.assert_nowhere(SECRET, scim, "sim-write")

    def test_in_errors(self):
        self.write("workforce", pingone())
        for fault in ({"status": 400}, {"status": 500}, {"action": "truncate", "when": "after"}):
            self.sim.fault(method="POST", **fault)
            self.sim.fault(method="GET", path="/identity_providers$", status=403, skip=1)
            self.run_and_keep("apply", "--auto-approve", code=1)
            self.sim.control("DELETE", "/faults")
        self.assert_nowhere(SECRET, "sim-write")

    def test_in_an_error_of_the_api_that_repeats_what_it_got(self):
        self.write("workforce", pingone())
        body = {"success": False, "errors": [{"code": 12130, "message": f"client_secret {SECRET} is not accepted"}], "result": None}
        self.sim.fault(method="POST", status=400, body=body)
        self.run_and_keep("apply", "--auto-approve", code=1)
        self.assert_nowhere(SECRET)

    def test_in_a_fingerprint_that_could_be_guessed(self):
        self.environment["PINGONE_SECRET"] = "guess"
        self.write("workforce", pingone())
        self.apply()
        database = b"".join(path.read_bytes() for path in (self.folder / ".idpd").glob("idpd.db*"))
        self.assertNotIn(hashlib.sha256(b"guess").hexdigest().encode(), database)  # it is keyed

    def test_on_a_command_line(self):
        self.write("workforce", pingone())
        self.sim.fault(method="GET", path="/identity_providers$", action="stall")
        process = self.start("apply", "--auto-approve")
        self.wait_for_request("GET")
        with open(f"/proc/{process.pid}/cmdline", "rb") as stream:
            line = stream.read()
        self.assertNotIn(SECRET.encode(), line)
        self.assertNotIn(b"sim-write", line)


if __name__ == "__main__":
    unittest.main()
