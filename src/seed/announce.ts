import type { Config } from '../config.ts';
import { demoPassword, demoPeople } from './demo-data.ts';

/** What somebody who has just started Questline wants to know. */
export function announce(
  { url }: { readonly url: string },
  config: Pick<Config, 'graphiql' | 'seedDemo' | 'servesApi'>,
): string {
  if (!config.servesApi) return `Questline applies events; its health is at ${url}\n`;
  const accounts = demoPeople.map(({ username }) => username).join(' and ');
  const lines = [
    `Questline is ready at ${url}`,
    `  API       ${url}/graphql, also over WebSocket`,
    ...(config.graphiql ? [`  GraphiQL  ${url}/graphiql`] : []),
    ...(config.seedDemo ? [`  Accounts  ${accounts}, password: ${demoPassword}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
