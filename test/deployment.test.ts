import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { variableNames } from '../src/config.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (name: string) => readFileSync(join(root, name), 'utf8');

describe('the image', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
    paths.split(' '),
  );

  it('is made of nothing but what .dockerignore lets in, and of all of that', () => {
    const [everything, ...allowed] = read('.dockerignore').match(/^[^#\n].*$/gm) ?? [];
    expect(everything).toBe('*');
    expect(allowed.map((path) => path.slice(1)).toSorted()).toEqual([...new Set(copied)].toSorted());
  });

  it('runs as nobody special, and hears SIGTERM itself', () => {
    const [, , , last = ''] = read('Dockerfile').split(/^FROM /m);
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(last).toMatch(/^CMD \["node", .*"dist\/server\.js"\]$/m);
    expect(last).toMatch(/HEALTHCHECK .+\\\n {2}CMD \["node", .+\/readyz/);
  });
});

describe('docker-compose.yml', () => {
  it('gives the server a file system that it cannot write, no capabilities, and no way to get any', () => {
    const [, server = ''] = read('docker-compose.yml').split(/^ {2}server:$/m);
    expect(server).toMatch(/^ {4}read_only: true$/m);
    expect(server).toMatch(/^ {4}cap_drop: \[ALL\]$/m);
    expect(server).toMatch(/^ {4}security_opt: \["no-new-privileges:true"\]$/m);
    expect(server).not.toMatch(/privileged: true|cap_add|user: (root|0)/);
  });

  it('gives the server settings that there are', () => {
    const [, server = ''] = read('docker-compose.yml').split(/^ {2}server:$/m);
    const [, environment = ''] = /^ {4}environment:\n((?: {6}.+\n)+)/m.exec(server) ?? [];
    const names = [...environment.matchAll(/^ {6}([A-Z_]+):/gm)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !variableNames.includes(name))).toEqual([]);
  });
});

describe('.ci/run', () => {
  it('leaves a bill of materials behind', () => {
    expect(read('.ci/run')).toMatch(
      /npm sbom --sbom-format=cyclonedx --omit=dev .*> coverage\/sbom\.cdx\.json/,
    );
  });
});
