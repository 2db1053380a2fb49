/** The media types of GraphQL over HTTP. The first one is for clients that take either, or say nothing. */
const answerTypes = ['application/json', 'application/graphql-response+json'] as const;
export type AnswerType = (typeof answerTypes)[number];
export const plainJson: AnswerType = answerTypes[0];

/** One media range of an `Accept`, such as `application/*;q=0.5`. */
interface MediaRange {
  readonly name: string;
  readonly quality: number;
  readonly place: number;
}

/**
 * The type that the client prefers (RFC 9110, 12.5.1). The quality of a type is that of the range that names
 * it most exactly. Between types of equal quality, the more exact range decides, then the client's order.
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

/** The range that names the type most exactly; of equally exact ones, the first. */
function mostExact(ranges: readonly MediaRange[], type: AnswerType): MediaRange | undefined {
  let best: MediaRange | undefined;
  for (const range of ranges) {
    if (exactness(range, type) > (best === undefined ? 0 : exactness(best, type))) best = range;
  }
  return best;
}

/** 0 if the range does not name the type. */
function exactness({ name }: MediaRange, type: AnswerType): number {
  if (name === type) return 3;
  if (name === 'application/*') return 2;
  return name === '*/*' ? 1 : 0;
}

/** Empty if the range asks for an encoding other than UTF-8 or has an invalid quality. */
function rangeOf(text: string, place: number): MediaRange[] {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  let quality = 1;
  for (const parameter of parameters) {
    const [key, value = ''] = parameter.split('=', 2).map((part) => part.trim());
    if (key === 'charset' && !isUtf8(value)) return [];
    if (key === 'q') quality = Number(value);
  }
  return quality >= 0 && quality <= 1 ? [{ name, quality, place }] : [];
}

/** Whether a `charset`, quoted or not, is UTF-8, the encoding of JSON. */
export function isUtf8(charset: string): boolean {
  return /^"?utf-?8"?$/i.test(charset);
}
