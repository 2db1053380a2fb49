import { describe, expect, it } from 'vitest';
import type { Occurrence, QuestRule } from '../../src/services/rules/quest-progress.ts';
import { Timeline } from '../../src/services/rules/timeline.ts';
import { drain, occurrence } from './histories.ts';

const begin = Date.parse('2026-03-01T00:00:00Z');
const days = (count: number) => begin + count * 86_400_000;

/** How often a replay looked at an event: nothing else reads its zone. */
let looks = 0;
function watched(number: number, at: number): Occurrence {
  const { zone, ...event } = occurrence(number, at, 'UTC');
  const look = () => {
    looks++;
    return zone;
  };
  return Object.defineProperty({ ...event, zone }, 'zone', { get: look });
}

const rules: readonly (readonly [string, QuestRule, number])[] = [
  ['COUNT of two days', { kind: 'COUNT', cadence: 'DAILY', goal: 1_000_000, maxCompletions: null }, 3_000],
  [
    'COUNT of six years',
    { kind: 'COUNT', cadence: 'WEEKLY', goal: 1_000_000, maxCompletions: null },
    3_600_000,
  ],
  [
    'STREAK of six years',
    { kind: 'STREAK', cadence: 'DAILY', goal: 1_000_000, maxCompletions: null },
    3_600_000,
  ],
  [
    'STREAK that is completed again and again',
    { kind: 'STREAK', cadence: 'DAILY', goal: 2, maxCompletions: null },
    3_600_000,
  ],
];

describe.each(rules)('a replay of 50,000 events, for a %s', (_, rule, every) => {
  const history = Array.from({ length: 50_000 }, (_, n) => watched(n, begin + n * every));
  const end = begin + 50_000 * every;

  it('looks at a few of them for each that is late, and lets others have their turn', () => {
    const timeline = new Timeline(rule);
    expect([...timeline.addAll(history)].length).toBeGreaterThan(100);
    looks = 0;
    const earlier = [...drain(timeline.replay([])).completions];
    const blocks = Math.ceil((end - begin) / 86_400_000) + 1;
    // The first and the last event of each period.
    expect(looks).toBeLessThanOrEqual(4 * blocks);
    looks = 0;
    for (let late = 0; late < 200; late++) {
      timeline.add(watched(50_000 + late, end - 40 * 3_600_000 - late * 1_000));
      earlier.push(...drain(timeline.replay(earlier)).completions);
    }
    expect(looks).toBeLessThanOrEqual(200 * 20);
  });
});

it('yields in a long replay', () => {
  const [, rule] = rules[2] ?? [];
  const timeline = new Timeline(rule ?? { kind: 'STREAK', cadence: 'DAILY', goal: 1, maxCompletions: null });
  drain(timeline.addAll(Array.from({ length: 2_000 }, (_, n) => occurrence(n, days(n), 'UTC'))));
  expect([...timeline.replay([])].length).toBeGreaterThanOrEqual(7);
});
