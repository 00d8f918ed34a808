"""Delete the line of each law and see its test fail.

    python tests/mutants.py CONFIG DATABASE [--law NUMBER]

Each mutant is one line of the addon, and the test that has to notice it is gone. What
stands in a function is swapped in this process, as by ``mutate.py``. A field, an index,
a call of ``super()`` or a test with other processes needs a start of Odoo: there the
file is changed, and put back. So run it in a copy of the repo that nobody works with.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.mutate import ADDON, load_odoo, stages_of, swapped

OTHER_PROCESSES = {"mail_faults.py"}  # their workers read the files

MUTANTS = [
    # law, file, text, its replacement, the test that fails then
    (
        1,
        "models/sale_order_billing.py",
        'return self._o2c_invoicing() != "manual"',
        "return True",
        "laws.py::TestNeutral::test_nothing_switched",
    ),
    (
        1,
        "models/sale_order_billing.py",
        'company.o2c_invoicing or "manual"',
        '"draft"',
        "laws.py::TestNeutral::test_nothing_switched",
    ),
    (
        2,
        "models/sale_order.py",
        'released = self - self._o2c_park("confirm")',
        "released = self",
        "laws.py::TestGate::test_one_large",
    ),
    (
        2,
        "models/approval_parking.py",
        "        waiting._o2c_check_may_park(gate)",
        "        pass",
        "laws.py::TestGate::test_parking_gives",
    ),
    (
        2,
        "models/sale_order.py",
        "raise UserError(error)",
        "pass",
        "laws.py::TestGate::test_what_the_host",
    ),
    (
        2,
        "models/stock_picking.py",
        "released = self - waiting",
        "released = self",
        "laws.py::TestGate::test_one_delivery",
    ),
    (
        3,
        "models/gate_mixin.py",
        "raise ValidationError(document._o2c_refusal(blocking))",
        "pass",
        "laws.py::TestStampAndLaw",
    ),
    (
        3,
        "models/gate_mixin.py",
        "        )._o2c_unstamp()\n        for document in arrived",
        "        )\n        for document in arrived",
        "laws.py::TestStampAndLaw::test_a_stamp_falls",
    ),
    (
        3,
        "models/gate_mixin.py",
        "self.filtered(lambda d: not d._o2c_is_final())._o2c_unstamp()",
        "pass",
        "laws.py::TestStampAndLaw::test_what_does_not",
    ),
    (
        3,
        "models/gate_mixin.py",
        '"Passed On", copy=False,',
        '"Passed On", copy=True,',
        "laws.py::TestStampAndLaw::test_a_stamp_is_not",
    ),
    (
        4,
        "models/own_fields.py",
        'if operation == "write" and field.name in self._o2c_own_fields():',
        "if False:",
        "laws.py::TestNothingWeakens",
    ),
    (
        4,
        "models/sale_order.py",
        "return super()._o2c_own_fields() | TOTALS",
        "return super()._o2c_own_fields()",
        "laws.py::TestNothingWeakens::test_no_figure",
    ),
    (
        4,
        "models/sale_order_line.py",
        "return self.is_downpayment and not self.product_uom_qty",
        "return self.is_downpayment",
        "laws.py::TestNothingWeakens::test_a_line_called",
    ),
    (
        4,
        "models/account_move_line.py",
        ' | {"o2c_task_id", "o2c_period_ids"}',
        "",
        "laws.py::TestBilledOnce::test_the_link",
    ),
    (
        5,
        "models/approval_routing.py",
        'barred = request._parties() | self.env["res.users"].union(*given)',
        'barred = self.env["res.users"].union(*given)',
        "laws.py::TestFourEyes::test_who_asked",
    ),
    (
        5,
        "models/sale_order_line.py",
        'self.filtered("product_uom_qty").order_id._o2c_add_author()',
        "pass",
        "laws.py::TestFourEyes::test_who_changed",
    ),
    (
        5,
        "models/sale_order_line.py",
        "orders.exists()._o2c_add_author()",
        "pass",
        "laws.py::TestFourEyes::test_who_removed",
    ),
    (
        6,
        "models/approval_answering.py",
        "if request._is_overtaken():",
        "if False:",
        "laws.py::TestSealed::test_a_larger",
    ),
    (
        6,
        "models/approval_request.py",
        "return only_if_worse and self._terms(before) == self._terms(now)",
        "return only_if_worse",
        "laws.py::TestSealed::test_other_terms",
    ),
    (
        7,
        "models/approval_parking.py",
        "self._o2c_as(intent, asker)._o2c_go_on()",
        "pass",
        "laws.py::TestReplay::test_it_is_confirmed",
    ),
    (
        7,
        "models/approval_parking.py",
        'su=intent["su"], context',
        "su=True, context",
        "laws.py::TestReplay::test_rights_lost",
    ),
    (
        7,
        "models/payment_transaction.py",
        'lambda order: order.state == "sale"',
        "lambda order: True",
        "laws.py::TestReplay::test_a_paid",
    ),
    (
        8,
        "models/append_only.py",
        "        self._refuse_change()\n\n    def unlink",
        "        return super().write(vals)\n\n    def unlink",
        "laws.py::TestAppendOnly::test_the_orm",
    ),
    (
        9,
        "models/billing_invoice.py",
        "part if isinstance(part, Slice) else None",
        "part and Slice(*part)",
        "laws.py::TestBilledOnce::test_a_context",
    ),
    (
        9,
        "models/billing_invoice.py",
        "quantity = min(quantity, left)",
        "pass",
        "laws.py::TestBilledOnce::test_what_is_billed",
    ),
    (
        9,
        "models/billing_invoice.py",
        "part.deductions.update(self._o2c_deductions(part))",
        "pass",
        "laws.py::TestBilledOnce::test_a_deposit",
    ),
    (
        10,
        "models/billing_run.py",
        "            tasks._park_each(str(error))",
        "            raise",
        "laws.py::TestTheTruckLeaves::test_a_refusal",
    ),
    (
        11,
        "models/approval_mixin.py",
        "return [self._o2c_obstacle_broken(rules._o2c_recall([rule.id]))]",
        "raise",
        "laws.py::TestBrokenRule::test_a_broken_rule_is",
    ),
    (
        2,
        "models/approval_parking.py",
        "judged.filtered(lambda d: d._o2c_is_stopped(gate))",
        "judged.filtered(lambda d: d.o2c_on_hold)",
        "laws.py::TestGate::test_one_large",
    ),
    (
        2,
        "models/gate_mixin.py",
        'lambda h: h.state == "open" and h.gate == gate',
        "lambda h: False",
        "holds.py::test_delivery_waits_and_goods",
    ),
    (
        4,
        "models/gate_mixin.py",
        '            "o2c_on_hold",\n',
        "",
        "holds.py::test_the_flag_is_not_writable",
    ),
    (
        13,
        "models/hold.py",
        "                raise AccessError(problem)",
        "                pass",
        "holds.py::test_the_group_of_the_reason",
    ),
    (
        7,
        "models/hold.py",
        "            document._o2c_after_release(hold)",
        "            pass",
        "holds.py::test_confirmation_waits_and_goes",
    ),
    (
        13,
        "models/delivery_release.py",
        "return at_home and group.id in user._get_group_ids()",
        "return at_home",
        "fulfillment.py::TestRelease::test_who_may",
    ),
    (
        13,
        "models/delivery_release.py",
        "return at_home and group.id in user._get_group_ids()",
        "return group.id in user._get_group_ids()",
        "fulfillment.py::TestRelease::test_own_company_only",
    ),
    (
        13,
        "models/delivery_money.py",
        "and not self._o2c_reads_debt()",
        "and False",
        "fulfillment.py::TestPrepayment::test_who_reads_no_debt",
    ),
    (
        4,
        "models/delivery_without_order.py",
        "return orders | others",
        "return orders",
        "without_order.py::TestWithoutOrder::test_no_way",
    ),
    (
        4,
        "models/delivery_without_order.py",
        "if move._o2c_leaves_unseen() and",
        "if False and",
        "without_order.py::TestWithoutOrder::test_no_way",
    ),
    (
        4,
        "models/delivery_correction.py",
        "if reasons:",
        "if False:",
        "without_order.py::TestWithoutOrder::test_no_way",
    ),
    (
        6,
        "models/delivery_release.py",
        "hold.seal == self._o2c_goods_seal(check)",
        "True",
        "fulfillment.py::TestRelease::test_other_goods",
    ),
    (
        6,
        "models/delivery_release.py",
        "self._o2c_size(check) <= hold.size + 0.005",
        "True",
        "fulfillment.py::TestRelease::test_worse",
    ),
    (
        11,
        "models/policy_condition.py",
        "        if policy.alerted_on == today:\n            return\n",
        "",
        "policy.py::test_the_owner_is_told_once",
    ),
    (
        11,
        "models/gate_mixin.py",
        "obstacle.source._alert(obstacle.reason)",
        "pass",
        "policy.py::test_whom_it_stops",
    ),
    (
        14,
        "models/order_facts.py",
        "return currency._convert(amount,",
        "return (lambda amount, *args: amount)(amount,",
        "laws.py::TestMoney",
    ),
    (
        12,
        "models/notice_sending.py",
        "            self._tell()\n            return is_mine",
        "            return is_mine",
        "mail_faults.py::TestMailFaults",
    ),
    (
        12,
        "models/notice.py",
        '"(order_id, kind, level) WHERE order_id IS NOT NULL"',
        '"(order_id, kind, level, id) WHERE order_id IS NOT NULL"',
        "notices.py::TestSentOnce::test_one_row",
    ),
    (
        12,
        "models/notice_sending.py",
        "mail.mail_message_id.message_id = notice.message_id",
        "pass",
        "notices.py::TestSentOnce::test_server_away",
    ),
    (
        12,
        "models/notice_sending.py",
        '                "state": "cancel",\n',
        "",
        "notices.py::TestSentOnce::test_the_hosts_own_queue",
    ),
    (
        12,
        "models/notice_sending.py",
        'notice._move_to("uncertain", cause="interrupted")',
        "notice._try_later('unreachable')",
        "notices.py::TestSentOnce::test_interrupted",
    ),
    (
        12,
        "models/reminder.py",
        "            if customer in quiet:\n                continue\n",
        "",
        "reminders.py::TestLevels::test_who_was_reminded",
    ),
    (
        12,
        "models/notice_sending.py",
        'if outcome == "uncertain" and not routes.give_up(mail):',
        "if False:",
        "notices.py::TestSentOnce::test_the_server_hangs_up_before",
    ),
    (
        12,
        "models/mail_routes.py",
        "self._closed.add(self._routes[mail.id])",
        "pass",
        "notices.py::TestSentOnce::test_a_server_that_hangs_up",
    ),
    (
        12,
        "models/mail_routes.py",
        "self._is_said = True",
        "pass",
        "notices.py::TestSentOnce::test_the_server_hangs_up_after",
    ),
    (
        12,
        "models/notice_sending.py",
        "is_mine and self.try_lock_for_update(allow_referencing=True)",
        "is_mine",
        "mail_faults.py::TestMailFaults",
    ),
    (
        14,
        "models/notice_partner.py",
        "return min(today, now.date())",
        "return today",
        "reminders.py::TestLevels::test_never_early",
    ),
]


def survives(options, law, file, text, replacement, test):
    """Why nothing shows that the line is gone, or nothing."""
    source = (ADDON / file).read_text()
    if source.count(text) < 1:
        return f"law {law}: “{text.strip()}” is no longer in {file}"
    mutant = source.replace(text, replacement, 1)
    suite, *names = test.split("::")
    with swapped(file, compile(mutant, ADDON / file, "exec")) as functions:
        if functions and suite not in OTHER_PROCESSES:
            is_noticed = any(map(fails, stages_of([f"test_{suite[:-3]}"], names)))
        else:
            is_noticed = fails_in_a_new_process(options, file, mutant, suite, names)
    if not is_noticed:
        return f"law {law}: nothing notices that “{text.strip()}” is gone from {file}"
    return None


def fails(stage):
    with stage:
        return stage.failing(stage.tests)


def fails_in_a_new_process(options, file, mutant, suite, names):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-x", "-q"]
    command += [f"--odoo-config={options.rc}", f"--odoo-database={options.database}"]
    command += [f"tests/test_{suite}", "-k", " and ".join(names)]
    path = ADDON / file
    original = path.read_text()
    path.write_text(mutant)
    try:
        run = subprocess.run(command, capture_output=True, check=False, text=True)
    finally:
        path.write_text(original)
    verdict = run.stdout.splitlines()[-1]
    if "error" in verdict or run.returncode > 1:
        raise RuntimeError(run.stdout)  # it could not be tried
    return run.returncode == 1


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("rc")
    parser.add_argument("database")
    parser.add_argument("--law", type=int)
    options = parser.parse_args()
    mutants = [m for m in MUTANTS if options.law in (None, m[0])]
    # tests of several processes make databases of their own of it
    template = os.environ["O2C_TEMPLATE"] = f"o2c_mutants_{os.getpid()}"
    subprocess.run(["createdb", "-T", options.database, template], check=True)
    try:
        load_odoo(options)
        problems = list(filter(None, (tried(options, mutant) for mutant in mutants)))
    finally:
        subprocess.run(["dropdb", template], check=True)
    print(f"{len(mutants) - len(problems)} of {len(mutants)} noticed")
    sys.exit(bool(problems))


def tried(options, mutant):
    problem = survives(options, *mutant)
    print(problem or f"law {mutant[0]}: noticed, {mutant[4]}", flush=True)
    return problem


if __name__ == "__main__":
    main()
