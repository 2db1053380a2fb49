import { MikroORM, ReferenceKind } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { columnsOf, computed, type RowOf } from '../../src/database/columns.ts';
import { Account, type Role } from '../../src/entities/account.entity.ts';
import { entities } from '../../src/entities/index.ts';
import { Post } from '../../src/entities/post.entity.ts';
import { withClient } from '../setup/postgres.ts';
import { createDatabase, type TestDatabase } from '../setup/services.ts';

describe('columnsOf', () => {
  test('names each column as the row has it', () => {
    expect(columnsOf(Post, 'p', ['id', 'authorId', 'title', 'createdAt']).sql).toBe(
      'p.id as "uuid", p.author_id as "authorId", p.title, p.created_at as "createdAt"',
    );
  });

  test('takes no alias', () => {
    expect(columnsOf(Post, null, ['id', 'authorId', 'title']).sql).toBe(
      'id as "uuid", author_id as "authorId", title',
    );
  });

  test('renames columns and takes expressions, in their places', () => {
    const columns = columnsOf(Account, 'a', [
      'role',
      { accountId: 'id' },
      { deleted: computed<boolean>('a.deleted_at is not null') },
      { id: 'id' },
      'email',
    ]);
    expect(columns.sql).toBe(
      'a.role, a.id as "accountId", a.deleted_at is not null as "deleted", a.id, a.email',
    );
  });

  test('says what the rows are', () => {
    const columns = columnsOf(Account, 'a', [
      'id',
      'role',
      'avatarUrl',
      { accountId: 'id', zone: 'timeZone' },
      { deleted: computed<boolean>('a.deleted_at is not null') },
    ]);
    expectTypeOf<RowOf<typeof columns>>().branded.toEqualTypeOf<{
      readonly uuid: string;
      readonly role: Role;
      readonly avatarUrl: string | null;
      readonly accountId: string;
      readonly zone: string;
      readonly deleted: boolean;
    }>();
  });

  test('refuses what is no property of the entity', () => {
    // @ts-expect-error: a post has no name
    expect(() => columnsOf(Post, 'p', ['name'])).toThrow('Post.name is no column.');
    // @ts-expect-error: a post has no name
    expect(() => columnsOf(Post, 'p', [{ title: 'name' }])).toThrow('Post.name is no column.');
    expect(() => columnsOf(Post, 'p', [JSON.parse('"constructor"')])).toThrow(
      'Post.constructor is no column.',
    );
  });

  test('refuses a class that is no entity', () => {
    class Draft {
      title = '';
    }
    expect(() => columnsOf(Draft, 'd', ['title'])).toThrow('Draft is no entity.');
  });
});

describe('the names', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  beforeAll(async () => {
    database = await createDatabase();
    orm = await MikroORM.init({ entities, clientUrl: database.url });
  });
  afterAll(async () => {
    await orm.close();
    await database.drop();
  });

  test('are those of the database, for every column of every entity', async () => {
    const named = [...orm.getMetadata().getAll().values()].flatMap(
      ({ class: entity, tableName, properties }) =>
        Object.values(properties)
          .filter(({ kind }) => kind === ReferenceKind.SCALAR || kind === ReferenceKind.MANY_TO_ONE)
          .map(
            ({ name }) => `${tableName}.${columnsOf(entity, null, [{ column: name }]).sql.split(' as ')[0]}`,
          ),
    );
    const searched = ['post.search', 'product.search'];
    const real = await withClient(database.url, (client) =>
      client.query<{ name: string }>(
        `select table_name || '.' || column_name as name from information_schema.columns
         where table_schema = current_schema and table_name <> 'migration'`,
      ),
    );
    expect(named.length).toBeGreaterThan(150);
    expect([...named, ...searched].sort()).toEqual(real.rows.map(({ name }) => name).sort());
  });
});
