/** A secret as it is written in an operation or in variables, and the same inside a JSON string. */
const secret = /(\w*(?:password|token)"?\s*:\s*)"(?:[^"\\\n]|\\.)*"/gi;
const quotedSecret = /(\w*(?:password|token)(?:\\")?\s*:\s*)\\"(?:[^"\\]|\\\\(?:\\["\\]|[^"\\]))*\\"/gi;

/**
 * The text of an operation or of variables, or of JSON that contains them, with every password and token
 * emptied.
 */
export function withoutSecrets(text: string): string {
  return text.replace(quotedSecret, '$1\\"\\"').replace(secret, '$1""');
}
