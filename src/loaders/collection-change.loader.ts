import type { Db } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { privateOwnersFor } from '../database/visible-collections.ts';
import type { Reader } from '../domain/reader.ts';

/** Of the changes to a collection after a seq: the first that is numbered, and one that is not numbered yet. */
const firstLater = (columns: string, condition = 'true') => {
  const changes = `select ${columns} from live_event where topic = 'collection_changed' and audience = $1::uuid and ${condition}`;
  return `(${changes} and seq > $2::bigint order by seq limit 1) union all (${changes} and seq is null limit 1)`;
};

// The owner of a collection never changes, so any one change tells who it is. What others were told has its own index,
// so that the long history of a private collection takes no longer than an empty one.
const hasLaterChange = statement<{ readonly heard: boolean }>(
  'collection.laterChange',
  `select exists (
     ${firstLater('', "(payload ->> 'visibility' = 'PUBLIC' or payload ->> 'previousVisibility' = 'PUBLIC')")}
   ) or exists (
     select from (${firstLater(`(payload ->> 'ownerId')::uuid as owner_id`)}) as change
     where owner_id = any($3::uuid[]) or $3::uuid[] is null
   ) as heard`,
);

const readStanding = statement<{ readonly stands: boolean }>(
  'account.stands',
  `select exists (
     select from account where id = $1 and role = $2 and status <> 'SUSPENDED' and deleted_at is null
   ) as stands`,
);

/** What readers were told about collections that may be hidden or gone by now. */
export function collectionChanges(db: Db, reader: Reader) {
  const owners = privateOwnersFor(reader);
  return {
    /** Whether the reader was told of a change to it after this seq (services/rules/collection-audience.ts). */
    async heardAfter(collectionId: string, seq: number): Promise<boolean> {
      const [row] = await db.query(hasLaterChange, [collectionId, seq, owners]);
      return row?.heard ?? false;
    },
  };
}

/** Whether somebody still is what their token says; read anew each time. */
export async function standsAs(db: Db, listener: Reader): Promise<boolean> {
  if (listener === null) return false;
  const [row] = await db.query(readStanding, [listener.accountId, listener.role]);
  return row?.stands ?? false;
}
