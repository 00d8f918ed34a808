{
    "name": "Order to Cash: examples",
    "version": "19.0.1.0.0",
    "summary": "The recipes of the README, as a consultant would write them",
    "author": "Order to Cash",
    "license": "LGPL-3",
    "depends": ["o2c_addon"],
    "installable": True,
}
