"""`python -m journeys.run_web PORT [ADDRESS]`: a real web process that also knows the counting channels."""

from __future__ import annotations

import sys

import uvicorn

from journeys import counting

if __name__ == "__main__":
    counting.register()
    host = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
    uvicorn.run("config.asgi:application", host=host, port=int(sys.argv[1]), log_level="warning", lifespan="off")
