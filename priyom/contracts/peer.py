"""Lets a third party check a channel in tests: its library in a virtual environment of its own (`.venv/peers`, pinned
in `peers/requirements.txt`), its npm package (`peers/package.json`), or its program from the system's packages."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
PYTHON = ROOT / ".venv" / "peers" / "bin" / "python"
NODE_MODULES = ROOT / "peers" / "node_modules"


async def python_peer(script: Path, *arguments: str, timeout: float = 60.0) -> Any:
    """Run `script` under the peers' Python; what it printed last, as JSON. Skips the test where they are missing."""
    if not PYTHON.exists():
        pytest.skip("the third parties' libraries are not installed: make peers")
    return await _run(str(PYTHON), script, arguments, timeout)


async def node_peer(script: Path, package: str, *arguments: str, timeout: float = 60.0) -> Any:
    """The same with Node.js and the npm `package` that the script needs."""
    if shutil.which("node") is None or not (NODE_MODULES / package).exists():
        pytest.skip(f"the npm package {package} is not installed: make peers")
    return await _run("node", script, arguments, timeout)


def program(name: str) -> str:
    """The path of a program from the system's packages. Skips the test where it is missing."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed: make peers")
    return found


async def _run(interpreter: str, script: Path, arguments: tuple[str, ...], timeout: float) -> Any:
    process = await asyncio.create_subprocess_exec(
        "env", f"NODE_PATH={NODE_MODULES}", "PYTHONWARNINGS=ignore", interpreter, str(script), *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        said, complained = await asyncio.wait_for(process.communicate(), timeout)
    except TimeoutError:
        raise AssertionError(f"{script.name} did not end within {timeout} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"{script.name}: {complained.decode(errors='replace')[-2000:]}"
    return json.loads(said.decode().strip().splitlines()[-1])
