import { table } from './figures.ts';
import { measureLoginTiming } from './login-timing.ts';
import { machine } from './machine.ts';
import { wholeNumbers } from './options.ts';
import { withServer } from './server.ts';

/** How far apart the medians of known and unknown logins may be ("Authentication": in the same time). */
const promisedDifference = 0.1;

/** `npm run bench -- logins`: whether the time of a refusal reveals if a login exists. */
export async function run(args: readonly string[]): Promise<void> {
  const { logins } = wholeNumbers(args, { logins: 200 });
  console.log(`${machine()}\n`);
  const { known, unknown, difference } = await withServer(({ url }) => measureLoginTiming(url, logins));
  console.log(`Login timing: ${logins} refused logins of each kind, interleaved; ms\n`);
  console.log(table({ 'a wrong password of a known login': known, 'an unknown login': unknown }));
  console.log(
    `\nThe medians lie ${(difference * 100).toFixed(1)} % apart, ` +
      `${difference <= promisedDifference ? 'within' : 'NOT WITHIN'} the ${promisedDifference * 100} % that keep the two from being told apart.`,
  );
}
