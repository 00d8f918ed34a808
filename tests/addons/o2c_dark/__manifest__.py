{
    "name": "Order to Cash: Dark Screens",
    "summary": "Stands in for the dark colors of Enterprise; used by the screenshots",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Order to Cash contributors",
    "license": "LGPL-3",
    "depends": ["web"],
    "assets": {
        "web.assets_web_dark": [
            ("include", "o2c_dark.colors"),
        ],
        "web.assets_backend_lazy_dark": [
            ("include", "o2c_dark.colors"),
        ],
        "o2c_dark.colors": [
            (
                "before",
                "web/static/src/scss/primary_variables.scss",
                "o2c_dark/static/src/colors.scss",
            ),
            (
                "after",
                "web/static/lib/bootstrap/scss/_functions.scss",
                "o2c_dark/static/src/functions.scss",
            ),
        ],
    },
    "installable": True,
}
