import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = readFileSync(join(root, 'docs', 'dependencies.md'), 'utf8');
const manifest: Record<'dependencies' | 'devDependencies' | 'overrides', Record<string, string>> = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);

describe('docs/dependencies.md', () => {
  it.each([
    { heading: 'The server runs with', packages: manifest.dependencies },
    { heading: 'It is built and tested with', packages: manifest.devDependencies },
  ])('has a reason for each package below "$heading", and no other', ({ heading, packages }) => {
    const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
    const rows = [...section.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)];
    expect(rows.map(([, name]) => name)).toEqual(Object.keys(packages));
  });

  it('tells of versions as they are', () => {
    const [, told = ''] = page.split('## Not the newest');
    const versions = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.overrides };
    const pins = [...told.matchAll(/^- \*\*`([^`*]+)` ([\d.a-z-]+?)\.?\*\*/gm)];
    expect(pins.length).toBeGreaterThan(5);
    for (const [, name = '', version = ''] of pins) {
      expect([name, versions[name]?.startsWith(version)]).toEqual([name, true]);
    }
  });

  it('needs no more than to be exact in package.json', () => {
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });
});
