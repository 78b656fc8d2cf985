"""An identity provider (OpenID Connect Core 1.0): where people are sent, and what comes back is proven.

Authorization code with PKCE (RFC 7636), `state` and `nonce`; the ID token's signature, issuer, audience, times and
nonce are checked. Nothing of it is believed before.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast
from urllib.parse import urlsplit

import httpx
import msgspec
from authlib.common.security import generate_token
from authlib.oauth2.auth import encode_client_secret_basic
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway.settings import Oidc

#: Signatures that are believed: by a key that only the provider has. Not "none", and no HMAC: its key we know, too.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY_SECONDS: Final = 60  #: clocks differ
KEPT_SECONDS: Final = 3600.0  #: how long the provider's description and keys are taken as they were
KEYS_AGAIN_SECONDS: Final = 60.0  #: keys are asked for again when one is unknown, but not for every forged token
ANSWER_BYTES: Final = 1_048_576
SECRET_CHARACTERS: Final = 48


class ProviderFailed(Exception):
    """The provider did not answer, or not in the way the standard says. The text is for the log."""


class NotProven(Exception):
    """What came back proves nothing. The text is for the log, and has nothing of what was sent in it."""


class Journey(msgspec.Struct, frozen=True):
    """One sign-in that is under way; kept by the browser, sealed."""

    state: str
    nonce: str
    verifier: str
    going_to: str
    begun_at: int  #: seconds since 1970
    afresh: bool  #: the person is to prove again who they are


class Description(msgspec.Struct, frozen=True):
    """What the provider says of itself (OpenID Connect Discovery 1.0 section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""


class Provider:
    """The provider of the settings. `redirect_uri` is where it sends people back to."""

    def __init__(
        self, settings: Oidc, secret: str, redirect_uri: str, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._redirect_uri = redirect_uri
        self._transport = transport
        self._description: tuple[float, Description] | None = None
        self._keys: tuple[float, KeySet] | None = None

    @property
    def client_id(self) -> str:
        """What the provider calls us; encode_client_secret_basic asks for it."""
        return self._settings.client_id

    @property
    def client_secret(self) -> str:
        """The same."""
        return self._secret

    async def begin(self, going_to: str, *, afresh: bool, now: datetime) -> tuple[str, Journey]:
        """Where to send the browser, and what it has to bring back. Raises ProviderFailed."""
        journey = Journey(
            state=generate_token(SECRET_CHARACTERS),
            nonce=generate_token(SECRET_CHARACTERS),
            verifier=generate_token(SECRET_CHARACTERS),
            going_to=going_to,
            begun_at=int(now.timestamp()),
            afresh=afresh,
        )
        description = await self._described()
        address: str = prepare_grant_uri(
            description.authorization_endpoint,
            client_id=self._settings.client_id,
            response_type="code",
            redirect_uri=self._redirect_uri,
            scope=" ".join(self._settings.scopes),
            state=journey.state,
            nonce=journey.nonce,
            code_challenge=create_s256_code_challenge(journey.verifier),
            code_challenge_method="S256",
            **({"prompt": "login", "max_age": "0"} if afresh else {}),
        )
        return address, journey

    async def claims(self, journey: Journey, code: str, now: datetime) -> dict[str, Any]:
        """What the provider says of whoever came back with this code. Raises ProviderFailed or NotProven."""
        description = await self._described()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": journey.verifier,
        }
        _, headers, _ = encode_client_secret_basic(self, "POST", description.token_endpoint, {}, "")
        tokens = await self._asked("POST", description.token_endpoint, headers, form)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise NotProven("no ID token came for the code")
        claims = await self._proven(id_token, access_token, journey, now)
        return await self._with_userinfo(claims, description, access_token)

    async def _proven(self, id_token: str, access_token: str, journey: Journey, now: datetime) -> dict[str, Any]:
        settings = self._settings
        options = {
            "iss": {"essential": True, "value": settings.issuer},
            "aud": {"essential": True, "value": settings.client_id},
        }
        params = {"nonce": journey.nonce, "client_id": settings.client_id, "access_token": access_token}
        try:
            token = await self._verified(id_token)
            found = CodeIDToken(token.claims, token.header, options, params)
            found.validate(int(now.timestamp()), LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            raise NotProven(f"the ID token is refused: {type(error).__name__}") from error
        if journey.afresh:
            said = found.get("auth_time")
            if not isinstance(said, int) or said < journey.begun_at - LEEWAY_SECONDS:
                raise NotProven("the provider did not ask who it is again")
        return dict(found)

    async def _verified(self, id_token: str) -> jwt.Token:
        """By the provider's keys; asked for again once when none of those we know fits."""
        try:
            return jwt.decode(id_token, await self._key_set(KEPT_SECONDS), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            if self._keys is None or time.monotonic() - self._keys[0] < KEYS_AGAIN_SECONDS:
                raise
        return jwt.decode(id_token, await self._key_set(KEYS_AGAIN_SECONDS), algorithms=ALGORITHMS)

    async def _with_userinfo(
        self, claims: dict[str, Any], description: Description, access_token: str
    ) -> dict[str, Any]:
        """Some providers say little in the ID token; what that says stands (OpenID Connect Core 1.0 section 5.3.2)."""
        settings = self._settings
        wanted = {settings.login_claim, settings.role_claim, settings.domains_claim} - {""}
        if wanted <= claims.keys() or not description.userinfo_endpoint:
            return claims
        headers = {"Authorization": f"Bearer {access_token}"}
        more = await self._asked("GET", description.userinfo_endpoint, headers)
        if more.get("sub") != claims["sub"]:
            raise NotProven("the provider speaks of somebody else")
        return {**more, **claims}

    async def _described(self) -> Description:
        kept = self._description
        if kept is None or time.monotonic() - kept[0] >= KEPT_SECONDS:
            address = self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            try:
                found = msgspec.convert(await self._asked("GET", address), Description)
            except msgspec.ValidationError as error:
                raise ProviderFailed("the provider does not describe itself as it should") from error
            self._check(found)
            kept = self._description = (time.monotonic(), found)
        return kept[1]

    def _check(self, found: Description) -> None:
        """Another issuer could stand in for ours; a plain address could be listened to."""
        if found.issuer != self._settings.issuer:
            raise ProviderFailed("the provider describes another issuer than web.oidc.issuer")
        scheme = urlsplit(self._settings.issuer).scheme
        for address in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, found.userinfo_endpoint):
            if address and urlsplit(address).scheme not in {"https", scheme}:
                raise ProviderFailed("the provider names an address without https")

    async def _key_set(self, kept_seconds: float) -> KeySet:
        kept = self._keys
        if kept is None or time.monotonic() - kept[0] >= kept_seconds:
            answer = await self._asked("GET", (await self._described()).jwks_uri)
            try:
                keys = KeySet.import_key_set(cast("Any", answer))
            except (JoseError, ValueError, TypeError, KeyError) as error:
                raise ProviderFailed("the provider's keys cannot be read") from error
            kept = self._keys = (time.monotonic(), keys)
        return kept[1]

    async def _asked(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, form: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """A JSON object; redirections are not followed."""
        patience = httpx.Timeout(self._settings.timeout_seconds)
        try:
            async with httpx.AsyncClient(timeout=patience, transport=self._transport) as client:
                response = await client.request(method, address, headers=headers, data=form)
        except httpx.HTTPError as error:
            raise ProviderFailed(f"the provider does not answer: {type(error).__name__}") from error
        if form is not None and 400 <= response.status_code < 500:
            raise NotProven(f"the provider does not take the code: {response.status_code}")
        if response.status_code != 200 or len(response.content) > ANSWER_BYTES:
            raise ProviderFailed(f"the provider answers {response.status_code}")
        try:
            return msgspec.json.decode(response.content, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ProviderFailed("the provider's answer is not what it should be") from error


def proven_at(claims: Mapping[str, Any]) -> datetime | None:
    """When the person proved to the provider who they are; None when it does not say."""
    said = claims.get("auth_time")
    if not isinstance(said, int) or not 0 < said < 2**33:
        return None
    return min(datetime.fromtimestamp(said, UTC), datetime.now(UTC))
