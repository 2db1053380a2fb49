import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it, test } from 'vitest';
import { canonicalTimeZone } from '../../src/domain/formats.ts';
import {
  localDate,
  MISSED_AT_MOST,
  nextPeriod,
  type PeriodicCadence,
  periodOf,
  periodsMissed,
} from '../../src/services/rules/period.ts';
import { anyZone, CRITICAL, critical, DAY, HOUR, JOURNEY, livedDays, periodic } from './histories.ts';

const anyDate = fc
  .integer({ min: Date.parse('0001-01-01T00:00:00Z') / DAY, max: Date.parse('9999-12-30T00:00:00Z') / DAY })
  .map((day) => new Date(day * DAY).toISOString().slice(0, 10));

describe('localDate', () => {
  test.each([
    ['2026-11-21T04:59:59.999Z', 'America/New_York', '2026-11-20'],
    ['2026-11-21T05:00:00Z', 'America/New_York', '2026-11-21'],
    ['2026-11-20T18:15:00Z', 'Asia/Kathmandu', '2026-11-21'],
    ['2026-11-20T18:14:59.999Z', 'Asia/Kathmandu', '2026-11-20'],
    ['2011-12-30T09:59:59.999Z', 'Pacific/Apia', '2011-12-29'],
    ['2011-12-30T10:00:00Z', 'Pacific/Apia', '2011-12-31'],
    ['2026-11-21T10:00:00Z', 'Pacific/Kiritimati', '2026-11-22'],
    ['2026-11-21T10:59:59Z', 'Pacific/Pago_Pago', '2026-11-20'],
    ['0042-07-01T00:00:00Z', 'UTC', '0042-07-01'],
  ])('%s in %s is %s', (at, zone, date) => {
    expect(localDate(new Date(at), zone)).toBe(date);
  });

  it('agrees with Temporal in every zone and century', () => {
    const lifetime = { min: Date.parse('1970-01-01T00:00:00Z'), max: Date.parse('2100-01-01T00:00:00Z') };
    const ever = { min: Date.parse('0001-01-02T00:00:00Z'), max: Date.parse('9999-12-30T23:59:59.999Z') };
    const moment = fc.oneof(fc.integer(lifetime), fc.integer(ever), fc.constantFrom(ever.min, ever.max));
    fc.assert(
      fc.property(anyZone, moment, (zone, at) => {
        expect(localDate(new Date(at), zone)).toBe(temporalDate(at, zone));
      }),
      { numRuns: 2_000 },
    );
  });

  it('agrees with Temporal around clock changes and skipped days', () => {
    fc.assert(
      fc.property(critical, fc.integer({ min: -2 * DAY, max: 2 * DAY }), ([zone, around], offset) => {
        const at = Date.parse(`${around}T00:00:00Z`) + offset;
        expect(localDate(new Date(at), zone)).toBe(temporalDate(at, zone));
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses what it cannot name', () => {
    expect(() => localDate(new Date(Number.NaN), 'UTC')).toThrow(RangeError);
    expect(() => localDate(new Date('-000001-06-01T00:00:00Z'), 'UTC')).toThrow(RangeError);
    expect(() => localDate(new Date('+010000-01-01T00:00:00Z'), 'UTC')).toThrow(RangeError);
  });
});

describe('periodOf', () => {
  test.each([
    ['NONE', '2026-11-21', null],
    ['DAILY', '2026-11-21', '2026-11-21'],
    ['WEEKLY', '2026-11-21', '2026-W47'],
    ['WEEKLY', '2021-01-03', '2020-W53'],
    ['WEEKLY', '2021-01-04', '2021-W01'],
    ['WEEKLY', '2027-01-01', '2026-W53'],
    ['WEEKLY', '2024-12-30', '2025-W01'],
    ['WEEKLY', '0001-01-01', '0001-W01'],
    ['MONTHLY', '2026-11-30', '2026-11'],
    ['MONTHLY', '0099-01-31', '0099-01'],
  ] as const)('%s %s is in %s', (cadence, date, label) => {
    expect(periodOf(cadence, date)).toBe(label);
  });

  it('names ISO weeks as Temporal does', () => {
    fc.assert(
      fc.property(anyDate, (date) => {
        expect(periodOf('WEEKLY', date)).toBe(temporalLabel('WEEKLY', Temporal.PlainDate.from(date)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives labels that sort as their dates do', () => {
    fc.assert(
      fc.property(periodic, anyDate, anyDate, (cadence, one, other) => {
        const [early, late] = one < other ? [one, other] : [other, one];
        expect(periodOf(cadence, early) <= periodOf(cadence, late)).toBe(true);
      }),
    );
  });
});

describe('nextPeriod', () => {
  test.each([
    ['DAILY', '2026-11-21', 'Europe/Lisbon', '2026-11-22'],
    ['DAILY', '2011-12-29', 'Pacific/Apia', '2011-12-31'],
    ['DAILY', '2011-12-29', 'Pacific/Fakaofo', '2011-12-31'],
    ['DAILY', '2011-12-29', 'Pacific/Pago_Pago', '2011-12-30'],
    ['DAILY', '1993-08-20', 'Pacific/Kwajalein', '1993-08-22'],
    ['DAILY', '1994-12-30', 'Pacific/Enderbury', '1995-01-01'],
    ['DAILY', '1994-12-30', 'Pacific/Kiritimati', '1995-01-01'],
    ['DAILY', '1844-12-29', 'Asia/Manila', '1844-12-30'],
    ['DAILY', '1844-12-30', 'Asia/Manila', '1845-01-01'],
    ['WEEKLY', '2020-W52', 'UTC', '2020-W53'],
    ['WEEKLY', '2020-W53', 'UTC', '2021-W01'],
    ['WEEKLY', '2011-W51', 'Pacific/Apia', '2011-W52'],
    ['MONTHLY', '2026-11', 'UTC', '2026-12'],
    ['MONTHLY', '2026-12', 'UTC', '2027-01'],
    ['MONTHLY', '0099-12', 'UTC', '0100-01'],
  ] as const)('%s after %s in %s comes %s', (cadence, label, zone, next) => {
    expect(nextPeriod(cadence, label, zone)).toBe(next);
  });

  it('is the next that Temporal has, in every zone', () => {
    const recent = fc.integer({ min: -50_000, max: 30_000 });
    fc.assert(
      fc.property(periodic, anyZone, recent, (cadence, zone, day) => {
        expectTemporalNext(cadence, zone, Temporal.PlainDate.from('1970-01-01').add({ days: day }));
      }),
    );
  });

  test.each(CRITICAL)('is the next that Temporal has, in %s around %s', (zone, around) => {
    for (const cadence of ['DAILY', 'WEEKLY', 'MONTHLY'] as const) {
      for (let offset = -4; offset <= 4; offset += 1) {
        expectTemporalNext(cadence, zone, Temporal.PlainDate.from(around).add({ days: offset }));
      }
    }
  });

  test.each([
    ['DAILY', '2026-W47'],
    ['WEEKLY', '2026-11'],
    ['MONTHLY', 'soon'],
    ['DAILY', ''],
  ] as const)('refuses %s %s', (cadence, label) => {
    expect(() => nextPeriod(cadence, label, 'UTC')).toThrow(RangeError);
  });
});

describe('periodsMissed', () => {
  test.each([
    ['the same day', '2026-11-21T08:00Z', 'UTC', '2026-11-21T20:00Z', 'UTC', 0],
    ['the next day', '2026-11-21T08:00Z', 'UTC', '2026-11-22T20:00Z', 'UTC', 0],
    ['one day left out', '2026-11-21T08:00Z', 'UTC', '2026-11-23T08:00Z', 'UTC', 1],
    ['an age, capped', '1926-11-21T08:00Z', 'UTC', '2026-11-21T08:00Z', 'UTC', MISSED_AT_MOST],
    ['backwards', '2026-11-21T08:00Z', 'UTC', '2026-11-11T08:00Z', 'UTC', 0],
    [
      'the day that Samoa skipped',
      '2011-12-29T20:00Z',
      'Pacific/Apia',
      '2011-12-30T20:00Z',
      'Pacific/Apia',
      0,
    ],
    ['the day before it too', '2011-12-29T03:00Z', 'Pacific/Apia', '2011-12-30T20:00Z', 'Pacific/Apia', 1],
    // The labels are 2026-11-20 and 2026-11-22, but 23 hours contain no missed day in any zone.
    ['a flight east', '2026-11-21T10:59Z', 'Pacific/Pago_Pago', '2026-11-22T09:59Z', 'Pacific/Kiritimati', 0],
    [
      'two days there',
      '2026-11-21T10:59Z',
      'Pacific/Pago_Pago',
      '2026-11-23T11:00Z',
      'Pacific/Kiritimati',
      1,
    ],
    ['a flight west', '2026-11-21T11:00Z', 'Pacific/Kiritimati', '2026-11-21T12:00Z', 'Pacific/Pago_Pago', 0],
    // Three local dates apart in either zone, but the labels are 2026-11-22 and 2026-11-23.
    [
      'labels in a row',
      '2026-11-21T10:00Z',
      'Pacific/Kiritimati',
      '2026-11-24T10:59Z',
      'Pacific/Pago_Pago',
      0,
    ],
    // The labels are 2011-12-29 and 2011-12-31, and Samoa has no day between these.
    ['from Samoa', '2011-12-29T10:30Z', 'Pacific/Apia', '2011-12-31T10:30Z', 'Pacific/Auckland', 0],
    ['to Samoa', '2011-12-28T12:00Z', 'Pacific/Auckland', '2011-12-31T09:00Z', 'Pacific/Apia', 0],
  ])('%s', (_, from, oldZone, to, newZone, missed) => {
    expect(periodsMissed('DAILY', reference('DAILY', from, oldZone), reference('DAILY', to, newZone))).toBe(
      missed,
    );
  });

  test.each([
    ['WEEKLY', '2026-12-28T00:00Z', '2027-01-10T23:59Z', 0],
    ['WEEKLY', '2026-12-27T23:59Z', '2027-01-04T00:00Z', 1],
    ['MONTHLY', '2026-11-01T00:00Z', '2026-12-31T23:59Z', 0],
    ['MONTHLY', '2026-11-30T23:59Z', '2027-01-01T00:00Z', 1],
  ] as const)('%s from %s to %s', (cadence, from, to, missed) => {
    expect(periodsMissed(cadence, reference(cadence, from, 'UTC'), reference(cadence, to, 'UTC'))).toBe(
      missed,
    );
  });

  it('is the fewest of the counts that Temporal gives in both zones', () => {
    const zone = fc.oneof(fc.constantFrom(...JOURNEY), anyZone);
    const base = critical.map(([, around]) => Date.parse(`${around}T00:00:00Z`));
    const apart = fc.oneof(
      fc.integer({ min: -2 * DAY, max: 5 * DAY }),
      fc.integer({ min: 0, max: 100 * DAY }),
    );
    const offset = fc.integer({ min: -3 * DAY, max: DAY });
    fc.assert(
      fc.property(
        periodic,
        zone,
        zone,
        base,
        offset,
        apart,
        (cadence, oldZone, newZone, around, shift, gap) => {
          const from = reference(cadence, around + shift, oldZone);
          const to = reference(cadence, around + shift + gap, newZone);
          const counts = [oldZone, newZone].flatMap((each) => [
            temporalMissed(
              cadence,
              temporalDate(from.at.getTime(), each),
              temporalDate(to.at.getTime(), each),
              each,
            ),
            temporalMissed(cadence, localDate(from.at, oldZone), localDate(to.at, newZone), each),
          ]);
          expect(periodsMissed(cadence, from, to)).toBe(Math.min(MISSED_AT_MOST, ...counts));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('misses none within 20 hours, wherever on earth', () => {
    fc.assert(
      fc.property(
        periodic,
        anyZone,
        anyZone,
        fc.integer({ min: 0, max: 4e12 }),
        (cadence, oldZone, newZone, at) => {
          const from = reference(cadence, at, oldZone);
          expect(periodsMissed(cadence, from, reference(cadence, at + 20 * HOUR, newZone))).toBe(0);
        },
      ),
    );
  });
});

describe('time zones', () => {
  test.each([
    ['Europe/Lisbon', 'Europe/Lisbon'],
    ['europe/lisbon', 'Europe/Lisbon'],
    ['Asia/Kathmandu', 'Asia/Kathmandu'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['AMERICA/PORT-AU-PRINCE', 'America/Port-au-Prince'],
    ['UTC', 'UTC'],
    ['utc', 'UTC'],
    ['Etc/GMT+12', 'Etc/GMT+12'],
  ])('%s is %s', (name, canonical) => {
    expect(canonicalTimeZone(name)).toBe(canonical);
  });

  test.each([
    '',
    '+02:00',
    '-08',
    'Z',
    'GMT+2',
    'PST',
    'SystemV/PST8',
    'Europe/Atlantis',
    ' Europe/Lisbon',
    'Europe/Lisbon\n',
    '2026-11-21T00:00Z[UTC]',
    'UTC[u-ca=iso8601]',
    'T10:00[UTC]',
  ])('%j is none', (name) => {
    expect(canonicalTimeZone(name)).toBeNull();
  });

  it('knows every zone of Intl by its name in any case, and localDate takes it', () => {
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      expect(canonicalTimeZone(zone.toLowerCase())).toBe(zone);
      expect(localDate(new Date(0), zone)).toBe(temporalDate(0, zone));
    }
  });
});

function reference(cadence: PeriodicCadence, at: number | string, zone: string) {
  const date = new Date(at);
  return { at: date, zone, period: periodOf(cadence, localDate(date, zone)) };
}

function temporalDate(at: number, zone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate().toString();
}

function temporalLabel(cadence: PeriodicCadence, date: Temporal.PlainDate): string {
  if (cadence === 'DAILY') return date.toString();
  if (cadence === 'MONTHLY') return date.toPlainYearMonth().toString();
  const week = String(date.weekOfYear).padStart(2, '0');
  return `${String(date.yearOfWeek).padStart(4, '0')}-W${week}`;
}

/** Walks through the days of the zone until the label changes. */
function expectTemporalNext(cadence: PeriodicCadence, zone: string, from: Temporal.PlainDate) {
  const [first, ...later] = livedDays(zone, from.toString(), 40).map((day) =>
    temporalLabel(cadence, day.toPlainDate()),
  );
  if (first === undefined) throw new Error('There is always a day.');
  expect(nextPeriod(cadence, first, zone)).toBe(later.find((label) => label !== first));
}

function temporalMissed(cadence: PeriodicCadence, from: string, to: string, zone: string): number {
  const between = new Set<string>();
  const end = Temporal.PlainDate.from(to);
  for (
    let date = Temporal.PlainDate.from(from);
    Temporal.PlainDate.compare(date, end) < 0;
    date = date.add({ days: 1 })
  ) {
    if (date.toZonedDateTime(zone).toPlainDate().equals(date)) between.add(temporalLabel(cadence, date));
  }
  between.delete(temporalLabel(cadence, Temporal.PlainDate.from(from)));
  between.delete(temporalLabel(cadence, end));
  return between.size;
}
