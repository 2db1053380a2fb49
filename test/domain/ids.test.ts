import fc from 'fast-check';
import { GraphQLError } from 'graphql';
import { TypeID } from 'typeid-js';
import { version } from 'uuid';
import { expect, test } from 'vitest';
import { idOf, newUuid, parseId, prefixes, toId, withIds } from '../../src/domain/ids.ts';

const prefix = fc.constantFrom(...prefixes);
/** Any 128 bits, formatted as PostgreSQL formats a uuid. */
const uuid = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((bits) =>
  bits
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
);

const example = 'quest_01h455vb4pex5vsknk084sn02q';

test('an id is the TypeID of its uuid, as typeid-js makes it, and leads back to it', () => {
  fc.assert(
    fc.property(prefix, uuid, (type, bits) => {
      const id = toId(type, bits);
      expect(id).toBe(TypeID.fromUUID(type, bits).toString());
      expect(parseId(id)).toEqual({ prefix: type, uuid: bits });
      expect(idOf(type, id)).toBe(bits);
    }),
    { numRuns: 500 },
  );
});

test('the examples of the specification', () => {
  expect(toId('quest', '01890a5d-ac96-774b-bcce-b302099a8057')).toBe(example);
  expect(toId('user', '00000000-0000-0000-0000-000000000000')).toBe('user_00000000000000000000000000');
  expect(toId('user', 'ffffffff-ffff-ffff-ffff-ffffffffffff')).toBe('user_7zzzzzzzzzzzzzzzzzzzzzzzzz');
});

test.each([
  ['nothing', ''],
  ['a bare uuid', '01890a5d-ac96-774b-bcce-b302099a8057'],
  ['no prefix', '01h455vb4pex5vsknk084sn02q'],
  ['an empty prefix', '_01h455vb4pex5vsknk084sn02q'],
  ['an unknown prefix', 'guild_01h455vb4pex5vsknk084sn02q'],
  ['a property of objects as prefix', 'constructor_01h455vb4pex5vsknk084sn02q'],
  ['an uppercase prefix', 'Quest_01h455vb4pex5vsknk084sn02q'],
  ['an uppercase suffix', 'quest_01H455VB4PEX5VSKNK084SN02Q'],
  ['one character too few', 'quest_01h455vb4pex5vsknk084sn02'],
  ['one character too many', 'quest_01h455vb4pex5vsknk084sn02qq'],
  ['more than 128 bits', 'quest_81h455vb4pex5vsknk084sn02q'],
  ['a letter that the alphabet lacks', 'quest_01h455vb4pex5vsknk084sn02l'],
  ['a letter of another script', 'quest_01h455vb4pex5vsknk084sn02я'],
  ['space around', ` ${example}`],
  ['another separator', 'quest-01h455vb4pex5vsknk084sn02q'],
  ['two separators', 'quest__1h455vb4pex5vsknk084sn02q'],
])('%s is malformed', (_, id) => {
  expect(() => parseId(id)).toThrow(GraphQLError);
  expect(() => idOf('quest', id)).toThrow(
    expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' }, message: 'The id is malformed.' }),
  );
});

test('whatever text comes, it is an id in its one spelling or malformed', () => {
  const alphabet = fc.constantFrom(...'0123456789abcdefghjkmnpqrstvwxyzilouA_-');
  const suffix = fc.array(alphabet, { minLength: 25, maxLength: 27 }).map((letters) => letters.join(''));
  fc.assert(
    fc.property(prefix, suffix, (type, text) => {
      const id = `${type}_${text}`;
      const valid = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text);
      if (valid) expect(toId(type, parseId(id).uuid)).toBe(id);
      else expect(() => parseId(id)).toThrow(GraphQLError);
    }),
    { numRuns: 500 },
  );
});

test('an id of another type names no record', () => {
  expect(idOf('reward', example)).toBeNull();
});

test('rows get the ids of their type', () => {
  const rows = [{ uuid: '01890a5d-ac96-774b-bcce-b302099a8057', id: '', name: 'Welcome' }];
  expect(withIds('quest', rows)).toBe(rows);
  expect(rows[0]).toEqual({ uuid: '01890a5d-ac96-774b-bcce-b302099a8057', id: example, name: 'Welcome' });
});

test('new uuids are of version 7 and come in their order', () => {
  const made = Array.from({ length: 5_000 }, newUuid);
  expect(new Set(made.map(version))).toEqual(new Set([7]));
  expect(made).toEqual([...made].sort());
  expect(new Set(made).size).toBe(made.length);
});
