# 0: switches
from . import res_company
from . import res_config_settings

# 1: memory
from . import append_only
from . import event
from . import event_seal
from . import tamper_check
from . import digest_proof
from . import event_words
from . import event_mixin

# 2: policy
from . import policy_mixin
from . import policy_condition
from . import measured_mixin
from . import approval_rule
from . import approval_step
from . import fulfillment_check
from . import checklist_item
from . import hold_reason
from . import dispute_reason
from . import notice_rule
from . import preset

# 3: decisions and durable work
from . import approval_request
from . import approval_answering
from . import approval_turn
from . import approval_decision
from . import mail_activity
from . import hold
from . import checklist_line
from . import billing_task
from . import billing_run
from . import billing_fault
from . import billing_tonight
from . import billing_plan
from . import mail_mail
from . import mail_routes
from . import notice
from . import notice_sending
from . import reminder
from . import reminder_brakes
from . import promise
from . import dispute

# 4: the documents: gates, facts, problems
from . import gate_mixin
from . import gate_holds
from . import approval_mixin
from . import approval_parking
from . import approval_watching
from . import res_partner
from . import res_partner_billing
from . import sale_order
from . import order_facts
from . import sale_order_line
from . import sale_order_changes
from . import sale_order_billing
from . import billing_invoice
from . import billing_credit
from . import billing_deposit
from . import billing_period
from . import sale_order_payment
from . import order_settlement
from . import stage
from . import stage_age
from . import board
from . import milestones
from . import older_orders
from . import stock_picking
from . import stock_picking_billing
from . import delivery_problems
from . import delivery_lots
from . import delivery_checklist
from . import delivery_release
from . import delivery_plan
from . import stock_move
from . import stock_move_line
from . import account_move
from . import account_move_billing
from . import account_move_dates
from . import account_move_sending
from . import account_move_dispute
from . import account_move_promise
from . import notice_mixin
from . import notice_order
from . import notice_picking
from . import notice_invoice
from . import notice_partner
from . import account_move_line
from . import invoice_credits
from . import customer_page
from . import payment_transaction
from . import held
from . import timeline
