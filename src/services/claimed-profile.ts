import { randomInt } from 'node:crypto';
import type { z } from 'zod';
import { displayName, email as emailRule, timeZone, url, username } from '../domain/fields.ts';

/** What an OpenID provider says about somebody (OpenID Connect Core 5.1). Any claim may be missing or of any type. */
export type Claims = Readonly<Record<string, unknown>>;

/** The email address, if the provider has verified that it is this person's; null if not, or if it is malformed. */
export function verifiedEmail({ email, email_verified: verified }: Claims): string | null {
  // Some providers write their booleans as strings.
  return verified === true || verified === 'true' ? acceptedBy(emailRule, email) : null;
}

export interface ClaimedProfile {
  /** Null if the username is to be used instead. */
  readonly displayName: string | null;
  readonly avatarUrl: string | null;
  readonly timeZone: string;
}

/** The valid parts of a profile. */
export function profileOf({ name, picture, zoneinfo }: Claims): ClaimedProfile {
  return {
    displayName: displayNameOf(name),
    avatarUrl: acceptedBy(url, picture),
    timeZone: acceptedBy(timeZone, zoneinfo) ?? 'UTC',
  };
}

/** The number of random digits at the end of each username to try. */
const digits = [0, 4, 6, 8, 10, 12];
const longestUsername = 30;

/** Usernames to try in turn: the name that the provider knows, then the same with more and more random digits. */
export function usernamesOf({ preferred_username: preferred, email, name }: Claims): string[] {
  const [base = 'user'] = [preferred, localPartOf(email), name].flatMap(usernameFrom);
  return digits.map((count) => base.slice(0, longestUsername - count) + randomDigits(count));
}

function displayNameOf(name: unknown): string | null {
  if (typeof name !== 'string') return null;
  const plain = name
    .slice(0, 1_000)
    .normalize('NFC')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .toWellFormed();
  const { data } = displayName.safeParse([...plain.trim()].slice(0, 80).join(''));
  return data ?? null;
}

/** A name reduced to the characters of usernames: letters lose their accents, and the first character is a letter. */
function usernameFrom(name: unknown): string[] {
  if (typeof name !== 'string') return [];
  const plain = name
    .slice(0, 1_000)
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.-]+/g, '')
    .replace(/^[^a-z]+/, '');
  const { data } = username.safeParse(plain.slice(0, longestUsername));
  return data === undefined ? [] : [data];
}

function localPartOf(email: unknown): unknown {
  return typeof email === 'string' ? email.slice(0, email.lastIndexOf('@')).replace(/\+.*/, '') : undefined;
}

function randomDigits(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join('');
}

/** A value that a field's rule accepts, as it is to be stored; null for any other. */
function acceptedBy(rule: z.ZodType<string>, value: unknown): string | null {
  return rule.safeParse(value).data ?? null;
}
