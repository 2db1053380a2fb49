import { type DemoAuthor, demoAuthors } from './demo-authors.ts';

export interface DemoPost {
  /** The username. */
  readonly author: string;
  readonly topic: PostTopic;
  readonly title: string;
  readonly body: string;
}

interface Draft {
  readonly titles: readonly [string, string];
  /** Paragraphs. If one has several wordings, they alternate between authors. */
  readonly paragraphs: readonly (string | readonly string[])[];
}

export type PostTopic = keyof typeof drafts;

const drafts = {
  beginning: ({ doing, piece, teacher, tool, joy }) => ({
    titles: [`How I came to ${doing}`, `My first year of ${doing}`],
    paragraphs: [
      `It began with ${teacher}. I only wanted to watch for an hour. A week later I had ${tool} and no idea what to do next.`,
      [
        `The first ${piece} was nothing to show around. The tenth was better, and somewhere on the way I stopped counting.`,
        `Nobody has seen my first ${piece}, and nobody will. The second was worse. Then, slowly, it began to make sense.`,
        `I remember the first ${piece} very well, and would do it all again, mistakes included.`,
      ],
      `What has kept me at it is ${joy}. I had not expected that.`,
    ],
  }),
  mistake: ({ doing, slip, tip }) => ({
    titles: ['What went wrong this week', `A mistake that comes with ${doing}`],
    paragraphs: [
      slip,
      [
        'I was cross for an hour and laughed about it in the evening.',
        'It took me a day to find it funny. Now I tell it to everybody.',
        'My family has asked me to write it down, so that I don’t tell it again.',
      ],
      `What I knew all the time and did not do: ${lower(tip)} Now it stands on a card above my table.`,
    ],
  }),
  tip: ({ doing, tip, teacher }) => ({
    titles: [`One piece of advice about ${doing}`, 'What I repeat to everybody'],
    paragraphs: [
      tip,
      `I have this from ${teacher}. It sounds too simple, and I took years to believe it.`,
      [
        'Try it for two weeks and tell me how it went.',
        'If it does not work for you, write to me: I would like to know why.',
        'Everything else can wait until this has become a habit.',
      ],
    ],
  }),
  question: ({ question, teacher, doing }) => ({
    titles: [question, `A question to all who know more about ${doing}`],
    paragraphs: [
      `${question} I have looked in three books and found four answers.`,
      `Of course I asked ${teacher}. All I got was a smile and the words “try it”. So I tried it, twice, and am no wiser.`,
      [
        'Every answer is welcome, the odd ones too.',
        'Tell me what you do, and how long you have been doing it.',
        'I will collect what you write and post it here next month.',
      ],
    ],
  }),
  place: ({ place, doing, joy }) => ({
    titles: [`A morning ${place}`, 'Where I like it best'],
    paragraphs: [
      `For me, ${doing} belongs to one place: ${place}. I have tried others, with better light and more room, and have always come back.`,
      [
        'It is best early in the day, before anybody needs anything.',
        'On Sundays it is mine until ten, and I do not share it gladly.',
        'In winter I have it to myself, with a second pair of socks.',
      ],
      `There is a moment there that makes up for the rest of the week: ${joy}.`,
    ],
  }),
  tool: ({ tool, doing, piece }) => ({
    titles: [`In praise of ${tool}`, `The story of ${tool}`],
    paragraphs: [
      `Everything that I own for ${doing} fits into one bag, and the heart of it is ${tool}.`,
      [
        'It cost me a morning’s wages at a flea market, and has outlived everything that I bought new.',
        'It was a present, and for a year I did not dare to use it.',
        'I found it on the street with a note that said “still works”. It does.',
      ],
      `People ask for a list of what to buy. Buy nothing. Make the next ${piece} with what you have, and see what you miss.`,
    ],
  }),
  thanks: ({ teacher, doing, piece }) => ({
    titles: ['A thank-you, long overdue', `Whom I learned ${doing} from`],
    paragraphs: [
      `This one is for ${teacher}.`,
      [
        'I never had a lesson that felt like one. We drank something warm, and by the end I knew more than before.',
        'There was no praise and no blame, only a second try, and then a third.',
        'The best advice was to come back on Thursday. So I came back on Thursdays, for three years.',
      ],
      `If you have somebody like that, bring them your next ${piece}. They will pretend that it is nothing special.`,
    ],
  }),
  plan: ({ plan, place, piece }) => ({
    titles: [`Next: ${plan}`, `Plans for the weekend: ${plan}`],
    paragraphs: [
      `The plan is ${plan}. I have wanted to do it since spring, and there was always something else.`,
      `I shall be ${place}, with the telephone switched off and enough to eat. If the ${piece} turns out well, you will hear of it. If not, you will hear of it too.`,
      [
        'Wish me patience.',
        'Has anybody done it before? Tell me what I should be afraid of.',
        'What are yours?',
      ],
    ],
  }),
  progress: ({ doing, piece, joy, tip }) => ({
    titles: [`Thirty days of ${doing}`, 'Where I stand after a month'],
    paragraphs: [
      `Thirty days, one ${piece} nearly every day, two days lost to a cold and one to laziness.`,
      `What became easier: to begin. What did not: to stop in time. What helped most: ${lower(tip)}`,
      [
        `And then there is ${joy}, of which no list of numbers says anything.`,
        'I do not feel any better at it, but the dates on my notes say otherwise.',
        'Tomorrow is day thirty-one. I had better go to bed.',
      ],
    ],
  }),
  joy: ({ joy, doing }) => ({
    titles: [upper(joy), 'A small thing that made my day'],
    paragraphs: [
      `If somebody asked me why I spend so much time on ${doing}, I would not speak of what comes out of it. I would say: ${joy}.`,
      [
        'It lasts a minute at most. I have stood in the rain for it.',
        'It cannot be photographed. I have tried.',
        'It comes when one has stopped waiting for it, so I pretend to be busy.',
      ],
      'What is yours? I am making a list, and it has become rather long.',
    ],
  }),
  find: ({ find, doing, teacher }) => ({
    titles: [`Worth your time: ${find}`, 'What has kept me up this week'],
    paragraphs: [
      `I came across ${find}, and have thought of little else since. One need not know anything about ${doing} to like it.`,
      [
        'The beginning is slow. Stay: the middle is worth it.',
        'I went through it twice, and the second time with a pencil.',
        'It made me laugh out loud on the bus, which does not happen often.',
      ],
      `Next it goes to ${teacher}. After that, whoever writes to me first may have it.`,
    ],
  }),
  beginner: ({ doing, tip, piece, tool }) => ({
    titles: [`If you begin with ${doing} today`, 'Three things for beginners'],
    paragraphs: [
      `First: ${lower(tip)}`,
      `Second: do not compare. My first ${piece} and your first ${piece} have nothing to say to each other.`,
      [
        `Third: you do not need ${tool}. I needed it, but that is another story.`,
        'Third: stop while you still enjoy it, so that you want to go on tomorrow.',
        'Third: tell somebody that you have begun. It is harder to give up in company.',
      ],
    ],
  }),
  rain: ({ doing, place, question }) => ({
    titles: ['What to do on a rainy day', `When ${doing} has to wait`],
    paragraphs: [
      `It has been raining since Tuesday, and nobody wants to be ${place}.`,
      [
        'So I have cleaned everything, sorted everything, and labelled a box “things that may be useful”.',
        'So I have read old notes. It turns out that I was cleverer three years ago.',
        'So I sat by the window with a pencil, and solved in an hour what had bothered me for a month.',
      ],
      `One thing I still do not know, and nobody here does. ${question}`,
    ],
  }),
  together: ({ doing, place, teacher }) => ({
    titles: ['Who comes along?', `An evening of ${doing}, for everybody`],
    paragraphs: [
      `On the last Friday of the month some of us meet ${place}. There is something to drink, and room for five more.`,
      `You need not know anything about ${doing}. Last time we had ${teacher}, two people who were only waiting for the rain to stop, and a dog.`,
      [
        'Bring a chair if you can. Leave your good shoes at home.',
        'Write to me and I will tell you where the bell is.',
        'We begin at seven, which means at half past.',
      ],
    ],
  }),
  lookingBack: ({ doing, piece, slip, joy }) => ({
    titles: [`What a year of ${doing} has taught me`, 'Looking back'],
    paragraphs: [
      'The year is nearly over, so I have gone through my notes.',
      `The best day had ${joy} in it. The worst is quickly told. ${slip}`,
      [
        `I am slower than I was, and every ${piece} is better for it.`,
        'I know less than I thought in January, and mind it less.',
        'I would not want to miss the failures. Well, perhaps one or two.',
      ],
    ],
  }),
} as const satisfies Readonly<Record<string, (author: DemoAuthor) => Draft>>;

const topics = Object.keys(drafts) as PostTopic[];

/** The 300 posts, one by each author on each topic, in a mixed but fixed order, oldest first. */
export function demoPosts(): DemoPost[] {
  return Array.from({ length: demoAuthors.length * topics.length }, (_, index) => postAt(index));
}

/** 7 and 20 are coprime, so that each round has every author once, each time on another topic. */
function postAt(index: number): DemoPost {
  const place = (index * 7) % demoAuthors.length;
  const round = Math.floor(index / demoAuthors.length);
  const author = at(demoAuthors, place);
  const topic = at(topics, round + place * 4);
  const { titles, paragraphs }: Draft = drafts[topic](author);
  const body = paragraphs.map((text) => (typeof text === 'string' ? text : at(text, place)));
  return { author: author.person[0], topic, title: at(titles, place), body: body.join('\n\n') };
}

/** The item at an index that wraps around. */
function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError('There is nothing to choose from.');
  return item;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
