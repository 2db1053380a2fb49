/** What the browser brings back to the page that sent it: a code for `signInWithCode`, or why there is none. */
export type WayBackAnswer = { readonly code: string } | { readonly error: SignInError };

export type SignInError = 'access_denied' | 'email_unverified' | 'account_exists' | 'temporarily_unavailable';

export interface WayBackOptions {
  /** The public URL of this server; known only once it listens. */
  readonly publicUrl: () => string;
  readonly isAllowedOrigin: (origin: string) => boolean;
}

/** No page has a longer URL. */
const longestReturnTo = 2_000;

/** Decides where a browser may be sent back to, so that nobody can use this server to send people anywhere else. */
export class WayBack {
  readonly #options: WayBackOptions;

  constructor(options: WayBackOptions) {
    this.#options = options;
  }

  get publicUrl(): string {
    return this.#options.publicUrl();
  }

  /** The URL at which a browser sets out to a provider. */
  startOf(provider: string): string {
    return `${this.publicUrl}/auth/${provider}`;
  }

  /**
   * @param returnTo null or undefined for this server's own address
   * @returns where to go back to; null if that is not a page of an allowed origin
   */
  check(returnTo: string | null | undefined): string | null {
    if (returnTo === null || returnTo === undefined) return this.publicUrl;
    if (returnTo.length > longestReturnTo || !URL.canParse(returnTo)) return null;
    const { origin, protocol, href } = new URL(returnTo);
    const isAllowed =
      (protocol === 'https:' || protocol === 'http:') && this.#options.isAllowedOrigin(origin);
    return isAllowed && saysItsOrigin(returnTo, origin) ? href : null;
  }
}

/**
 * Whether the text begins with exactly that origin, and contains nothing that parsers read differently: no userinfo, no
 * backslash, no tab or line break, no other spelling of the host.
 */
function saysItsOrigin(text: string, origin: string): boolean {
  const rest = text.startsWith(origin) ? text.slice(origin.length) : undefined;
  return (
    rest !== undefined && /^(?:[/?#]|$)/.test(rest) && !/[\s\\\p{Cc}]/u.test(text) && text.isWellFormed()
  );
}

/** The page with the answer in its query; an earlier answer there is replaced. */
export function withAnswer(returnTo: string, answer: WayBackAnswer): string {
  const url = new URL(returnTo);
  url.searchParams.delete('code');
  url.searchParams.delete('error');
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  return url.href;
}
