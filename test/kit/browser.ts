import { type Holder, holderHeader } from './openid.ts';
import { present } from './unique.ts';

interface Cookie {
  readonly value: string;
  readonly path: string;
}

/**
 * As much of a browser as an OAuth flow needs: it keeps cookies, and follows redirects only as far as it is told to.
 */
export class Browser {
  readonly cookies = new Map<string, Cookie>();
  readonly #holder: Holder;

  /** @param holder the person who is signed in at the provider */
  constructor(holder: Holder) {
    this.#holder = holder;
  }

  /** Sends one request, with the cookies for its path. */
  async get(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const { pathname } = new URL(url);
    const cookies = [...this.cookies].filter(([, { path }]) => pathname.startsWith(path));
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: {
        [holderHeader]: this.#holder.key,
        ...(cookies.length > 0 && {
          cookie: cookies.map(([name, { value }]) => `${name}=${value}`).join('; '),
        }),
      },
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  /** Requests a page and returns the address that it redirects to. */
  async next(url: string | URL): Promise<URL> {
    const response = await this.get(url);
    const location = response.headers.get('location');
    if (location === null) throw new Error(`No redirect but ${response.status}: ${await response.text()}`);
    return new URL(location, url);
  }

  /** Goes to the provider, and returns the address to which the provider sends the browser back. */
  async toCallback(start: string | URL): Promise<URL> {
    return this.next(await this.next(start));
  }

  /** Goes to the provider and all the way back; returns the address of the last page, without requesting it. */
  async through(start: string | URL): Promise<URL> {
    return this.next(await this.toCallback(start));
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = pair.split('=');
    const path = present(attributes.find((attribute) => attribute.startsWith('Path='))).slice('Path='.length);
    this.cookies.set(name, { value, path });
  }
}
