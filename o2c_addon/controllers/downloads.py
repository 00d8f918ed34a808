from tempfile import TemporaryFile

from werkzeug.exceptions import NotFound
from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.http import content_disposition, request, route


class Downloads(http.Controller):
    """Files that are made while one waits, and kept nowhere."""

    @route("/o2c/audit-pack/<int:number>", type="http", auth="user", methods=["GET"])
    def audit_pack(self, number):
        pack = self._mine("o2c.audit.pack", number)
        file = TemporaryFile()  # noqa: SIM115  closed by the server, once it is sent
        pack._write_to(file)
        size = file.tell()
        file.seek(0)
        return self._sent(
            wrap_file(request.httprequest.environ, file),
            pack._file_name(),
            "application/zip",
            [("Content-Length", size)],
        )

    @route(
        "/o2c/history-export/<int:number>", type="http", auth="user", methods=["GET"]
    )
    def history_export(self, number):
        export = self._mine("o2c.history.export", number)
        export._check_may_export()
        pieces = export._stream()
        return self._sent(pieces, export._file_name(), export._mimetype())

    def _mine(self, model, number):
        record = request.env[model].browse(number).exists()
        if not record or record.create_uid != request.env.user:
            raise NotFound
        return record.with_company(record.company_id)

    def _sent(self, body, name, mimetype, headers=()):
        response = request.make_response(
            body,
            [
                ("Content-Type", mimetype),
                ("Content-Disposition", content_disposition(name)),
                *headers,
            ],
        )
        response.direct_passthrough = True
        return response
