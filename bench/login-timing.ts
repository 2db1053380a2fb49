import { randomUUID } from 'node:crypto';
import { type Figures, figuresOf } from './figures.ts';
import { ask } from './graphql.ts';

export interface LoginTiming {
  /** A wrong password for an existing account. */
  readonly known: Figures;
  /** A login that nobody has. */
  readonly unknown: Figures;
  /** How much longer the slower of the two medians is, as a fraction of the other. */
  readonly difference: number;
}

/**
 * Tries of each kind before the measurement, because the first ones find no cached plans and no compiled
 * code.
 */
const warmUp = 20;

/**
 * Signs in with wrong passwords, one after the other: in pairs of a known and an unknown login, in random
 * order. Each login is tried once, so that none is refused because of earlier tries; no address is known.
 */
export async function measureLoginTiming(url: string, tries: number): Promise<LoginTiming> {
  const known: number[] = [];
  const unknown: number[] = [];
  const logins: string[] = [];
  for (let account = 0; account < warmUp + tries; account++) logins.push(await signUp(url));
  for (const [at, login] of logins.entries()) {
    const pair = [
      { login, took: known },
      { login: newName(), took: unknown },
    ];
    if (Math.random() < 0.5) pair.reverse();
    for (const { login, took } of pair) {
      const ms = await timeOfRefusal(url, login);
      if (at >= warmUp) took.push(ms);
    }
  }
  const figures = { known: figuresOf(known), unknown: figuresOf(unknown) };
  const [faster = 0, slower = 0] = [figures.known.median, figures.unknown.median].toSorted((a, b) => a - b);
  return { ...figures, difference: slower / faster - 1 };
}

/** All names have the same length, so that the requests do not differ. */
function newName(): string {
  return `u${randomUUID().replaceAll('-', '').slice(0, 20)}`;
}

async function signUp(url: string): Promise<string> {
  const username = newName();
  const input = { username, email: `${username}@example.com`, password: randomUUID() };
  await ask(url, 'mutation ($input: SignUpInput!) { signUp(input: $input) { userErrors { message } } }', {
    variables: { input },
  });
  return username;
}

const signIn =
  'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken userErrors { code } } }';

async function timeOfRefusal(url: string, login: string): Promise<number> {
  const body = JSON.stringify({ query: signIn, variables: { input: { login, password: randomUUID() } } });
  const sentAt = performance.now();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const answer = await response.text();
  const took = performance.now() - sentAt;
  if (!answer.includes('"CREDENTIALS_INVALID"')) throw new Error(`The login was not refused: ${answer}`);
  return took;
}
