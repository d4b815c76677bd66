"""Design §7, rule 3: what comes before a delete. Nothing but the one delete is held up by it."""

import unittest

from harness import ACCOUNT, Managed, github, outcomes, pingone, withheld

ZONE = "0" * 31 + "1"


class ToDelete(Managed):
    """Two managed ones; the files no longer name `goes`."""

    def setUp(self):
        super().setUp()
        self.identifier = self.managed(stays=github(), goes=pingone())["goes"]
        self.write("goes", None)
        self.sim.clear_requests()

    def assert_withheld(self, code, *words, exit_code=1, arguments=()):
        change, = self.changes()
        self.assertEqual((change["action"], change["withheld"] and change["withheld"]["code"]), ("delete", code))
        change, = self.applied(*arguments, code=exit_code)
        self.assertEqual((change["outcome"], change["withheld"]["code"]), ("withheld", code))
        for word in words:
            self.assertIn(word, change["withheld"]["message"])
        self.assertIsNotNone(self.live(self.identifier))
        self.assertEqual(self.sim.writes(), [])

    def assert_deleted(self, *arguments):
        change, = self.applied(*arguments)
        self.assertEqual((change["action"], change["outcome"]), ("delete", "done"))
        self.assertIsNone(self.live(self.identifier))


class References(ToDelete):
    def assert_referenced(self, collection, item, title):
        self.sim.put(collection, [{"id": "other", "name": "Something else"}, item])
        self.assert_withheld("references", title)
        self.sim.put(collection, [{"id": "other", "name": "Something else"}])
        self.assert_deleted()

    def assert_rule_referenced(self, rule, place="include"):
        self.assert_referenced("policies", {"id": "p1", "name": "Staff", place: [rule]}, 'Access policy "Staff"')

    def test_without_any_it_is_deleted(self):
        self.assert_deleted()

    def test_an_app_that_allows_it(self):
        self.assert_referenced("apps", {"id": "a1", "name": "Wiki", "allowed_idps": ["x", self.identifier]}, 'Access app "Wiki"')

    def test_an_app_that_provisions_from_it(self):
        self.assert_referenced("apps", {"id": "a1", "name": "Wiki", "scim_config": {"idp_uid": self.identifier}}, 'Access app "Wiki"')

    def test_an_app_whose_oidc_claims_name_it_as_a_map_key(self):
        claim = {"name": "groups", "source": {"name": "groups", "name_by_idp": {self.identifier: "memberOf"}}}
        self.assert_referenced("apps", {"id": "a1", "name": "CRM", "saas_app": {"custom_claims": [claim]}}, 'Access app "CRM"')

    def test_an_app_whose_saml_attributes_name_it(self):
        attribute = {"name": "mail", "source": {"name_by_idp": [{"idp_id": self.identifier, "source_name": "email"}]}}
        self.assert_referenced("apps", {"id": "a1", "name": "CRM", "saas_app": {"custom_attributes": [attribute]}}, 'Access app "CRM"')

    def test_an_app_with_a_policy_of_its_own_that_asks_for_it(self):
        policy = {"name": "Own", "require": [{"login_method": {"id": self.identifier}}]}
        self.assert_referenced("apps", {"id": "a1", "name": "Wiki", "policies": [policy]}, 'Access app "Wiki"')

    def test_an_app_that_names_it_where_nobody_knows_of_yet(self):
        self.assert_referenced("apps", {"id": "a1", "name": "Wiki", "from_the_future": [{"deep": {"er": [self.identifier]}}]}, 'Access app "Wiki"')

    def test_a_policy_that_asks_for_the_login_method(self):
        self.assert_rule_referenced({"login_method": {"id": self.identifier}})

    def test_a_policy_that_excludes_the_login_method(self):
        self.assert_rule_referenced({"login_method": {"id": self.identifier}}, "exclude")

    def test_a_group_with_an_azure_group(self):
        rule = {"azureAD": {"id": "g", "identity_provider_id": self.identifier}}
        self.assert_referenced("groups", {"id": "g1", "name": "Admins", "include": [rule]}, 'Access group "Admins"')

    def test_a_group_with_a_legacy_connection_id(self):
        rule = {"okta": {"name": "admins", "connection_id": self.identifier}}
        self.assert_referenced("groups", {"id": "g1", "name": "Admins", "include": [rule]}, 'Access group "Admins"')

    def test_a_federation_grant(self):
        self.assert_referenced("federation_grants", {"id": "f1", "idp_id": self.identifier}, "federation grant")

    def test_a_risk_scoring_integration(self):
        self.assert_referenced("risk_scoring", {"id": "r1", "reference_id": self.identifier}, "risk scoring integration")

    def assert_zone_referenced(self, collection, item, title):
        self.sim.put("zones", [{"id": ZONE, "name": "example.com", "account": {"id": ACCOUNT}}])
        self.sim.control("PUT", f"/zones/{ZONE}/{collection}", [item])
        self.assert_withheld("references", title, "example.com")
        self.sim.control("PUT", f"/zones/{ZONE}/{collection}", [])
        self.assert_deleted()

    def test_an_app_of_a_zone(self):
        self.assert_zone_referenced("apps", {"id": "a1", "name": "Old", "allowed_idps": [self.identifier]}, 'Access app "Old"')

    def test_a_group_of_a_zone(self):
        self.assert_zone_referenced("groups", {"id": "g1", "name": "Old", "include": [{"login_method": {"id": self.identifier}}]}, 'Access group "Old"')

    def test_an_app_on_a_later_page_of_the_list(self):
        apps = [{"id": f"a{number}", "name": f"App {number}"} for number in range(250)]
        self.sim.put("apps", [*apps, {"id": "last", "name": "Last", "allowed_idps": [self.identifier]}])
        self.assert_withheld("references", 'Access app "Last"')

    def test_one_that_appears_after_the_plan_was_saved(self):
        self.plan("--out", str(self.folder / "plan.json"))
        self.sim.put("apps", [{"id": "a1", "name": "Wiki", "allowed_idps": [self.identifier]}])
        result = self.idpd("apply", "--output", "json", str(self.folder / "plan.json"))
        self.assertEqual(result.code, 1, result)
        self.assertEqual(withheld(result.json["accounts"][0]["changes"]), {"goes": "references"})
        self.assertIsNotNone(self.live(self.identifier))

    def test_no_flag_overrides_them(self):
        self.sim.put("apps", [{"id": "a1", "name": "Wiki", "allowed_idps": [self.identifier]}])
        self.assert_withheld("references", arguments=["--allow-deletes", "--max-deletes", "9", "--allow-empty"])


class ChecksThatCannotBeMade(ToDelete):
    def assert_unknown(self, *words):
        self.assert_withheld("references_unknown", *words)

    def test_without_the_permissions_names_the_one_that_is_missing(self):
        self.environment["TOKEN"] = "sim-idp-only"
        self.assert_unknown("permission", "Access: Apps and Policies Read")

    def assert_needed(self, missing, name):
        everything = ["idp_read", "idp_write", "apps_read", "policies_read", "groups_read", "federation_read", "risk_read", "zones_read"]
        self.sim.put("zones", [{"id": ZONE, "name": "example.com", "account": {"id": ACCOUNT}}])
        self.sim.control("PUT", "/tokens/nearly", {"permissions": [one for one in everything if one != missing]})
        self.environment["TOKEN"] = "nearly"
        self.assert_unknown(name)

    def test_without_the_permission_for_apps(self):
        self.assert_needed("apps_read", "Access: Apps and Policies Read")

    def test_without_the_permission_for_policies(self):
        self.assert_needed("policies_read", "Access: Apps and Policies Read")

    def test_without_the_permission_for_groups(self):
        self.assert_needed("groups_read", "Identity Providers, and Groups Read")

    def test_without_the_permission_for_federation_grants(self):
        self.assert_needed("federation_read", "federation grants")

    def test_without_the_permission_for_risk_scoring(self):
        self.assert_needed("risk_read", "Zero Trust Read")

    def test_without_the_permission_for_zones(self):
        self.assert_needed("zones_read", "Zone Read")

    def test_with_a_list_of_apps_that_is_short_of_its_total(self):
        self.sim.put("apps", [{"id": "a1", "name": "A"}, {"id": "a2", "name": "Wiki", "allowed_idps": [self.identifier]}])
        self.sim.behave(short_list=["apps"])
        self.assert_unknown("Access apps")

    def test_with_a_list_of_zones_that_is_short_of_its_total(self):
        self.sim.put("zones", [{"id": ZONE, "name": "example.com", "account": {"id": ACCOUNT}}])
        self.sim.behave(short_list=["zones"])
        self.assert_unknown("zones")

    def test_with_a_later_page_that_fails(self):
        self.sim.put("apps", [{"id": f"a{number}", "name": f"App {number}"} for number in range(150)])
        self.sim.fault(method="GET", path="/access/apps$", query=r"(^|&)page=2(&|$)", status=400, times=-1)
        self.assert_unknown("Access apps")

    def test_do_not_hold_up_the_other_changes(self):
        self.environment["TOKEN"] = "sim-idp-only"
        self.write("stays", github("Renamed"))
        self.write("new", pingone("New"))
        self.assertEqual(outcomes(self.applied(code=1)), {"new": "done", "stays": "done", "goes": "withheld"})
        self.assertIsNotNone(self.live(self.identifier))

    def test_are_made_again_next_time(self):
        self.environment["TOKEN"] = "sim-idp-only"
        self.assert_unknown()
        self.environment["TOKEN"] = "sim-write"
        self.assert_deleted()


class Settings(ToDelete):
    def test_deletes_withhold_is_said_and_is_no_error(self):
        self.settings(deletes="withhold")
        self.assert_withheld("deletes_setting", "deletes: allow", "--allow-deletes", exit_code=0)

    def test_that_say_nothing_of_deletes_withhold_them(self):
        path = self.folder / "idpd.yaml"
        path.write_text(path.read_text().replace("    deletes: allow\n", ""))
        self.assert_withheld("deletes_setting", exit_code=0)

    def test_allow_deletes_overrides_it_for_once(self):
        self.settings(deletes="withhold")
        self.assert_deleted("--allow-deletes")

    def test_allow_deletes_has_no_environment_form(self):
        self.settings(deletes="withhold")
        self.environment["IDPD_ALLOW_DELETES"] = "true"
        self.assert_withheld("deletes_setting", exit_code=0)


class MaxDeletes(Managed):
    def setUp(self):
        super().setUp()
        ids = self.managed(stays=github(), one=pingone("One"), two=pingone("Two"))
        self.two = {ids["one"], ids["two"]}
        self.write("one", None)
        self.write("two", None)
        self.sim.clear_requests()

    def test_above_it_all_are_withheld(self):
        changes = self.applied(code=1)
        self.assertEqual(withheld(changes), {"one": "max_deletes", "two": "max_deletes"})
        self.assertIn("--max-deletes 2", changes[0]["withheld"]["message"])
        self.assertEqual(self.sim.writes(), [])

    def test_the_flag_raises_it(self):
        self.assertEqual(outcomes(self.applied("--max-deletes", "2")), {"one": "done", "two": "done"})
        self.assertEqual(self.ids() & self.two, set())

    def test_the_setting_raises_it(self):
        self.settings(max_deletes=2)
        self.assertEqual(outcomes(self.applied()), {"one": "done", "two": "done"})

    def test_the_flag_lowers_it_to_none(self):
        self.settings(max_deletes=9)
        self.assertEqual(set(withheld(self.applied("--max-deletes", "0", code=1)).values()), {"max_deletes"})

    def test_has_no_environment_form(self):
        self.assertEqual(set(withheld(self.changes(IDPD_MAX_DELETES="9")).values()), {"max_deletes"})
        self.apply(code=1, IDPD_MAX_DELETES="9")
        self.assertEqual(len(self.ids() & self.two), 2)

    def test_what_a_setting_withholds_anyway_does_not_count(self):
        self.write("one", {**pingone("One"), "options": {"prevent_delete": True}})
        self.apply()
        self.write("one", None)
        self.write("two", pingone("Two"))
        self.apply()
        self.write("two", None)
        self.assertEqual(outcomes(self.applied()), {"one": "withheld", "two": "done"})

    def test_a_replace_counts(self):
        self.write("one", github("One"))
        self.assertEqual(withheld(self.applied(code=1)), {"one": "max_deletes", "two": "max_deletes"})
        self.assertEqual(self.sim.writes(), [])

    def test_does_not_hold_up_the_other_changes(self):
        self.write("stays", github("Renamed"))
        self.assertEqual(outcomes(self.applied(code=1)), {"stays": "done", "one": "withheld", "two": "withheld"})


class PreventDelete(Managed):
    def test_is_remembered_when_the_whole_entry_is_gone(self):
        ids = self.managed(stays=github(), goes={**pingone(), "options": {"prevent_delete": True}})
        self.write("goes", None)
        change, = self.applied("--allow-deletes")  # no error: it is the user's own wish
        self.assertEqual((change["outcome"], change["withheld"]["code"]), ("withheld", "prevent_delete"))
        self.assertIsNotNone(self.live(ids["goes"]))

    def test_is_remembered_over_many_passes(self):
        self.managed(stays=github(), goes={**pingone(), "options": {"prevent_delete": True}})
        self.write("goes", None)
        self.grow(4)
        self.assertEqual(withheld(self.changes()), {"goes": "prevent_delete"})

    def test_is_remembered_although_nothing_else_was_to_do_when_it_was_set(self):
        self.managed(stays=github(), goes=pingone())
        self.write("goes", {**pingone(), "options": {"prevent_delete": True}})
        self.assertEqual(self.applied(), [])
        self.write("goes", None)
        self.assertEqual(withheld(self.changes()), {"goes": "prevent_delete"})

    def test_that_was_taken_back_and_applied_no_longer_holds(self):
        ids = self.managed(stays=github(), goes={**pingone(), "options": {"prevent_delete": True}})
        self.write("goes", pingone())
        self.apply()
        self.write("goes", None)
        self.apply()
        self.assertIsNone(self.live(ids["goes"]))

    def test_follows_a_move(self):
        self.managed(stays=github(), goes={**pingone(), "options": {"prevent_delete": True}})
        self.write("goes", None)
        self.write("moved", {**pingone(), "options": {"prevent_delete": True}})
        self.apply()
        self.write("moved", None)
        self.assertEqual(withheld(self.changes()), {"moved": "prevent_delete"})


class LastLoginMethod(Managed):
    EVERYTHING = ("--allow-deletes", "--max-deletes", "9", "--allow-empty")

    def test_is_never_deleted_whatever_the_flags(self):
        identifier = self.managed(only=pingone())["only"]
        self.write("only", None)
        self.assertEqual(withheld(self.applied(*self.EVERYTHING, code=1)), {"only": "last_login_method"})
        self.assertEqual(self.ids(), {identifier})

    def test_is_not_when_two_go_at_once_and_none_would_remain(self):
        self.managed(one=pingone("One"), two=github("Two"))
        self.write("one", None)
        self.write("two", None)
        self.assertEqual(withheld(self.applied(*self.EVERYTHING, code=1)), {"one": "last_login_method", "two": "last_login_method"})
        self.assertEqual(len(self.ids()), 2)

    def test_may_go_when_one_that_nobody_manages_remains(self):
        foreign = self.sim.create(github("Foreign"))["id"]
        self.managed(only=pingone())
        self.write("only", None)
        self.apply(*self.EVERYTHING)
        self.assertEqual(self.ids(), {foreign})

    def test_may_go_when_the_plan_makes_another_one_first(self):
        before = self.managed(old=pingone())["old"]
        self.write("old", None)
        self.write("new", github())
        self.assertEqual(outcomes(self.applied("--allow-empty")), {"new": "done", "old": "done"})
        self.assertIsNone(self.live(before))
        self.assertEqual(len(self.ids()), 1)

    def test_stays_when_the_one_that_was_to_be_made_first_failed(self):
        before = self.managed(old=pingone())["old"]
        self.write("old", None)
        self.write("new", github())
        self.sim.fault(method="POST", status=400)
        changes = self.applied("--allow-empty", code=1)
        self.assertEqual(outcomes(changes), {"new": "failed", "old": "withheld"})
        self.assertEqual(self.ids(), {before})


if __name__ == "__main__":
    unittest.main()
