import { randomInt } from 'node:crypto';
import type { z } from 'zod';
import { displayName, email as emailRule, timeZone, url, username } from '../domain/fields.ts';

/** What an OpenID provider says of somebody (OpenID Connect Core 5.1): any of it may be missing, or anything at all. */
export type Claims = Readonly<Record<string, unknown>>;

/** An email address that the provider has verified to be this person's; null where it has not, or it is none. */
export function verifiedEmail({ email, email_verified: verified }: Claims): string | null {
  // Some providers write their booleans as strings.
  return verified === true || verified === 'true' ? acceptedBy(emailRule, email) : null;
}

export interface ClaimedProfile {
  /** Null where the username has to do. */
  readonly displayName: string | null;
  readonly avatarUrl: string | null;
  readonly timeZone: string;
}

/** As much of a profile as is fit to be kept. */
export function profileOf({ name, picture, zoneinfo }: Claims): ClaimedProfile {
  return {
    displayName: displayNameOf(name),
    avatarUrl: acceptedBy(url, picture),
    timeZone: acceptedBy(timeZone, zoneinfo) ?? 'UTC',
  };
}

/** How many digits tell somebody from others of the same name, try by try. */
const digits = [0, 4, 6, 8, 10, 12];
const longestUsername = 30;

/** Usernames to try, one after the other: as the provider knows the person, then with ever more random digits. */
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

/** The name in the characters that usernames have: letters without their accents, nothing before the first of them. */
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

/** What the rule of a field takes, as it is to be stored; null for anything else. */
function acceptedBy(rule: z.ZodType<string>, value: unknown): string | null {
  return rule.safeParse(value).data ?? null;
}
