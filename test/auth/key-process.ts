// Loads the keys of a directory five times at once and prints the results: one of several processes of keys.test.ts.
import { loadKeys } from '../../src/auth/keys.ts';

const dataDir = process.argv[2] ?? '';
const loaded = await Promise.all(
  Array.from({ length: 5 }, () => loadKeys({ dataDir, previousPublicKeys: [] })),
);
const seen = loaded.map(({ signing, encryption }) => [signing.kid, encryption.export().toString('base64')]);
process.stdout.write(JSON.stringify(seen));
