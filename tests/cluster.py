"""A PostgreSQL of one's own, which may crash: nobody else's data are in it."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

# what is committed is on the disk, as in a company's PostgreSQL
SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
synchronous_commit = on
max_connections = 50
"""


class Cluster:
    """Reached only through a socket in a folder of its own, gone when we leave.

    Use: ``with Cluster(rc) as cluster``, where ``rc`` is a configuration of Odoo;
    ``cluster.rc`` is the same for this server. ``take`` copies a database into it;
    ``move_in`` makes it the server of this process and of those it starts.
    """

    def __init__(self, rc):
        self.binaries = Path(shutil.which("pg_ctl")).parent
        self.folder = Path(tempfile.mkdtemp(prefix="o2c_cluster_"))
        self.data = self.folder / "data"
        self.rc = str(self.folder / "odoo.conf")
        self._original = Path(rc).read_text()

    def __enter__(self):
        if not os.getuid():  # PostgreSQL refuses to run as root
            shutil.chown(self.folder, "nobody")
        self._run(
            "initdb", "-U", "odoo", "--auth=trust", "--encoding=UTF8", "--locale=C"
        )
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(f"{SETTINGS}unix_socket_directories = '{self.folder}'\n")
        here = f"db_host = {self.folder}\ndb_port = 5432\ndb_user = odoo\n"
        others = re.sub(r"(?m)^db_(host|port|user|password) .*\n", "", self._original)
        Path(self.rc).write_text(others + here)
        self.start()
        return self

    def __exit__(self, *_error):
        self.stop("fast")
        shutil.rmtree(self.folder)

    def _run(self, program, *args):
        command = [str(self.binaries / program), "-D", str(self.data), *args]
        if not os.getuid():
            command = ["runuser", "-u", "nobody", "--", *command]
        subprocess.run(command, cwd="/", check=True, stdout=subprocess.DEVNULL)

    def start(self):
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "start")

    def stop(self, mode):
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def crash(self):
        """Every process of the server ends at once; then it starts again."""
        self.stop("immediate")
        self.start()

    def move_in(self):
        """What the environment says counts more for Odoo than its configuration."""
        os.environ.update(PGHOST=str(self.folder), PGPORT="5432", PGUSER="odoo")

    def take(self, database):
        """A copy of this database of the other server."""
        here = ["-h", str(self.folder), "-p", "5432", "-U", "odoo"]
        subprocess.run(["createdb", *here, database], check=True)
        with subprocess.Popen(
            ["pg_dump", "-Fc", "-Z0", database], stdout=subprocess.PIPE
        ) as dump:
            subprocess.run(
                ["pg_restore", *here, "--no-owner", "-d", database],
                stdin=dump.stdout,
                check=True,
            )
