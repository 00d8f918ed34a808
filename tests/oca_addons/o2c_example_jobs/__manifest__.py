{
    "name": "Order to Cash: Invoices by Jobs",
    "summary": "An example: what is due is billed by a job of OCA's queue_job",
    "version": "19.0.1.0.0",
    "author": "Order to Cash",
    "license": "LGPL-3",
    "category": "Sales",
    "depends": ["o2c_addon", "queue_job"],
    "data": ["data/queue_job_function_data.xml"],
}
