import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { variablesOfEvents } from '../../src/transport/variables-of-events.ts';

const of = (text: string, name: string | null = null) => variablesOfEvents(parse(text), name);

test('where a subscription begins is no matter of its events', () => {
  expect(of('subscription ($after: LiveCursor) { postChanged(after: $after) { action } }')).toEqual([]);
  expect(of('subscription ($from: LiveCursor) { changed: postChanged(after: $from) { action } }')).toEqual(
    [],
  );
});

test('all other variables are, in one order', () => {
  const text = `subscription ($b: Int, $a: ID, $c: [ChangeAction!]) {
    postChanged(authorId: $a, actions: $c) { post { collections(first: $b) { totalCount } } }
  }`;
  expect(of(text)).toEqual(['a', 'b', 'c']);
});

test('so are those in lists, in objects, in directives and in fragments, of whatever depth', () => {
  const text = `subscription ($a: ID, $b: ChangeAction!, $c: Boolean!, $d: Int, $e: Boolean!) {
    ...Root @skip(if: $e)
  }
  fragment Root on Subscription { postChanged(authorId: $a, actions: [CREATED, $b]) { ...Event } }
  fragment Event on PostEvent { post @include(if: $c) { collections(where: { in: [{ n: $d }] }) { totalCount } } }`;
  expect(of(text)).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a variable that is used elsewhere too is', () => {
  const twice = `subscription ($x: String) {
    postChanged(after: $x) { post { collections(first: 1, after: $x) { totalCount } } }
  }`;
  expect(of(twice)).toEqual(['x']);
  const inFragment = `subscription ($x: String) { postChanged(after: $x) { ...Event } }
    fragment Event on PostEvent { post { collections(first: 1, after: $x) { totalCount } } }`;
  expect(of(inFragment)).toEqual(['x']);
  expect(of('subscription ($x: String) { postChanged(authorId: $x, after: $x) { action } }')).toEqual(['x']);
});

test('the after of a page is', () => {
  const text = `subscription ($page: String) {
    postChanged { post { collections(first: 1, after: $page) { totalCount } } }
  }`;
  expect(of(text)).toEqual(['page']);
});

test('each operation of a document is asked for itself, again and again', () => {
  const document = parse(`
    subscription A($x: LiveCursor) { postChanged(after: $x) { action } }
    subscription B($x: ID) { postChanged(authorId: $x) { action } }`);
  // Variables of the same name in different operations are not told apart; it only means that fewer share an execution.
  for (let round = 0; round < 2; round++) {
    expect(variablesOfEvents(document, 'A')).toEqual(['x']);
    expect(variablesOfEvents(document, 'B')).toEqual(['x']);
  }
  const two = parse(`
    subscription A($x: LiveCursor) { postChanged(after: $x) { action } }
    subscription B($y: LiveCursor) { postChanged(after: $y) { action } }`);
  expect(variablesOfEvents(two, 'A')).toEqual(['y']);
  expect(variablesOfEvents(two, 'B')).toEqual(['x']);
});
