import type { Config } from '../config.ts';
import { demoPassword, demoPeople } from './demo-data.ts';

/** The message for somebody who has just started Questline. */
export function announce(
  { url, redisAway }: { readonly url: string; readonly redisAway: boolean },
  config: Pick<Config, 'graphiql' | 'seedDemo' | 'servesApi'>,
): string {
  const away =
    '  Redis     does not answer at REDIS_URL; start it, or correct the variable: this process serves alone';
  if (!config.servesApi)
    return `Questline applies events; its health is at ${url}\n${redisAway ? `${away}\n` : ''}`;
  const accounts = demoPeople.map(({ username }) => username).join(' and ');
  const lines = [
    `Questline is ready at ${url}`,
    `  API       ${url}/graphql, also over WebSocket`,
    ...(config.graphiql ? [`  GraphiQL  ${url}/graphiql`] : []),
    ...(config.seedDemo ? [`  Accounts  ${accounts}, password: ${demoPassword}`] : []),
    ...(redisAway ? [away] : []),
  ];
  return `${lines.join('\n')}\n`;
}
