import { AllOfViewerDocument } from '../generated/operations.ts';
import type { App } from '../kit/app.ts';
import type { Person, Seed } from '../kit/seed.ts';
import type { Site } from '../kit/site.ts';
import { present, unique } from '../kit/unique.ts';

export type Life = Awaited<ReturnType<typeof lead>>;

/** Creates a person who has something of everything, and a friend who has collected it. */
export async function lead({ seed, site }: Pick<App, 'seed' | 'site'>) {
  const displayName = unique('Display ');
  const person = await seed.user({ displayName, timeZone: 'Europe/Lisbon' }).withGold(100).withDiamonds(3);
  const [phone, friend] = [await seed.signIn(person), await seed.user()];
  const content = await writeContent(seed, person, friend);
  const outside = await linkOutside(site, person);
  for (const autoClaim of [true, false]) {
    const reward = await seed.reward();
    const { eventType } = await seed.quest({ autoClaim, rewards: [{ rewardId: reward.id }] });
    await seed.event(person, eventType, { data: { secret: outside.subject } });
  }
  await seed.purchase(person, await seed.product());
  await site.settled();
  const { viewer } = await person.client.run(AllOfViewerDocument);
  /** What identifies the person: nothing of it may be left. */
  const names = [person.email, displayName, content.title, content.name, ...Object.values(outside)];
  return { person, phone, friend, ...content, names, all: present(viewer) };
}

/** Two posts, in two collections of the person and in one of the friend. */
async function writeContent(seed: Seed, person: Person, friend: Person) {
  const [title, name] = [unique('Title '), unique('Name ')];
  const posts = [await seed.post(person, { title }), await seed.post(person)] as const;
  const friendsPost = await seed.post(friend);
  const open = await seed.collection(person, { name });
  const hidden = await seed.collection(person, { name, visibility: 'PRIVATE' });
  const friends = await seed.collection(friend);
  await seed.collect(person, open, ...posts, friendsPost);
  await seed.collect(person, hidden, ...posts);
  await seed.collect(friend, friends, ...posts, friendsPost);
  return { title, name, posts, friendsPost, open, hidden, friends };
}

/** Links an account at a provider, and sets a picture. */
async function linkOutside(site: Site, { username }: Person) {
  const [subject, avatar] = [unique('subject'), `https://example.com/${unique('avatar')}.png`];
  await site.sql(
    `insert into identity (issuer, subject, provider, account_id)
     select 'https://accounts.example.com', $1, 'google', id from account where username = $2`,
    subject,
    username,
  );
  await site.sql('update account set avatar_url = $1 where username = $2', avatar, username);
  return { subject, avatar };
}
