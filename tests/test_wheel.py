"""The addon as a wheel, for who installs Odoo's addons with pip."""

import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ADDON = Path(__file__).parent.parent / "o2c_addon"
LEFT_OUT = {"__pycache__", "pyproject.toml"}


def run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, so that nothing is left in the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(
        ADDON, folder / "o2c_addon", ignore=shutil.ignore_patterns("__pycache__")
    )
    run(
        *(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"),
        *("--disable-pip-version-check", "-w", str(folder), "./o2c_addon"),
        cwd=folder,
    )
    [path] = folder.glob("*.whl")
    return path


def test_it_has_the_whole_addon(wheel):
    sources = {
        str(path.relative_to(ADDON))
        for path in ADDON.rglob("*")
        if path.is_file() and not LEFT_OUT.intersection(path.parts)
    }

    prefix = "odoo/addons/o2c_addon/"
    names = zipfile.ZipFile(wheel).namelist()
    packed = {name[len(prefix) :] for name in names if name.startswith(prefix)}

    assert sources <= packed
    assert packed - sources <= {"pyproject.toml"}


def test_it_says_what_it_needs(wheel):
    archive = zipfile.ZipFile(wheel)
    [name] = [n for n in archive.namelist() if n.endswith("/METADATA")]
    about = Parser().parsestr(archive.read(name).decode())

    assert about["Name"] == "odoo-addon-o2c_addon"
    assert about["Version"].startswith("19.0.")
    needs = about.get_all("Requires-Dist")
    assert len(needs) == 1, needs
    assert needs[0].startswith("odoo")


def test_odoo_finds_it_where_pip_puts_it(wheel, tmp_path):
    site = tmp_path / "site"
    run(
        *(sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(site)),
        *("--disable-pip-version-check", str(wheel)),
        cwd=tmp_path,
    )
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from odoo.modules import Manifest, initialize_sys_path; initialize_sys_path();"
        "print(Manifest.for_addon('o2c_addon').path)"
    )

    found = run(sys.executable, "-c", script, str(site), cwd=tmp_path)

    assert found.strip().startswith(str(site)), found
