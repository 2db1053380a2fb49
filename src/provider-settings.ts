import { z } from 'zod';

/**
 * The OpenID providers that people may sign in through; to add one, add its line. A provider is in use if
 * NAME_CLIENT_ID and NAME_CLIENT_SECRET are set; NAME_ISSUER replaces its issuer.
 */
const knownProviders = [
  { name: 'google', title: 'Google', issuer: 'https://accounts.google.com', scope: 'openid email profile' },
];

/** How to reach a provider, and how it knows this server. */
export interface ProviderSettings {
  /** The name in `/auth/<name>`. */
  readonly name: string;
  /** The name that people know. */
  readonly title: string;
  readonly issuer: string;
  readonly scope: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/** Over plain http, anyone on the network path could vouch for anyone. */
const issuer = z
  .string()
  .refine(isTrustworthy, 'must be a URL that starts with https://; http:// is allowed only for this machine');

function isTrustworthy(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && loopback.has(hostname));
}

const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The variables of all providers, checked one by one. */
export const providerVariables = z.object(
  Object.fromEntries(
    knownProviders.flatMap((provider): [string, z.ZodType<string | undefined>][] => {
      const names = namesOf(provider.name);
      return [
        [names.clientId, z.string().optional()],
        [names.clientSecret, z.string().optional()],
        [names.issuer, issuer.default(provider.issuer)],
      ];
    }),
  ),
);

/** Why a variable that is missing is required: id and secret go together. */
export function missingOfProviders(given: EnvironmentVariables): [name: string, why: string | false][] {
  return knownProviders.flatMap((provider): [string, string | false][] => {
    const { clientId, clientSecret } = namesOf(provider.name);
    return [
      [clientId, given[clientSecret] !== undefined && `is required if ${clientSecret} is set`],
      [clientSecret, given[clientId] !== undefined && `is required if ${clientId} is set`],
    ];
  });
}

/** The providers that are in use. */
export function configuredProviders(given: EnvironmentVariables): ProviderSettings[] {
  return knownProviders.flatMap((provider) => {
    const names = namesOf(provider.name);
    const [clientId, clientSecret] = [given[names.clientId], given[names.clientSecret]];
    if (clientId === undefined || clientSecret === undefined) return [];
    return [{ ...provider, issuer: given[names.issuer] ?? provider.issuer, clientId, clientSecret }];
  });
}

function namesOf(provider: string) {
  const name = provider.toUpperCase();
  return { clientId: `${name}_CLIENT_ID`, clientSecret: `${name}_CLIENT_SECRET`, issuer: `${name}_ISSUER` };
}
