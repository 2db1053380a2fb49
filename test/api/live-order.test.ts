import { expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import { CreatePostDocument, PostChangedDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { openLive } from '../kit/live.ts';
import { withClient } from '../setup/postgres.ts';

const key = 4_201;

/** Holds the commit of each post by this author while another session has the lock. */
const holdCommits = (authorId: string) => `
  create function hold_commit() returns trigger language plpgsql as $$
  begin
    perform pg_advisory_xact_lock(${key});
    return null;
  end $$;
  create constraint trigger hold_commit after insert on live_event deferrable initially deferred
    for each row when (new.payload ->> 'authorId' = '${authorId}') execute function hold_commit()`;

test('who resumes at the cursor of an event receives what was written before it and committed after it', async () => {
  const { client, seed, site } = await startApp();
  const [early, late] = await Promise.all([seed.user(), seed.user()]);
  const stream = await openLive(client).events(PostChangedDocument);
  const resumed = await withClient(site.variables.DATABASE_URL ?? '', async (holder) => {
    await holder.query(holdCommits(parseId(early.id).uuid));
    await holder.query('select pg_advisory_lock($1)', [key]);
    const held = early.client.mutate(CreatePostDocument, { input: { title: 'Early', body: 'Words.' } });
    await eventually(async () => {
      const waiting = await site.sql(`select from pg_locks where objid = $1 and not granted`, key);
      return waiting.length === 1;
    });
    const delivered = await seed.post(late, { title: 'Late' });
    const { postChanged } = await stream.next();
    expect(postChanged.postId).toBe(delivered.id);
    // One resumes while the other is still held, one after it has been delivered.
    const at = { after: postChanged.cursor };
    const before = await openLive(client).events(PostChangedDocument, at);
    await holder.query('select pg_advisory_unlock($1)', [key]);
    const { post } = await held;
    expect((await stream.next()).postChanged.postId).toBe(post.id);
    const afterwards = await openLive(client).events(PostChangedDocument, at);
    return { post, streams: [before, afterwards] };
  });
  for (const again of resumed.streams)
    expect((await again.next()).postChanged).toMatchObject({
      action: 'CREATED',
      postId: resumed.post.id,
      post: { title: 'Early' },
    });
});
