/**
 * A setting that is well formed, and yet of no use on this machine. Its message is one sentence that begins with the
 * variable's name and says what to do; it quotes no secret.
 */
export class UnusableSetting extends Error {
  override readonly name = 'UnusableSetting';

  /** @param sentence what is wrong with it; what to do about that. */
  constructor(variable: string, sentence: string, options?: ErrorOptions) {
    super(`${variable}: ${sentence}`, options);
  }
}
