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

// Kept for a while and read again where a token names a key that is not among them, as after a rotation.
const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', server));

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
  console.error(`Refused: ${error.message}`);
  process.exitCode = 1;
}
