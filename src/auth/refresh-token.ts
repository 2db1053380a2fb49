import { createHmac, type KeyObject } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Keys } from './keys.ts';
import { headerOf, numericDate, TokenRefused } from './token.ts';

/** What a refresh token says. Its row says all of it too, so that the string can be made again. */
export interface RefreshGrant {
  /** The row's id, the claim `jti`. */
  readonly id: string;
  readonly sessionId: string;
  readonly accountId: string;
  /** Whole seconds. */
  readonly issuedAt: Date;
  /** Whole seconds; the first moment at which the token is no longer valid. */
  readonly expiresAt: Date;
}

export interface RefreshTokenOptions {
  readonly keys: Pick<Keys, 'encryption' | 'secretFor'>;
  /** The claim `iss`. */
  readonly issuer: string;
  /** Milliseconds since 1970; if left out, the system's clock. */
  readonly now?: () => number;
}

const audience = 'questline/refresh';
const tokenType = 'rt+jwt';
const outerHeader = { alg: 'dir', enc: 'A256GCM', cty: 'JWT' } as const;

// Strict: `zip` above all is refused before anything is inflated, and so are `crit` and the like.
const outer = z.strictObject({
  alg: z.literal(outerHeader.alg),
  enc: z.literal(outerHeader.enc),
  cty: z.literal(outerHeader.cty),
});

const claimsOfRefreshToken = z.object({
  jti: z.uuid(),
  sid: z.uuid(),
  sub: z.uuid(),
  aud: z.literal(audience),
  iat: z.int(),
  exp: z.int(),
});

/** Refresh tokens: a JWT (HS256) inside a JWE (`dir`, A256GCM), opaque to clients. Its row says whether it was used. */
export class RefreshTokens {
  readonly #encryption: KeyObject;
  readonly #signature: KeyObject;
  readonly #nonce: KeyObject;
  readonly #issuer: string;
  readonly #now: () => number;

  constructor({ keys, issuer, now }: RefreshTokenOptions) {
    this.#encryption = keys.encryption;
    this.#signature = keys.secretFor('refresh token signature');
    this.#nonce = keys.secretFor('refresh token nonce');
    this.#issuer = issuer;
    this.#now = now ?? Date.now;
  }

  /** The token of a row: the same string each time, so that two tabs that refresh at once get the same one. */
  async issue({ id, sessionId, accountId, issuedAt, expiresAt }: RefreshGrant): Promise<string> {
    const claims = {
      iss: this.#issuer,
      aud: audience,
      jti: id,
      sid: sessionId,
      sub: accountId,
      iat: numericDate(issuedAt),
      exp: numericDate(expiresAt),
    };
    const inner = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: tokenType })
      .sign(this.#signature);
    return new CompactEncrypt(Buffer.from(inner))
      .setProtectedHeader(outerHeader)
      .setInitializationVector(this.#nonceFor(inner))
      .encrypt(this.#encryption);
  }

  /** @throws TokenRefused if this server did not issue the token, or it is not valid now */
  async verify(token: string): Promise<RefreshGrant> {
    if (!outer.safeParse(headerOf(token, 5)).success) {
      throw new TokenRefused('The header is not that of a refresh token.');
    }
    const { success, data } = claimsOfRefreshToken.safeParse(await this.#payload(token));
    if (!success) throw new TokenRefused('A claim is missing or of another type.');
    return {
      id: data.jti,
      sessionId: data.sid,
      accountId: data.sub,
      issuedAt: new Date(data.iat * 1_000),
      expiresAt: new Date(data.exp * 1_000),
    };
  }

  async #payload(token: string): Promise<unknown> {
    try {
      const { plaintext } = await compactDecrypt(token, this.#encryption, {
        keyManagementAlgorithms: [outerHeader.alg],
        contentEncryptionAlgorithms: [outerHeader.enc],
        maxDecompressedLength: 0,
      });
      const { payload } = await jwtVerify(plaintext, this.#signature, {
        algorithms: ['HS256'],
        typ: tokenType,
        issuer: this.#issuer,
        audience,
        currentDate: new Date(this.#now()),
        clockTolerance: 0,
      });
      return payload;
    } catch (cause) {
      if (cause instanceof errors.JOSEError) throw new TokenRefused('The token cannot be read.', { cause });
      throw cause;
    }
  }

  /**
   * AES-GCM breaks if one nonce is used for two texts. So the nonce is made from the text itself, as in SIV modes: the
   * same nonce means the same text, and the same token.
   */
  #nonceFor(text: string): Uint8Array {
    return createHmac('sha256', this.#nonce).update(text).digest().subarray(0, 12);
  }
}
