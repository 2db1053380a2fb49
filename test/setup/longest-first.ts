import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose files are small and take long. */
const longest = /\/test\/(processes|plans|model|clients|fuzz)\//;

/** Begins with what takes longest, so that at the end no worker is left alone with it. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { long = [], others = [] } = Object.groupBy(await super.sort(files), ({ moduleId }) =>
      longest.test(moduleId) ? 'long' : 'others',
    );
    return [...long, ...others];
  }
}
