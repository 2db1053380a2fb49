import { NotificationsDocument } from '../generated/operations.ts';
import type { Person } from '../kit/seed.ts';
import type { Site } from '../kit/site.ts';
import { present } from '../kit/unique.ts';

// Helpers for posts and collections: ids that do not exist, and checks that nothing has changed.

export const noPost = 'post_01h455vb4pex5vsknk084sn02q';
export const noCollection = 'collection_01h455vb4pex5vsknk084sn02q';

/** Everything that a change of posts or collections could touch; live events are numbered a moment after the commit. */
export async function contentsOf(site: Site): Promise<string> {
  await site.settled();
  return site.contents(
    'post',
    'collection',
    'collection_post',
    'notification',
    'recorded_event',
    'live_event',
  );
}

/** A person's notifications, newest first. */
export async function notificationsOf({ client }: Pick<Person, 'client'>) {
  const { viewer } = await client.run(NotificationsDocument);
  return present(viewer).notifications.nodes;
}
