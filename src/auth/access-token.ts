import jwt from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { idOf, toId } from '../domain/ids.ts';
import { type Role, roles } from '../entities/account.entity.ts';
import type { Keys } from './keys.ts';
import { headerOf, lifetime, numericDate, TokenRefused } from './token.ts';

/** Whom an access token speaks for. */
export interface AccessGrant {
  readonly accountId: string;
  readonly sessionId: string;
  readonly role: Role;
}

export interface AccessClaims extends AccessGrant {
  /** Whole seconds. */
  readonly issuedAt: Date;
  /** The first moment at which the token is no longer valid. */
  readonly expiresAt: Date;
}

export interface AccessTokenOptions {
  readonly keys: Pick<Keys, 'signing' | 'verifying'>;
  /** The claim `iss`. */
  readonly issuer: string;
  /** Milliseconds, rounded to whole seconds. */
  readonly ttl: number;
  /** Milliseconds since 1970; if left out, the system's clock. */
  readonly now?: () => number;
}

export const accessTokenAudience = 'questline';
const tokenType = 'at+jwt';
/** How far another instance's clock may be ahead of this one, in ms; expiry has no such leeway. */
const clockSkew = 5_000;
/** How long a verified token is trusted, in ms: verifying costs 0.1 ms. */
const believedFor = 60_000;
const mostBelieved = 10_000;

// Strict: `crit`, `jku`, `jwk` and the like are refused instead of ignored.
const header = z.strictObject({ alg: z.literal('ES256'), typ: z.literal(tokenType), kid: z.string() });

const claimsOfAccessToken = z.object({
  sub: z.string(),
  sid: z.uuid(),
  role: z.enum(roles),
  aud: z.literal(accessTokenAudience),
  iat: z.int(),
  exp: z.int(),
});

/** Access tokens: JWTs signed with ES256 (RFC 9068). Whether the session is still live is checked elsewhere. */
export class AccessTokens {
  readonly #options: AccessTokenOptions;
  readonly #now: () => number;
  readonly #verified = new LRUCache<string, { claims: AccessClaims; until: number }>({ max: mostBelieved });

  constructor(options: AccessTokenOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** @param validFrom if the account's earlier tokens were ended: the new one is issued at this time or later */
  issue(
    { accountId, sessionId, role }: AccessGrant,
    validFrom: Date | null = null,
  ): { token: string; expiresAt: Date } {
    const { keys, issuer, ttl } = this.#options;
    const { issuedAt, expiresAt } = lifetime(Math.max(this.#now(), validFrom?.getTime() ?? 0), ttl);
    const claims = {
      iss: issuer,
      aud: accessTokenAudience,
      sub: toId('user', accountId),
      sid: sessionId,
      role,
      iat: numericDate(issuedAt),
      exp: numericDate(expiresAt),
    };
    const { kid, key } = keys.signing;
    const token = jwt.sign(claims, key, { header: { alg: 'ES256', typ: tokenType, kid } });
    return { token, expiresAt };
  }

  /** @throws TokenRefused if this server did not issue the token, or it is not valid now */
  verify(token: string): AccessClaims {
    const now = this.#now();
    const known = this.#verified.get(token);
    if (known !== undefined && now < known.until) return known.claims;
    const claims = this.#check(token, now);
    this.#verified.set(token, { claims, until: Math.min(claims.expiresAt.getTime(), now + believedFor) });
    return claims;
  }

  #check(token: string, now: number): AccessClaims {
    const { success, data } = claimsOfAccessToken.safeParse(this.#payload(token, now));
    if (!success) throw new TokenRefused('A claim is missing or of another type.');
    if (data.iat * 1_000 > now + clockSkew) throw new TokenRefused('The token was issued in the future.');
    if (data.exp <= data.iat) throw new TokenRefused('The token expires before it is issued.');
    return {
      accountId: accountIdOf(data.sub),
      sessionId: data.sid,
      role: data.role,
      issuedAt: new Date(data.iat * 1_000),
      expiresAt: new Date(data.exp * 1_000),
    };
  }

  /** The payload of a token whose algorithm, key, type, signature, issuer, audience, `exp` and `nbf` are valid. */
  #payload(token: string, now: number): unknown {
    const parsed = header.safeParse(headerOf(token, 3));
    if (!parsed.success) throw new TokenRefused('The header is not that of an access token.');
    const key = this.#options.keys.verifying.get(parsed.data.kid);
    if (key === undefined) throw new TokenRefused('The key is unknown.');
    try {
      return jwt.verify(token, key, {
        algorithms: ['ES256'],
        issuer: this.#options.issuer,
        audience: accessTokenAudience,
        clockTimestamp: now / 1_000,
        clockTolerance: 0,
      });
    } catch (cause) {
      throw new TokenRefused('The signature, or a claim that JWT defines, is not good.', { cause });
    }
  }
}

function accountIdOf(subject: string): string {
  let uuid: string | null;
  try {
    uuid = idOf('user', subject);
  } catch (cause) {
    throw new TokenRefused('The subject is not an id.', { cause });
  }
  if (uuid === null) throw new TokenRefused('The subject is not a user.');
  return uuid;
}
