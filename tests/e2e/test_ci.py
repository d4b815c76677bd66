"""idpd in CI: no settings file, no store, a token that may only read (design §5 and §6)."""

import json
import re
import unittest

from harness import ACCOUNT, OTHER_ACCOUNT, Managed, github, okta, pingone
from hostile import out_of_place


class CiCase(Managed):
    def setUp(self):
        super().setUp()
        self.environment.update(CLOUDFLARE_API_TOKEN="sim-read", CLOUDFLARE_ACCOUNT_ID=ACCOUNT, CLOUDFLARE_BASE_URL=self.sim.api)
        (self.folder / "idpd.yaml").unlink()

    def ci(self, *arguments, **environment):
        return self.idpd(*arguments, config=False, **environment)

    def ci_plan(self, *arguments, code=0, **environment):
        result = self.ci("plan", "--output", "json", *arguments, str(self.files), **environment)
        self.assertEqual(result.code, code, result)
        return result.json

    def ci_changes(self, **environment):
        return self.ci_plan(**environment)["accounts"][0]["changes"]


class Plan(CiCase):
    def test_with_the_environment_alone(self):
        self.write("workforce", pingone())
        change, = self.ci_changes()
        self.assertEqual((change["key"], change["action"]), ("workforce", "create"))

    def test_finds_by_type_and_name_what_is_there(self):
        identifier = self.sim.create(pingone())["id"]
        self.write("workforce", pingone())
        self.assertEqual(self.ci_changes(), [])
        self.sim.patch(identifier, {"config": {"pkce_enabled": True}})
        self.write("workforce", pingone(pkce_enabled=False))
        change, = self.ci_changes()
        self.assertEqual((change["action"], change["id"], change["origin"]), ("update", identifier, "unknown"))

    def test_says_what_cannot_be_seen_without_a_store(self):
        self.write("workforce", pingone())
        messages = [one["message"] for one in self.ci_plan()["diagnostics"]]
        self.assertTrue(any("no store" in message and "removed" in message for message in messages), messages)

    def test_makes_no_file(self):
        self.write("workforce", pingone())
        before = sorted(self.folder.rglob("*"))
        self.ci_plan()
        self.assertEqual(sorted(self.folder.rglob("*")), before)

    def test_asks_for_nothing_but_gets(self):
        self.write("workforce", pingone())
        self.ci_plan()
        self.assertEqual({one["method"] for one in self.sim.requests()}, {"GET"})

    def test_does_not_write_even_with_a_token_that_could(self):
        self.write("workforce", pingone())
        self.ci_plan(CLOUDFLARE_API_TOKEN="sim-write")
        self.assertEqual(self.sim.writes(), [])

    def test_needs_no_secrets_of_the_identity_providers(self):
        self.environment.pop("PINGONE_SECRET")
        self.sim.create(pingone())
        self.write("workforce", pingone())
        document = self.ci_plan()
        self.assertEqual(document["accounts"][0]["changes"], [])
        warning, = [one for one in document["diagnostics"] if "PINGONE_SECRET" in one["message"]]
        self.assertEqual(warning["severity"], "warning")

    def test_takes_files_and_folders(self):
        self.write_all(one=pingone("One"), two=github("Two"))
        result = self.ci("plan", "--output", "json", str(self.files / "one.yaml"), str(self.files / "two.yaml"))
        self.assertEqual([change["key"] for change in result.json["accounts"][0]["changes"]], ["one", "two"])

    def test_takes_the_one_account_that_the_files_name(self):
        (self.files / "a.yaml").write_text("account: production\nidentity_providers:\n  pin: {name: PIN, type: onetimepin, config: {}}\n")
        account, = self.ci_plan()["accounts"]
        self.assertEqual((account["account"], len(account["changes"])), ("production", 1))

    def test_refuses_files_about_two_accounts(self):
        for name in ("a", "b"):
            (self.files / f"{name}.yaml").write_text(f"account: {name}\nidentity_providers:\n  pin: {{name: PIN, type: onetimepin, config: {{}}}}\n")
        result = self.ci("plan", str(self.files))
        self.assertEqual(result.code, 1)
        self.assertIn("settings file", result.err)

    def test_a_settings_file_ignores_the_environment(self):
        self.settings()
        self.write("workforce", pingone())
        result = self.idpd("plan", CLOUDFLARE_API_TOKEN="sim-expired", CLOUDFLARE_ACCOUNT_ID="nonsense", CLOUDFLARE_BASE_URL="http://127.0.0.1:1")
        self.assertEqual(result.code, 0, result)

    def test_a_token_that_may_only_read_does_for_a_plan_with_deletes(self):
        self.settings()
        self.managed(stays=github(), goes=pingone())
        self.write("goes", None)
        self.environment["TOKEN"] = "sim-read"
        change, = self.changes()
        self.assertEqual((change["action"], change["withheld"]), ("delete", None))

    def test_a_token_of_an_account_does_too(self):
        self.sim.control("PUT", "/tokens/of-an-account", {"permissions": ["idp_read"], "owner": "account"})
        self.write("workforce", pingone())
        self.assertEqual(len(self.ci_changes(CLOUDFLARE_API_TOKEN="of-an-account")), 1)


class ExitCodes(CiCase):
    def code(self, *arguments, **environment):
        return self.ci("plan", "--detailed-exitcode", *arguments, str(self.files), **environment).code

    def test_0_in_sync(self):
        self.sim.create(pingone())
        self.write("workforce", pingone())
        self.assertEqual(self.code(), 0)

    def test_0_with_unmanaged_ones_beside(self):
        self.sim.create(pingone())
        self.sim.create(github())
        self.write("workforce", pingone())
        self.assertEqual(self.code(), 0)

    def test_2_with_changes(self):
        self.write("workforce", pingone())
        self.assertEqual(self.code(), 2)
        self.assertEqual(self.code(IDPD_OUTPUT="json"), 2)

    def test_2_by_the_environment_too(self):
        self.write("workforce", pingone())
        self.assertEqual(self.ci("plan", str(self.files), IDPD_DETAILED_EXITCODE="true").code, 2)

    def test_0_with_changes_without_the_flag(self):
        self.write("workforce", pingone())
        self.assertEqual(self.ci("plan", str(self.files)).code, 0)

    def test_2_with_changes_that_are_withheld(self):
        self.sim.create({**okta(), "config": {**okta()["config"], "api_token": "held"}})
        self.write("okta", okta(claims=["groups"]))
        self.assertEqual([change["withheld"]["code"] for change in self.ci_changes()], ["secret_unknown"])
        self.assertEqual(self.code(), 2)

    def test_1_with_an_unknown_account(self):
        self.write("workforce", pingone())
        self.sim.behave(short_list=True)
        self.assertEqual(self.code(), 1)

    def test_1_with_a_broken_file(self):
        (self.files / "broken.yaml").write_text("a: [")
        self.assertEqual(self.code(), 1)

    def test_1_with_one_that_is_ambiguous(self):
        for _ in range(2):
            self.sim.create(pingone())
        self.write("workforce", pingone())
        self.assertEqual(self.code(), 1)


class Messages(CiCase):
    """They say what to do, and never the token."""

    def setUp(self):
        super().setUp()
        self.write("workforce", pingone())

    def assert_said(self, *words, arguments=None, **environment):
        token = environment.get("CLOUDFLARE_API_TOKEN", "sim-read")
        for output in ("text", "json", "markdown"):
            result = self.ci("--log-level", "trace", "plan", "--output", output, str(self.files), **environment)
            self.assertEqual(result.code, 1, result)
            said = " ".join((result.out + result.err).split())  # text is wrapped
            for word in words:
                self.assertIn(word, said if output == "text" else said.replace("\\", ""))
            if len(token) > 3:
                self.assertNotIn(token, result.out + result.err)

    def test_an_expired_token(self):
        self.assert_said("token", "expired", CLOUDFLARE_API_TOKEN="sim-expired")

    def test_an_unknown_token(self):
        self.assert_said("token", CLOUDFLARE_API_TOKEN="never-heard-of-it")

    def test_a_missing_token(self):
        self.environment.pop("CLOUDFLARE_API_TOKEN")
        self.assert_said("CLOUDFLARE_API_TOKEN")

    def test_an_empty_token(self):
        self.assert_said("CLOUDFLARE_API_TOKEN", CLOUDFLARE_API_TOKEN="")

    def test_a_missing_account_id(self):
        self.environment.pop("CLOUDFLARE_ACCOUNT_ID")
        self.assert_said("CLOUDFLARE_ACCOUNT_ID", "--config")

    def test_an_account_id_that_is_none(self):
        self.assert_said("CLOUDFLARE_ACCOUNT_ID", "32 hexadecimal digits", CLOUDFLARE_ACCOUNT_ID="production")

    def test_an_account_id_that_does_not_exist(self):
        self.assert_said("account", CLOUDFLARE_ACCOUNT_ID="f" * 32)

    def test_an_account_that_the_token_may_not_see(self):
        self.sim.control("PUT", "/tokens/other-account", {"accounts": [OTHER_ACCOUNT]})
        self.assert_said("account", CLOUDFLARE_API_TOKEN="other-account")

    def test_a_missing_permission_by_its_name(self):
        self.sim.control("PUT", "/tokens/may-nothing", {"permissions": ["apps_read"]})
        self.assert_said("permission", "Access: Organizations, Identity Providers, and Groups Read", CLOUDFLARE_API_TOKEN="may-nothing")

    def test_a_missing_permission_to_write_by_its_name(self):
        self.settings()
        self.environment["TOKEN"] = "sim-read"
        change, = self.applied(code=1)
        self.assertEqual(change["outcome"], "failed")
        self.assertIn("Access: Organizations, Identity Providers, and Groups Write", change["error"])

    def test_an_api_that_is_not_there(self):
        self.assert_said("127.0.0.1", CLOUDFLARE_BASE_URL="http://127.0.0.1:1/client/v4")

    def test_an_api_without_encryption_elsewhere(self):
        self.assert_said("CLOUDFLARE_BASE_URL", "http", CLOUDFLARE_BASE_URL="http://api.example.com/client/v4")

    def test_no_files_at_all(self):
        result = self.ci("plan")
        self.assertEqual(result.code, 1)
        self.assertIn("no files", result.err)

    def test_a_file_that_does_not_exist(self):
        result = self.ci("plan", str(self.folder / "nowhere"))
        self.assertEqual(result.code, 1)
        self.assertIn("nowhere", result.err)


class Markdown(CiCase):
    def markdown(self, code=0):
        result = self.ci("plan", "--output", "markdown", str(self.files))
        self.assertEqual(result.code, code, result)
        return result.out

    def test_has_the_summary_the_changes_and_the_fingerprint(self):
        self.write("workforce", pingone())
        text = self.markdown()
        self.assertIn("1 to create", text.splitlines()[0])
        self.assertIn("create <code>workforce</code>", text)
        self.assertRegex(text, r"`sha256:[0-9a-f]{64}`")
        self.assertIn("```diff\n", text)
        self.assertIn("config.client_secret = (sensitive)", text)
        self.assertNotIn("s3cret", text)

    def test_in_sync_is_one_line_of_it(self):
        self.sim.create(pingone())
        self.write("workforce", pingone())
        self.assertIn("No changes. 1 identity provider matches.", self.markdown().splitlines()[0])

    def test_is_what_an_error_comes_in_too(self):
        (self.files / "broken.yaml").write_text("a: [")
        self.assertIn("broken.yaml", self.markdown(code=1))

    def test_a_name_cannot_become_markup_or_call_anybody(self):
        names = ["`@everyone` <img src=x>", "```\n# heading", "[link](https://evil.example.com) @team #1", "| a | b |", "</details>"]
        for number, name in enumerate(names):
            self.write(f"k{number}", pingone(name))
        self.assertEqual(out_of_place(self.markdown()), [])

    def test_gives_the_command_that_carries_out_exactly_this(self):
        self.write("workforce", pingone())
        command = re.search(r"```sh\nidpd (.*)\n```", self.markdown())[1].split()
        self.settings()
        self.sim.create(github())  # of no concern to it
        self.assertEqual(self.idpd(*command).code, 0)
        self.assertEqual(self.sim.provider("PingOne Workforce")["type"], "pingone")
        result = self.idpd(*command)
        self.assertEqual(result.code, 1, result)
        self.assertIn("not the expected one", result.err)

    def test_names_the_job_where_it_is_cut(self):
        many = {f"k{number}": pingone(f"A name that takes some room in a comment {number}") for number in range(400)}
        (self.files / "many.yaml").write_text(json.dumps({"identity_providers": many}))
        github_job = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "7"}
        for environment, job in (({}, "`idpd plan`"),
                                 ({"CI_JOB_URL": "https://gitlab.example.com/a/b/-/jobs/7"}, "[the job](https://gitlab.example.com/a/b/-/jobs/7)"),
                                 (github_job, "[the job](https://github.com/a/b/actions/runs/7)"),
                                 ({"CI_JOB_URL": "https://x) <img>"}, "`idpd plan`")):
            text = self.ci("plan", "--output", "markdown", str(self.files), **environment).out
            self.assertIn(f"The whole plan: {job}.\n", text)
            self.assertLessEqual(len(text), 64000)


if __name__ == "__main__":
    unittest.main()
