/** What GraphQL over HTTP answers in. The first one is for who takes either, or says nothing. */
const answerTypes = ['application/json', 'application/graphql-response+json'] as const;
export type AnswerType = (typeof answerTypes)[number];
export const plainJson: AnswerType = answerTypes[0];

/** One media range of an `Accept`, such as `application/*;q=0.5`. */
interface Range {
  readonly name: string;
  readonly quality: number;
  readonly place: number;
}

/**
 * The type that the client likes best (RFC 9110, 12.5.1): of the range that names a type most exactly, its quality
 * counts. Between types of equal quality, the range that names one more exactly decides, then the order of the client.
 * @returns undefined if it takes neither
 */
export function answerTypeFor(accept: string | undefined): AnswerType | undefined {
  if (accept === undefined || accept.trim() === '') return plainJson;
  const ranges = accept.split(',').flatMap(rangeOf);
  const choices = answerTypes.flatMap((type) => {
    const range = mostExact(ranges, type);
    return range === undefined || range.quality === 0 ? [] : [{ type, range, exact: exactness(range, type) }];
  });
  choices.sort(
    (a, b) => b.range.quality - a.range.quality || b.exact - a.exact || a.range.place - b.range.place,
  );
  return choices[0]?.type;
}

/** Of those that name it equally, the first one. */
function mostExact(ranges: readonly Range[], type: AnswerType): Range | undefined {
  let best: Range | undefined;
  for (const range of ranges) {
    if (exactness(range, type) > (best === undefined ? 0 : exactness(best, type))) best = range;
  }
  return best;
}

/** 0 if the range does not name the type. */
function exactness({ name }: Range, type: AnswerType): number {
  if (name === type) return 3;
  if (name === 'application/*') return 2;
  return name === '*/*' ? 1 : 0;
}

/** Nothing, if it wants another encoding than UTF-8 or says a quality that is none. */
function rangeOf(text: string, place: number): Range[] {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  let quality = 1;
  for (const parameter of parameters) {
    const [key, value = ''] = parameter.split('=', 2).map((part) => part.trim());
    if (key === 'charset' && !isUtf8(value)) return [];
    if (key === 'q') quality = Number(value);
  }
  return quality >= 0 && quality <= 1 ? [{ name, quality, place }] : [];
}

/** Whether a `charset`, quoted or not, is the one that JSON is in. */
export function isUtf8(charset: string): boolean {
  return /^"?utf-?8"?$/i.test(charset);
}
