/**
 * Checks an access token in a service that has no account here: by the public keys alone, without asking the server.
 *
 *   node examples/verify-token.mjs <access token> [http://localhost:4000] [issuer]
 *
 * What it cannot know is whether the session was ended, the role changed or the account suspended since the token was
 * issued: that is known within `ACCESS_TOKEN_TTL` at the latest. What must not wait so long asks the API for `viewer`.
 */
import { createRemoteJWKSet, jwtVerify } from 'jose';

const [token = '', server = 'http://localhost:4000', issuer = 'questline'] = process.argv.slice(2);

if (token === '' || !URL.canParse(server)) {
  console.error(
    'Refused: a token is required, and the address of the server, such as http://localhost:4000.',
  );
  process.exit(1);
}
const keysUrl = new URL('/.well-known/jwks.json', server);

// Kept for a while and read again where a token names a key that is not among them, as after a rotation.
const keys = createRemoteJWKSet(keysUrl);

try {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ['ES256'],
    typ: 'at+jwt',
    // PUBLIC_URL, where the server has one.
    issuer,
    audience: 'questline',
    requiredClaims: ['sub', 'sid', 'role', 'iat', 'exp'],
    clockTolerance: 0,
  });
  console.log(
    `${payload.sub} is signed in as ${payload.role} until ${new Date(payload.exp * 1_000).toJSON()}.`,
  );
} catch (error) {
  const unreachable = isNetworkError(error);
  console.error(
    unreachable
      ? `The keys could not be read from ${keysUrl} (${unreachable}): start the server, or name its address as the second argument.`
      : `Refused: ${error.message}`,
  );
  process.exitCode = 1;
}

/** What kept the keys from being read; undefined if they were read, and the token is no good. */
function isNetworkError(error) {
  if (error.code === 'ERR_JWKS_TIMEOUT') return 'no answer in time';
  // `fetch` says why in its cause; of a host with several addresses, in the first of its errors.
  if (error instanceof TypeError) return error.cause?.errors?.[0]?.message ?? error.cause?.message;
  if (error.code === 'ERR_JOSE_GENERIC') return error.message;
  return undefined;
}
