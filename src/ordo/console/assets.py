"""What a page's HTML refers to: style, script, sign; served from the package, and kept by browsers for good."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_FOLDER = Path(__file__).parent / "static"
_MEDIA = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


class Assets:
    """The files as they were at the start; what they hold is in their addresses, so that none is ever old."""

    def __init__(self) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted(_FOLDER.iterdir()) if path.suffix in _MEDIA}
        self._version = hashlib.sha256(b"".join(self._files.values())).hexdigest()[:12]

    def url(self, name: str) -> str:
        assert name in self._files, name
        return f"/console/static/{self._version}/{name}"

    def route(self) -> Route:
        return Route("/console/static/{version}/{name}", self._serve, methods=["GET"])

    async def _serve(self, request: Request) -> Response:
        name = request.path_params["name"]
        content = self._files.get(name)
        if content is None or request.path_params["version"] != self._version:
            raise HTTPException(404)
        return Response(content, headers=_HEADERS, media_type=_MEDIA[Path(name).suffix])
