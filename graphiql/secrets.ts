/** As it is written in an operation or in variables, and as that is written inside a JSON string. */
const secret = /(\w*(?:password|token)"?\s*:\s*)"(?:[^"\\\n]|\\.)*"/gi;
const quotedSecret = /(\w*(?:password|token)(?:\\")?\s*:\s*)\\"(?:[^"\\]|\\\\(?:\\["\\]|[^"\\]))*\\"/gi;

/** The text of an operation or of variables, also inside JSON, with every password and token in it empty. */
export function withoutSecrets(text: string): string {
  return text.replace(quotedSecret, '$1\\"\\"').replace(secret, '$1""');
}
