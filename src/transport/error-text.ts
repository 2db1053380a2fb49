/**
 * The longest message that a client gets, in characters; messages of graphql-js may contain names of any
 * length.
 */
const longestMessage = 300;

/**
 * The messages of graphql-js that end with a value of the input, up to that value, which may be a password or
 * a megabyte long. Each pattern is anchored at the start and never backtracks, so that its time is
 * proportional to the length of the match.
 */
const beforeValue: readonly RegExp[] = [
  /^Syntax Error: Unexpected (?:String|BlockString|Int|Float)(?= ")/,
  /^Syntax Error: Expected (?:"[^"]{1,50}"|[^"]{1,50}), found (?:String|BlockString|Int|Float)(?= ")/,
  /^Syntax Error: Invalid (?:number|character escape sequence|Unicode escape sequence)(?=[,:])/,
  /^Expected value of type "[^"]{1,200}"(?=, found )/,
  /^(?:Int|Float|String|Boolean|ID) cannot represent [^:"]{0,100}value(?=: )/,
  /^Enum "\w{1,200}" cannot represent (?:non-string|non-enum) value(?=: )/,
  /^Argument "\w{1,200}" has invalid value(?= )/,
];

const afterEnumValue = '" does not exist in "';

/** The message, shortened, and without any value of an input. */
export function withoutValues(message: string): string {
  for (const pattern of beforeValue) {
    const [start] = pattern.exec(message) ?? [];
    if (start !== undefined) return `${start}.`;
  }
  return message.startsWith('Value "') ? withoutEnumValue(message) : bounded(message);
}

/**
 * The value may be of any length and contain the same words: only their last occurrence is graphql-js' own.
 */
function withoutEnumValue(message: string): string {
  const start = message.lastIndexOf(afterEnumValue);
  const [name] =
    start === -1 ? [] : (/^\w{1,200}(?=" enum\.)/.exec(message.slice(start + afterEnumValue.length)) ?? []);
  return name === undefined ? bounded(message) : `This value does not exist in the enum "${name}".`;
}

function bounded(message: string): string {
  return message.length <= longestMessage ? message : `${message.slice(0, longestMessage)}…`;
}
