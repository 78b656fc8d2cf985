"""A small OpenID provider on a socket of its own, strict where the standard is; a test may have it lie."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from gateway.web.doors import Door
from gateway.web.server import WebServer

CLIENT, SECRET, OTHER_CLIENT = "kiyome", "secret of kiyome", "somebody-else"

#: Made once: each takes a while.
KEYS = [RSAKey.generate_key(2048, {"kid": "1", "alg": "RS256", "use": "sig"}) for _ in range(2)]


class IdentityProvider:
    """Whoever comes is `person`; `lies` overwrite claims of the next ID tokens, None takes one away."""

    def __init__(self) -> None:
        self.issuer = ""
        self.redirect_uris: set[str] = set()
        self.person: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.lies: dict[str, Any] = {}
        self.description: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.key = self.signs_with = KEYS[0]
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()
        self.asked: list[dict[str, str]] = []
        self.app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        self.app.state.desk = SimpleNamespace(bench=SimpleNamespace(stop=_nothing))
        for method, path, answer in (
            ("GET", "/.well-known/openid-configuration", self._describe),
            ("GET", "/keys", self._keys),
            ("GET", "/authorize", self._authorize),
            ("POST", "/token", self._token),
            ("GET", "/userinfo", self._userinfo),
        ):
            self.app.add_api_route(path, answer, methods=[method])

    async def _describe(self) -> Response:
        here = self.issuer
        described = {
            "issuer": here,
            "authorization_endpoint": f"{here}/authorize",
            "token_endpoint": f"{here}/token",
            "jwks_uri": f"{here}/keys",
            "userinfo_endpoint": f"{here}/userinfo",
        }
        return JSONResponse(described | self.description)

    async def _keys(self) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.asked.append(asked)
        if asked["client_id"] not in {CLIENT, OTHER_CLIENT} or asked["redirect_uri"] not in self.redirect_uris:
            return Response("no such client", 400)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = self.new_code(asked)
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    def new_code(self, asked: dict[str, str]) -> str:
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return code

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        who = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        if who != f"{CLIENT}:{SECRET}":
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self.codes.pop(form["code"], None)  # once (RFC 6749 section 4.1.2)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if (
            asked is None
            or asked["client_id"] != CLIENT
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != proof
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        access = secrets.token_urlsafe()
        self.tokens.add(access)
        return JSONResponse({"access_token": access, "token_type": "Bearer", "id_token": self.id_token(asked)})

    def id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "auth_time": now if asked.get("prompt") == "login" else now - 7_200,
        }
        said = {name: value for name, value in (claims | self.person | self.lies).items() if value is not None}
        header = {"alg": self.algorithm, "kid": "1"}
        if self.algorithm == "none":
            parts = [
                base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in (header, said)
            ]
            return ".".join([*parts, ""])
        return jwt.encode(header, said, self.signs_with, algorithms=[self.algorithm])

    async def _userinfo(self, request: Request) -> Response:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Response(status_code=401)
        return JSONResponse(self.userinfo or self.person)


async def _nothing() -> None:
    """There is nothing to stop."""


@asynccontextmanager
async def identity_provider() -> AsyncIterator[IdentityProvider]:
    provider = IdentityProvider()
    server = WebServer(provider.app, "127.0.0.1", 0, Door("", None))
    await server.start()
    provider.issuer = f"http://127.0.0.1:{server.port}"
    try:
        yield provider
    finally:
        await server.stop()
