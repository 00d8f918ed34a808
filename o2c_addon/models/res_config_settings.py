from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    o2c_invoicing = fields.Selection(related="company_id.o2c_invoicing", readonly=False)
    o2c_invoicing_period = fields.Selection(
        related="company_id.o2c_invoicing_period", readonly=False
    )
    o2c_invoice_date = fields.Selection(
        related="company_id.o2c_invoice_date", readonly=False
    )
    o2c_ordered_lines = fields.Selection(
        related="company_id.o2c_ordered_lines", readonly=False
    )
    o2c_crediting = fields.Selection(related="company_id.o2c_crediting", readonly=False)
    o2c_credits = fields.Selection(related="company_id.o2c_credits", readonly=False)
    o2c_silence_days = fields.Integer(
        related="company_id.o2c_silence_days", readonly=False
    )
    o2c_only_approved_time = fields.Boolean(
        related="company_id.o2c_only_approved_time", readonly=False
    )
    o2c_recurring_deviation = fields.Integer(
        related="company_id.o2c_recurring_deviation", readonly=False
    )
    o2c_send_delay = fields.Integer(related="company_id.o2c_send_delay", readonly=False)
    o2c_billing_owner_id = fields.Many2one(
        related="company_id.o2c_billing_owner_id", readonly=False
    )
    o2c_target_quotation = fields.Integer(
        related="company_id.o2c_target_quotation", readonly=False
    )
    o2c_target_approval = fields.Integer(
        related="company_id.o2c_target_approval", readonly=False
    )
    o2c_target_delivery = fields.Integer(
        related="company_id.o2c_target_delivery", readonly=False
    )
    o2c_target_invoicing = fields.Integer(
        related="company_id.o2c_target_invoicing", readonly=False
    )
    o2c_target_payment = fields.Integer(
        related="company_id.o2c_target_payment", readonly=False
    )
    o2c_promise_days = fields.Integer(
        related="company_id.o2c_promise_days", readonly=False
    )
    o2c_apart_release = fields.Boolean(
        related="company_id.o2c_apart_release", readonly=False
    )
    o2c_apart_invoice = fields.Boolean(
        related="company_id.o2c_apart_invoice", readonly=False
    )
    o2c_apart_credit = fields.Boolean(
        related="company_id.o2c_apart_credit", readonly=False
    )
    o2c_times_per_person = fields.Boolean(
        related="company_id.o2c_times_per_person", readonly=False
    )
