"""No perpetual drift, and no change that goes unseen: for every type and every field, made from the schemas.

All types live in one account in one test, each under its own key, so that one run of the program covers all.
"""

import copy
import unittest

import schemas
from harness import Case
from schemas import erase_path, get_path, set_path

TYPES = schemas.all_types()


def same(field, left, right):
    """Equal as a person would say: absent is empty, sets have no order."""
    def canonical(value):
        if value in (None, "", [], {}) or value == field.default:
            return None
        if isinstance(value, list) and field.schema.get("uniqueItems"):
            return sorted(map(repr, value))
        return value
    return canonical(left) == canonical(right)


class TypesCase(Case):
    def setUp(self):
        super().setUp()
        self.environment.update(schemas.environment(TYPES))
        self.entries = {one.name: one.entry(all_fields=True) for one in TYPES}

    def write_all(self):
        for key, entry in self.entries.items():
            self.write(key, entry)

    def create_all(self):
        self.write_all()
        outcomes = {change["key"]: change["outcome"] for change in self.applied()}
        self.assertEqual(outcomes, {one.name: "done" for one in TYPES})

    def live(self, one):
        return self.sim.provider(self.entries[one.name]["name"])

    def assert_nothing_forbidden_was_sent(self):
        state = self.sim.state()
        self.assertEqual((state["masked_writes"], state["readonly_writes"], state["dropped_writes"]), (0, 0, 0), state)


class EveryType(TypesCase):
    def test_there_are_fifteen_types(self):
        self.assertEqual(len(TYPES), 15)

    def test_with_its_required_fields_alone_is_created_and_then_matches(self):
        self.entries = {one.name: one.entry() for one in TYPES}
        self.create_all()
        self.assert_in_sync()
        self.assert_nothing_forbidden_was_sent()

    def test_with_every_field_is_created_as_written_and_then_matches(self):
        self.create_all()
        for one in TYPES:
            live = self.live(one)
            for field in one.fields:
                if field.read_only:
                    continue
                want = self.environment[field.variable()] if field.secret else get_path(self.entries[one.name], field.path)
                with self.subTest(type=one.name, field=field.path):
                    self.assertTrue(same(field, get_path(live, field.path), want), (get_path(live, field.path), want))
        self.assert_in_sync()
        self.assert_nothing_forbidden_was_sent()

    def test_that_a_plan_found_nothing_to_do_on_is_not_written_again(self):
        self.create_all()
        self.sim.clear_requests()
        self.apply()
        self.assertEqual(self.sim.writes(), [])


class EveryField(TypesCase):
    """One field at a time of every type at once: the n-th field of each in round n."""

    def rounds(self):
        for index in range(max(len(one.writable) for one in TYPES)):
            yield [(one, one.writable[index]) for one in TYPES if index < len(one.writable)]

    def assert_planned(self, touched, origin):
        """Exactly these fields are in the plan, for that reason."""
        changes = {change["key"]: change for change in self.changes()}
        self.assertEqual(sorted(changes), sorted(one.name for one, _ in touched))
        for one, field in touched:
            change = changes[one.name]
            found = [(each["path"], each["origin"]) for each in change["fields"]]
            self.assertEqual((change["action"], found), ("update", [(field.path, origin)]), (one.name, field.path))

    def assert_live(self, touched):
        for one, field in touched:
            live, want = get_path(self.live(one), field.path), get_path(self.entries[one.name], field.path)
            self.assertTrue(same(field, live, want), (one.name, field.path, live, want))
            for secret in one.secrets:
                self.assertEqual(get_path(self.live(one), secret.path), self.environment[secret.variable()])

    def test_changed_in_the_file_is_found_and_carried_out(self):
        self.create_all()
        for touched in self.rounds():
            touched = [(one, field) for one, field in touched if not self.is_needed_by_another(one, field)]
            for one, field in touched:
                set_path(self.entries[one.name], field.path, field.value(1))
            self.write_all()
            self.assert_planned(touched, "config")
            self.apply()
            self.assert_live(touched)
            self.assert_in_sync()
        self.assert_nothing_forbidden_was_sent()

    def test_changed_in_the_dashboard_is_found_as_drift_and_healed(self):
        self.create_all()
        for touched in self.rounds():
            for one, field in touched:
                merge = {}
                set_path(merge, field.path, field.value(1))
                self.sim.patch(self.live(one)["id"], merge)
            self.assert_planned(touched, "drift")
            self.apply()
            self.assert_live(touched)
            self.assert_in_sync()
        self.assert_nothing_forbidden_was_sent()

    def test_unset_in_the_dashboard_is_found_as_drift_and_healed(self):
        self.create_all()
        for touched in self.rounds():
            for one, field in touched:
                merge = {}
                set_path(merge, field.path, None)
                self.sim.patch(self.live(one)["id"], merge)
            self.assert_planned(touched, "drift")
            self.apply()
            self.assert_live(touched)
            self.assert_in_sync()

    def test_null_in_the_file_unsets_it(self):
        self.create_all()
        for touched in self.rounds():
            touched = [(one, field) for one, field in touched
                       if not field.required and not self.is_needed_by_another(one, field)]
            if not touched:
                continue
            for one, field in touched:
                set_path(self.entries[one.name], field.path, None)
            self.write_all()
            self.assert_planned(touched, "config")
            self.apply()
            self.assert_live(touched)
            self.assert_in_sync()

    def test_taken_out_of_the_file_goes_back_to_its_default(self):
        self.create_all()
        for touched in self.rounds():
            # SCIM is never reset by omission.
            touched = [(one, field) for one, field in touched
                       if not field.required and not field.path.startswith("scim_config.")]
            if not touched:
                continue
            for one, field in touched:
                erase_path(self.entries[one.name], field.path)
            self.write_all()
            self.assert_planned(touched, "config")
            self.apply()
            self.assert_live(touched)
            self.assert_in_sync()

    def test_taken_out_of_scim_config_stays_as_it_is(self):
        self.create_all()
        before = {one.name: self.live(one).get("scim_config") for one in TYPES}
        for one in TYPES:
            self.entries[one.name].pop("scim_config", None)
        self.write_all()
        self.assert_in_sync()
        self.apply()
        self.assertEqual({one.name: self.live(one).get("scim_config") for one in TYPES}, before)

    def test_never_named_in_the_file_is_left_to_the_dashboard(self):
        self.entries = {one.name: one.entry() for one in TYPES}
        self.create_all()
        for one in TYPES:
            merge = {}
            for field in one.writable:
                if not field.required:
                    set_path(merge, field.path, field.value())
            self.sim.patch(self.live(one)["id"], merge)
        self.assert_in_sync()
        for one in TYPES:  # an update of something else keeps them, too
            self.entries[one.name]["name"] += " renamed"
        before = {one.name: self.sim.provider(f"Test {one.name}")["config"] for one in TYPES}
        self.write_all()
        self.apply()
        self.assertEqual({one.name: self.live(one)["config"] for one in TYPES}, before)

    def test_renamed_in_the_file_keeps_its_id(self):
        self.create_all()
        before = {one.name: self.live(one)["id"] for one in TYPES}
        for one in TYPES:
            self.entries[one.name]["name"] += " renamed"
        self.write_all()
        self.apply()
        self.assertEqual({one.name: self.live(one)["id"] for one in TYPES}, before)
        self.assert_in_sync()

    @staticmethod
    def is_needed_by_another(one, field):
        """`user_deprovision`: false is an error while `seat_deprovision` is true."""
        return any(field.path in one.requires(other) for other in one.fields)


class EverySecret(TypesCase):
    def test_that_changes_behind_its_reference_is_sent_and_shown_nowhere(self):
        self.create_all()
        rotated = {name: value + "-rotated" for name, value in schemas.environment(TYPES).items()}
        before = copy.deepcopy(self.environment)
        self.environment.update(rotated)
        changes = {change["key"]: change for change in self.changes()}
        with_secrets = [one for one in TYPES if one.secrets]
        self.assertEqual(sorted(changes), sorted(one.name for one in with_secrets))
        for one in with_secrets:
            self.assertEqual([(each["path"], each["sensitive"], each["before"], each["after"]) for each in changes[one.name]["fields"]],
                             [(secret.path, True, None, None) for secret in one.secrets])
        report = self.idpd("apply", "--auto-approve")
        self.assertEqual(report.code, 0, report)
        for one in with_secrets:
            for secret in one.secrets:
                self.assertEqual(get_path(self.live(one), secret.path), rotated[secret.variable()])
        self.assert_in_sync()
        texts = [report.out, report.err] + [path.read_bytes().decode("latin-1")
                                            for path in (self.folder / ".idpd").rglob("*") if path.is_file()]
        for text in texts:
            for name, value in rotated.items():
                self.assertNotIn(value, text)
                self.assertNotIn(before[name], text)


if __name__ == "__main__":
    unittest.main()
