import { beforeAll, describe, expect, test } from 'vitest';
import {
  PostPageDocument,
  type PostPageQuery,
  type PostPageQueryVariables,
  ProductPageDocument,
  type ProductPageQuery,
  SearchPostsDocument,
  SearchUsersDocument,
  SignInDocument,
} from '../generated/operations.ts';
import { type App, startApp } from '../kit/app.ts';
import { createSite } from '../kit/site.ts';
import { present } from '../kit/unique.ts';
import { searchedTexts } from './search-texts.ts';

const locales = ['C', 'C.UTF-8', 'Turkish'] as const;
const apps = new Map<string, App>();
beforeAll(async () => {
  await Promise.all(
    locales.map(async (locale) => {
      apps.set(locale, await startApp({}, await createSite(locale)));
    }),
  );
});

const appOf = (locale: string) => present(apps.get(locale));
const texts = Object.values(searchedTexts).flat();

describe('a search finds the same', () => {
  /** The texts found in titles or bodies of posts, by locale and word. */
  const answers = new Map<string, Map<string, readonly string[]>>();
  beforeAll(async () => {
    await Promise.all(
      locales.map(async (locale) => {
        const { seed, client } = appOf(locale);
        const author = await seed.user();
        const textOf = new Map<string, string>();
        for (const [index, { text }] of texts.entries()) {
          const given = index % 2 ? { title: 'Untitled', body: `${text}\n` } : { title: text, body: 'Empty' };
          textOf.set((await seed.post(author, given)).id, text);
        }
        const found = new Map<string, readonly string[]>();
        for (const word of texts.flatMap((text) => [...text.found, ...(text.notFound ?? [])])) {
          const { posts } = await client.run(SearchPostsDocument, { search: word, first: 100 });
          found.set(
            word,
            posts.nodes.map(({ id }) => present(textOf.get(id))),
          );
        }
        answers.set(locale, found);
      }),
    );
  }, 120_000);

  test('of at least 200 pairs in 15 styles', () => {
    expect(Object.keys(searchedTexts).length).toBeGreaterThanOrEqual(15);
    expect(
      texts.flatMap(({ found, notFound = [] }) => [...found, ...notFound]).length,
    ).toBeGreaterThanOrEqual(200);
  });

  test.each(locales)('what is typed, in the locale %s', (locale) => {
    const found = present(answers.get(locale));
    const wrong = texts.flatMap(({ text, found: words, notFound = [] }) => [
      ...words
        .filter((word) => !found.get(word)?.includes(text))
        .map((word) => `${word} does not find ${text}`),
      ...notFound.filter((word) => found.get(word)?.includes(text)).map((word) => `${word} finds ${text}`),
    ]);
    expect(wrong).toEqual([]);
  });

  test('in each locale, in the same order', () => {
    const [first, ...others] = locales.map((locale) => Object.fromEntries(present(answers.get(locale))));
    for (const other of others) expect(other).toEqual(first);
  });
});

describe.each(locales)('in the locale %s', (locale) => {
  const titles = [
    '10 tips',
    '2 tips',
    '¡Hola!',
    'apfel',
    'Apfel',
    'Äpfel',
    'äpfel',
    'Birne',
    'éclair',
    'Eclair',
    'Ωmega',
    'Zebra',
    'zebra',
    'Łódź',
    'Lodz',
    'ñandú',
    'nandu',
    'Øre',
    'Яблоко',
    'ёлка',
    '北京',
    'あか',
    'résumé',
    'resume',
    'Resume',
    '👍',
    '“Quoted”',
    'Same',
    'Same',
  ];
  /** The order that people expect, by the Unicode collation algorithm. */
  const ordered = titles.toSorted(new Intl.Collator('und').compare);

  test('titles sort as people expect, page by page, in both directions', async () => {
    const { seed, client } = appOf(locale);
    const author = await seed.user();
    for (const title of titles) await seed.post(author, { title });
    const walk = async (direction: 'ASC' | 'DESC', backward: boolean, size: number) => {
      const read: string[] = [];
      for (let cursor: string | null = null; ; ) {
        const part: PostPageQueryVariables = backward
          ? { last: size, before: cursor }
          : { first: size, after: cursor };
        const asked = { filter: { authorId: author.id }, orderBy: { field: 'TITLE', direction } as const };
        const { nodes, pageInfo }: PostPageQuery['posts'] = (
          await client.run(PostPageDocument, { ...asked, ...part })
        ).posts;
        const page = nodes.map(({ title }) => title);
        read.push(...(backward ? page.toReversed() : page));
        cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
        if (!(backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) return read;
      }
    };
    for (const size of [1, 4, 100]) {
      expect(await walk('ASC', false, size)).toEqual(ordered);
      expect(await walk('ASC', true, size)).toEqual(ordered.toReversed());
      expect(await walk('DESC', false, size)).toEqual(ordered.toReversed());
      expect(await walk('DESC', true, size)).toEqual(ordered);
    }
  }, 60_000);

  test('so do the names of products', async () => {
    const { seed, client } = appOf(locale);
    for (const name of titles) await seed.product({ name });
    const orderBy = { field: 'NAME', direction: 'ASC' } as const;
    const read: string[] = [];
    for (let after: string | null = null; ; ) {
      const { nodes, pageInfo }: ProductPageQuery['products'] = (
        await client.run(ProductPageDocument, { orderBy, first: 3, after })
      ).products;
      read.push(...nodes.map(({ name }) => name));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    expect(read).toEqual(ordered);
  });

  test('people are found by the beginnings of their names, without case and accents', async () => {
    const { seed, client } = appOf(locale);
    for (const [displayName, words] of [
      ['Élodie Émery', ['élodie', 'elodie', 'ÉLODIE É', 'elo']],
      ['Ólafur', ['olafur', 'ÓLAFUR', 'ólaf']],
      ['Иван Ёлкин', ['иван', 'ИВАН ЕЛКИН']],
      ['İpek Irmak', ['ipek', 'IPEK', 'ipek irmak', 'İPEK']],
      ['ΣΊΣΥΦΟΣ', ['σίσυφος', 'σισυφοσ']],
      ['Straßer', ['strasser', 'STRASSER']],
      ['Nguyễn Đức', ['nguyen duc', 'NGUYỄN']],
      ['山田太郎', ['山田']],
      ['مُحَمَّد', ['محمد']],
      ['Zoe\u0308', ['zoë', 'zoe']],
    ] as const) {
      const { id } = await seed.user({ displayName });
      for (const search of words) {
        const { users } = await client.run(SearchUsersDocument, { search, first: 100 });
        expect([search, users.nodes.map((user) => user.id)]).toEqual([search, [id]]);
      }
    }
  });

  test('whoever signs up as INDIRA signs in as indira, and nobody else can be indira', async () => {
    const { seed, client } = appOf(locale);
    const { id, password } = await seed.user({ username: 'INDIRA-I', email: 'INDIRA.I@EXAMPLE.COM' });
    for (const login of ['indira-i', 'Indira-I', 'indira.i@example.com', 'INDIRA.I@example.com']) {
      const { account } = await client.mutate(SignInDocument, { input: { login, password } });
      expect([login, account.user.id]).toEqual([login, id]);
    }
    await expect(seed.user({ username: 'indira-i' })).rejects.toThrow('TAKEN');
    await expect(seed.user({ email: 'indira.i@example.com' })).rejects.toThrow('TAKEN');
    const { users } = await client.run(SearchUsersDocument, { search: 'indira-i', first: 100 });
    expect(users.nodes.map((user) => user.id)).toEqual([id]);
  });
});
