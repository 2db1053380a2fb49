/**
 * Checks an access token in a service without an account here: only with the public keys, without asking the server.
 *
 *   node examples/verify-token.mjs <access token> [http://localhost:4000] [issuer]
 *
 * It cannot know whether the session has ended, the role has changed or the account was suspended since the token was
 * issued. Such a token expires after `ACCESS_TOKEN_TTL` at the latest. If that is too long, ask the API for `viewer`.
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

// The keys are cached, and read again if a token names an unknown key, as after a rotation.
const keys = createRemoteJWKSet(keysUrl);

try {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ['ES256'],
    typ: 'at+jwt',
    // PUBLIC_URL, if the server has one.
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

/** Why the keys could not be read; undefined if they were read, and the token is invalid. */
function isNetworkError(error) {
  if (error.code === 'ERR_JWKS_TIMEOUT') return 'no answer in time';
  // `fetch` gives the reason in its cause, or in the first of its errors if the host has several addresses.
  if (error instanceof TypeError) return error.cause?.errors?.[0]?.message ?? error.cause?.message;
  if (error.code === 'ERR_JOSE_GENERIC') return error.message;
  return undefined;
}
