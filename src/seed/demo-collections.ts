import type { Visibility } from '../entities/collection.entity.ts';
import type { DemoPost, PostTopic } from './demo-posts.ts';

export interface DemoCollection {
  /** The username. */
  readonly owner: string;
  readonly name: string;
  readonly visibility: Visibility;
  /** It holds the posts on these topics, and those by these authors. */
  readonly topics?: readonly PostTopic[];
  readonly authors?: readonly string[];
}

/** Whether a post is in a collection. */
export function holds({ topics = [], authors = [] }: DemoCollection, { topic, author }: DemoPost): boolean {
  return topics.includes(topic) || authors.includes(author);
}

export const demoCollections: readonly DemoCollection[] = [
  { owner: 'quinn_d', name: 'Advice worth keeping', visibility: 'PUBLIC', topics: ['tip'] },
  { owner: 'mei.lin', name: 'Questions still open', visibility: 'PUBLIC', topics: ['question'] },
  { owner: 'jonas.weber', name: 'Honest mistakes', visibility: 'PUBLIC', topics: ['mistake'] },
  { owner: 'lars.madsen', name: 'Tools with a story', visibility: 'PUBLIC', topics: ['tool'] },
  { owner: 'rosa.fuentes', name: 'Good places', visibility: 'PUBLIC', topics: ['place'] },
  { owner: 'olu.adeyemi', name: 'For everybody who begins', visibility: 'PUBLIC', topics: ['beginner'] },
  { owner: 'elin.s', name: 'Small joys', visibility: 'PUBLIC', topics: ['joy'] },
  { owner: 'tomas.keller', name: 'Read, watched, heard', visibility: 'PUBLIC', topics: ['find'] },
  { owner: 'd_okafor', name: 'Plans for the weekend', visibility: 'PUBLIC', topics: ['plan'] },
  { owner: 'noah.brooks', name: 'Thirty days', visibility: 'PUBLIC', topics: ['progress'] },
  { owner: 'priya.raman', name: 'Thank you, teachers', visibility: 'PUBLIC', topics: ['thanks'] },
  { owner: 'hana.novak', name: 'Rainy days', visibility: 'PUBLIC', topics: ['rain'] },
  { owner: 'chiara.b', name: 'Bread and patience', visibility: 'PUBLIC', authors: ['ada.moreau'] },
  {
    owner: 'kiri.tamatea',
    name: 'The sky above us',
    visibility: 'PUBLIC',
    authors: ['bilal_h', 'kiri.tamatea'],
  },
  {
    owner: 'olu.adeyemi',
    name: 'From the garden to the pot',
    visibility: 'PUBLIC',
    authors: ['chiara.b', 'olu.adeyemi'],
  },
  {
    owner: 'elin.s',
    name: 'Out of doors',
    visibility: 'PUBLIC',
    authors: ['elin.s', 'rosa.fuentes', 'd_okafor'],
  },
  {
    owner: 'farah.k',
    name: 'Made by hand',
    visibility: 'PUBLIC',
    authors: ['farah.k', 'lars.madsen', 'priya.raman'],
  },
  {
    owner: 'sami.laine',
    name: 'At the table',
    visibility: 'PUBLIC',
    authors: ['quinn_d', 'noah.brooks', 'sami.laine'],
  },
  {
    owner: 'gabriel.souza',
    name: 'Things with strings and gears',
    visibility: 'PUBLIC',
    authors: ['gabriel.souza', 'jonas.weber'],
  },
  { owner: 'hana.novak', name: 'In black and white', visibility: 'PUBLIC', authors: ['hana.novak'] },
  {
    owner: 'ines.ribeiro',
    name: 'Words, near and far',
    visibility: 'PUBLIC',
    authors: ['ines.ribeiro', 'tomas.keller'],
  },
  {
    owner: 'ada.moreau',
    name: 'Slow mornings',
    visibility: 'PUBLIC',
    authors: ['mei.lin'],
    topics: ['beginning'],
  },
  {
    owner: 'ada.moreau',
    name: 'To read again in winter',
    visibility: 'PRIVATE',
    authors: ['tomas.keller'],
    topics: ['lookingBack'],
  },
  { owner: 'bilal_h', name: 'Ideas for the club', visibility: 'PRIVATE', topics: ['together'] },
  {
    owner: 'chiara.b',
    name: 'Recipes to try',
    visibility: 'PRIVATE',
    authors: ['olu.adeyemi', 'ada.moreau'],
  },
  {
    owner: 'gabriel.souza',
    name: 'When I feel like giving up',
    visibility: 'PRIVATE',
    topics: ['beginning', 'joy'],
  },
  { owner: 'ines.ribeiro', name: 'Presents for my sister', visibility: 'PRIVATE', topics: ['find', 'tool'] },
  { owner: 'jonas.weber', name: 'Answers that I owe', visibility: 'PRIVATE', topics: ['question'] },
  {
    owner: 'noah.brooks',
    name: 'For the long train ride',
    visibility: 'PRIVATE',
    topics: ['find'],
    authors: ['quinn_d'],
  },
  { owner: 'sami.laine', name: 'Draft of a talk', visibility: 'PRIVATE', topics: ['mistake', 'progress'] },
];
