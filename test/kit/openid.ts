import {
  type MutableRedirectUri,
  type MutableResponse,
  type MutableToken,
  OAuth2Server,
} from 'oauth2-mock-server';
import { present, unique } from './unique.ts';
import { whenDone } from './when-done.ts';

/** Somebody with an account at the provider, and what goes wrong on their way through it. */
export interface Holder {
  /** By which their browser is known there. */
  readonly key: string;
  readonly claims: Record<string, unknown>;
  onReturn?: (callback: URL) => void;
  onToken?: (token: MutableToken) => void;
  onAnswer?: (answer: MutableResponse) => void;
}

/** What a browser that is signed in there sends. */
export const holderHeader = 'x-holder';

/** An OpenID provider of its own; it stops when the test is done, or the file. */
export async function startOpenId() {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(0, '127.0.0.1');
  whenDone(() => server.stop());
  const issuer = `http://127.0.0.1:${server.address().port}`;
  server.issuer.url = issuer;
  const holders = new Map<string, Holder>();
  const byCode = new Map<string, Holder>();
  const { service } = server;
  service.on('beforeAuthorizeRedirect', ({ url }: MutableRedirectUri, request: Incoming) => {
    const holder = present(holders.get(String(request.headers[holderHeader])));
    byCode.set(present(url.searchParams.get('code')), holder);
    holder.onReturn?.(url);
  });
  service.on('beforeTokenSigning', (token: MutableToken, request: Incoming) => {
    const holder = byCode.get(String(request.body?.code));
    Object.assign(token.payload, holder?.claims);
    holder?.onToken?.(token);
  });
  service.on('beforeResponse', (answer: MutableResponse, request: Incoming) => {
    byCode.get(String(request.body?.code))?.onAnswer?.(answer);
  });
  return {
    issuer,
    service,
    /** The settings of an app that knows this provider as Google. */
    variables: { GOOGLE_CLIENT_ID: 'questline', GOOGLE_CLIENT_SECRET: 'a secret', GOOGLE_ISSUER: issuer },
    /** Somebody with a verified address. */
    holder(claims: Readonly<Record<string, unknown>> = {}): Holder {
      const key = unique('holder');
      const holder = {
        key,
        claims: { sub: key, email: `${key}@example.com`, email_verified: true, ...claims },
      };
      holders.set(key, holder);
      return holder;
    },
  };
}

export type OpenId = Awaited<ReturnType<typeof startOpenId>>;

interface Incoming {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body?: { readonly code?: unknown };
}
