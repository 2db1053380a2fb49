import fc from 'fast-check';
import { parseValue } from 'graphql';
import { expect, test } from 'vitest';
import { instant } from '../../src/domain/fields.ts';
import { GraphQLDateTime } from '../../src/schema/scalars.ts';

/** A text as a variable and as a literal. */
const ways = [
  (text: string) => GraphQLDateTime.parseValue(text),
  (text: string) => GraphQLDateTime.parseLiteral(parseValue(JSON.stringify(text))),
];

test.each([
  ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00.000Z'],
  ['2026-11-21t10:00:00z', '2026-11-21T10:00:00.000Z'],
  ['2026-11-21T10:00:00+01:30', '2026-11-21T08:30:00.000Z'],
  ['2026-11-21T10:00:00-11:00', '2026-11-21T21:00:00.000Z'],
  ['2026-11-21T10:00:00-00:00', '2026-11-21T10:00:00.000Z'],
  ['2026-11-21T10:00:00.5Z', '2026-11-21T10:00:00.500Z'],
  ['2026-11-21T10:00:00.1239999999999Z', '2026-11-21T10:00:00.123Z'],
  ['1969-12-31T23:59:59.9999Z', '1969-12-31T23:59:59.999Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ['0099-06-01T00:00:00Z', '0099-06-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
])('DateTime reads %s as %s', (text, written) => {
  for (const value of ways.map((read) => read(text))) {
    expect(value).toBeInstanceOf(Date);
    expect(GraphQLDateTime.serialize(value)).toBe(written);
  }
  expect(GraphQLDateTime.serialize(text)).toBe(written);
});

test.each([
  '',
  '2026-11-21',
  '2026-11-21T10:00:00',
  '2026-11-21T10:00Z',
  '2026-11-21 10:00:00Z',
  ' 2026-11-21T10:00:00Z',
  '2026-11-21T10:00:00Z\n',
  '2026-11-21T10:00:00.Z',
  '2026-11-21T10:00:00,5Z',
  '2026-11-21T10:00:00+0100',
  '2026-11-21T10:00:00+24:00',
  '2026-11-21T10:00:00+01:60',
  '2026-11-21T24:00:00Z',
  '2026-11-21T10:60:00Z',
  '2016-12-31T23:59:60Z',
  '2026-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-00-10T00:00:00Z',
  '2026-13-10T00:00:00Z',
  '2026-11-00T00:00:00Z',
  '0000-12-31T00:00:00Z',
  '0001-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-00:01',
  '+02026-11-21T10:00:00Z',
  '٢٠٢٦-11-21T10:00:00Z',
  'tomorrow',
  '1763719200000',
])('DateTime gives an invalid Date for %j, of which the rule of the field tells', (text) => {
  for (const read of ways) {
    const value = read(text);
    expect(value).toEqual(new Date(Number.NaN));
    expect(instant.safeParse(value).success).toBe(false);
  }
});

test('DateTime brings every instant back, at whatever offset it was written', () => {
  const date = fc.date({
    min: new Date('0001-01-02T00:00:00Z'),
    max: new Date('9999-12-30T00:00:00Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(date, fc.integer({ min: -1439, max: 1439 }), (moment, offset) => {
      const local = new Date(moment.getTime() + offset * 60_000).toISOString().slice(0, -1);
      const minutes = Math.abs(offset);
      const zone = [Math.floor(minutes / 60), minutes % 60]
        .map((part) => String(part).padStart(2, '0'))
        .join(':');
      expect(GraphQLDateTime.parseValue(`${local}${offset < 0 ? '-' : '+'}${zone}`)).toEqual(moment);
    }),
  );
});

test('DateTime never sends an instant that is none', () => {
  expect(() => GraphQLDateTime.serialize(new Date(Number.NaN))).toThrow(RangeError);
  expect(() => GraphQLDateTime.serialize('2026-11-21')).toThrow(TypeError);
});
