import { Patience, withPatience } from './patience.ts';

interface PendingQuestion<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Most questions in one statement; more of them wait for the next one. */
const mostTogether = 1_000;

/**
 * Asks PostgreSQL the same thing for many callers at once: one statement at a time, for all questions that came while
 * the previous one was running. An answer is never older than its question. If a thousand sockets come back at once,
 * they take two statements instead of a thousand, and one connection.
 */
export class AskedTogether<Question, Answer> {
  readonly #ask: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  #waiting: PendingQuestion<Question, Answer>[] = [];
  #asking = false;

  /** @param ask returns an answer for each question, in the same order */
  constructor(ask: (questions: readonly Question[]) => Promise<readonly Answer[]>) {
    this.#ask = ask;
  }

  /** @throws what its statement threw, or the one before it: nobody waits for a silent database twice */
  ask(question: Question): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting.push({ question, resolve, reject });
    if (!this.#asking) void this.#askAll();
    return promise;
  }

  async #askAll(): Promise<void> {
    this.#asking = true;
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, mostTogether);
      try {
        // Requests wait for it, so it gets as much time as one request.
        const answers = await withPatience(new Patience(), () =>
          this.#ask(together.map(({ question }) => question)),
        );
        for (const [index, { resolve, reject }] of together.entries()) {
          const answer = answers[index];
          if (answer === undefined) reject(new Error('A question was not answered.'));
          else resolve(answer);
        }
      } catch (error) {
        for (const { reject } of [...together, ...this.#waiting.splice(0)]) reject(error);
      }
    }
    this.#asking = false;
  }
}
