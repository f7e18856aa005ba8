"""The page's side as README.md gives it, run by Node.js with the cryptography that browsers have."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

from priyom.channels.webchat.signing import visitor_key
from priyom.contracts.channel_suite import Stage
from priyom.contracts.events import Said, Started
from priyom.contracts.peer import program
from priyom.contracts.suite_world import HOOK_SECRET

ANNA = "visitor_Anna-000000001"
README = Path(__file__).parent.parent / "README.md"
USE = """
const [hook, visitor, key] = process.argv.slice(2)
const statuses = []
for (const update of [{kind: 'opened', payload: 'p-1'}, {kind: 'said', text: 'Сәлем 👍 "да"\\n\\u0000'}])
  statuses.push((await post(hook, visitor, key, update)).status)
console.log(JSON.stringify(statuses))
"""


async def test_the_page_of_the_readme_is_understood(tmp_path: Path) -> None:
    node = program("node")
    [code] = re.findall(r"```js\n(.*?)```", README.read_text(), re.DOTALL)
    script = tmp_path / "page.mjs"
    script.write_text(f"import {{webcrypto}} from 'node:crypto'\nglobalThis.crypto ??= webcrypto\n{code}{USE}")
    stage = await Stage.open("webchat")
    try:
        key = visitor_key(HOOK_SECRET, ANNA)
        process = await asyncio.create_subprocess_exec(
            node, str(script), stage.hook_url, ANNA, key, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await asyncio.wait_for(process.communicate(), 60)
        assert json.loads(said) == [200, 200]
        started, words = await stage.heard()
    finally:
        await stage.close()
    assert started == Started(ANNA, "p-1")
    assert isinstance(words, Said)
    assert (words.address, words.text) == (ANNA, 'Сәлем 👍 "да"\n')
