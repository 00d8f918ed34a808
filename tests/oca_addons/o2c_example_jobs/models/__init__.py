from . import billing_task
