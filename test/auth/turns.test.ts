import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Flow, flowOfAccount, flowOfAddress } from '../../src/auth/flow.ts';
import { Turns, type TurnsOptions } from '../../src/auth/turns.ts';
import { inTime } from '../kit/eventually.ts';
import { present } from '../kit/unique.ts';

/** A flow of an address that is never in a hurry. */
const at = (ipAddress: string): Flow => ({
  ...flowOfAddress({ ipAddress, userAgent: null }),
  until: Number.POSITIVE_INFINITY,
});
const codeOr = <T>(turn: Promise<T>) => turn.catch(({ code }: { code: string }) => code);

/** Turns that run one at a time, each of which ends when the test says so. */
function stage(options: Partial<TurnsOptions> = {}) {
  const turns = new Turns({ atOnce: 1, mostWaiting: 1_000, mostOfOne: 100, patience: 60_000, ...options });
  const begun: string[] = [];
  let end: () => void = () => undefined;
  return {
    begun,
    ask(flow: Flow, name: string): Promise<string> {
      return turns.run(flow, async () => {
        begun.push(name);
        await new Promise<void>((resolve) => {
          end = resolve;
        });
        return name;
      });
    },
    /** Ends `count` turns, one after the other. */
    async end(count: number): Promise<void> {
      for (let ended = 0; ended < count; ended++) {
        end();
        await tick();
      }
    },
  };
}

const many = (count: number, name: string) => Array.from({ length: count }, (_, at) => `${name}${at}`);

describe('turns', () => {
  test('go round: whoever brings much waits for it alone', async () => {
    const { ask, begun, end } = stage();
    for (const name of many(20, 'flood')) void codeOr(ask(at('192.0.2.1'), name));
    for (const name of many(2, 'one')) void codeOr(ask(at('192.0.2.2'), name));
    void codeOr(ask(at('192.0.2.3'), 'other'));
    await end(8);
    expect(begun).toEqual([
      'flood0',
      'flood1',
      'one0',
      'other',
      'flood2',
      'one1',
      'flood3',
      'flood4',
      'flood5',
    ]);
    await end(14);
    expect(begun).toHaveLength(23);
  });

  test('of a /64, and of mapped IPv4, are those of one', async () => {
    const { ask, begun, end } = stage();
    for (const [name, address] of Object.entries({
      first: '2001:db8:1:2::1',
      second: '2001:db8:1:2::1',
      third: '2001:db8:1:2:3:4:5:6',
      mapped: '::ffff:192.0.2.1',
      plain: '192.0.2.1',
      next: '2001:db8:1:3::1',
    }))
      void codeOr(ask(at(address), name));
    await end(6);
    expect(begun).toEqual(['first', 'second', 'mapped', 'next', 'third', 'plain']);
  });

  test('come first to those who are known, but for one of four', async () => {
    const { ask, begun, end } = stage();
    for (let number = 0; number < 300; number++) void codeOr(ask(at(`198.51.100.${number}`), 'stranger'));
    for (let number = 0; number < 7; number++) void codeOr(ask(flowOfAccount(`number ${number}`), 'known'));
    await end(10);
    const [s, k] = ['stranger', 'known'];
    expect(begun).toEqual([s, k, k, k, s, k, k, k, s, k, s]);
  });

  test('of one flow are bounded; more is RATE_LIMITED, and others come in', async () => {
    const { ask, end } = stage({ mostOfOne: 3 });
    const answers = many(6, 'mine').map((name) => codeOr(ask(at('192.0.2.1'), name)));
    const other = ask(at('192.0.2.2'), 'other');
    expect(await Promise.all(answers.slice(4))).toEqual(['RATE_LIMITED', 'RATE_LIMITED']);
    await end(5);
    expect(await Promise.all(answers.slice(0, 4))).toEqual(many(4, 'mine'));
    expect(await other).toBe('other');
  });

  test('are bounded in all: who has the most gives way, and then nobody comes in', async () => {
    const { ask, end } = stage({ mostWaiting: 3 });
    const flood = many(4, 'flood').map((name) => codeOr(ask(at('192.0.2.1'), name)));
    const others = many(3, 'other').map((name, number) => codeOr(ask(at(`192.0.2.${number + 2}`), name)));
    // The first one is running; of the other three, two made room for others.
    expect(await Promise.all(flood.slice(2))).toEqual(['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE']);
    expect(await others[2]).toBe('SERVICE_UNAVAILABLE');
    const known = ask(flowOfAccount('somebody'), 'known');
    await end(5);
    expect(await Promise.all([...flood.slice(0, 2), ...others.slice(0, 2), known])).toEqual([
      'flood0',
      'flood1',
      'other0',
      'other1',
      'known',
    ]);
  });

  test('that do not come in time are given up, and who cannot expect one in time is told at once', async () => {
    const { ask, begun, end } = stage({ patience: 150 });
    const running = ask(at('192.0.2.1'), 'running');
    // Each takes 20 ms, as far as is known.
    const answers = many(20, 'more').map((name) => codeOr(ask(at('192.0.2.1'), name)));
    expect(await inTime(present(answers[19]), 'who is sent away at once', 100)).toBe('SERVICE_UNAVAILABLE');
    const other = ask(at('192.0.2.2'), 'other');
    expect(await Promise.all(answers)).toEqual(Array(20).fill('SERVICE_UNAVAILABLE'));
    expect(await codeOr(other)).toBe('SERVICE_UNAVAILABLE');
    await end(1);
    expect(await running).toBe('running');
    expect(begun).toEqual(['running']);
    // All turns have been released.
    const again = ask(at('192.0.2.1'), 'again');
    await end(1);
    expect(await again).toBe('again');
  });

  test('wait no longer than the flow does', async () => {
    const { ask, end } = stage();
    const running = ask(at('192.0.2.1'), 'running');
    const soon = { ...at('192.0.2.1'), until: performance.now() + 50 };
    expect(await codeOr(ask(soon, 'soon'))).toBe('SERVICE_UNAVAILABLE');
    expect(await codeOr(ask({ ...soon, until: performance.now() - 1 }, 'late'))).toBe('SERVICE_UNAVAILABLE');
    await end(1);
    expect(await running).toBe('running');
  });

  test('are given back by work that fails', async () => {
    const { ask, end } = stage();
    const turns = new Turns({ atOnce: 1, mostWaiting: 1, mostOfOne: 1, patience: 1_000 });
    const failing = () => turns.run(at('192.0.2.1'), () => Promise.reject(new Error('broken')));
    await expect(failing()).rejects.toThrow('broken');
    await expect(failing()).rejects.toThrow('broken');
    const first = ask(at('192.0.2.1'), 'first');
    await end(1);
    expect(await first).toBe('first');
  });
});
