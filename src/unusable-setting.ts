/**
 * A setting that is well formed, but cannot be used on this machine. Its message is one sentence that begins with the
 * variable's name and says what to do; it quotes no secret.
 */
export class UnusableSetting extends Error {
  override readonly name = 'UnusableSetting';

  /** @param sentence what is wrong with it, and what to do about that */
  constructor(variable: string, sentence: string, options?: ErrorOptions) {
    super(`${variable}: ${sentence}`, options);
  }
}
