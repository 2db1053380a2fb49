import {
  type MutableRedirectUri,
  type MutableResponse,
  type MutableToken,
  OAuth2Server,
} from 'oauth2-mock-server';
import { present, unique } from './unique.ts';
import { whenDone } from './when-done.ts';

/** A person with an account at the provider, and what goes wrong on their way through it. */
export interface Holder {
  /** Identifies their browser at the provider. */
  readonly key: string;
  readonly claims: Record<string, unknown>;
  onReturn?: (callback: URL) => void;
  onToken?: (token: MutableToken) => void;
  onAnswer?: (answer: MutableResponse) => void;
}

/** The header that a browser sends if it is signed in at the provider. */
export const holderHeader = 'x-holder';

/** Starts an OpenID provider; it stops when the test or the file is done. */
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
    /** A person with a verified address. */
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
