"""What machines ask the dashboard: /metrics for Prometheus, /healthz and /readyz. The daemon itself answers."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from gpend import liveness


async def told(request: Request) -> Response:
    """What the daemon of this ledger says, asked for by the same path."""
    ledger = request.app.state.dashboard.ledger
    answer = await asyncio.to_thread(liveness.ask, ledger, request.url.path)
    return Response(answer.body, answer.status, media_type=answer.kind, headers={"Cache-Control": "no-store"})
