import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadVerifier } from '@thinkwright/rewards/verifiers';
import { afterAll, describe, expect, it } from 'vitest';
import { createVerifier } from './create-verifier.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../../', import.meta.url));
const within = mkdtempSync(path.join(tmpdir(), 'create-verifier-'));
afterAll(() => rmSync(within, { recursive: true, force: true }));

describe('createVerifier', () => {
  it('writes a whole package with nothing left to fill in', () => {
    const { folder, files, packageName } = createVerifier('maze', { within });
    expect(packageName).toBe('thinkwright-verifier-maze');
    expect(files).toEqual(
      expect.arrayContaining([
        '.changeset/config.json',
        '.github/workflows/check.yml',
        '.gitignore',
        'README.md',
        'package.json',
        'src/index.test.ts',
        'src/index.ts',
        'tsup.config.ts',
      ]),
    );
    for (const file of files) expect(readFileSync(path.join(folder, file), 'utf8')).not.toContain('{{');
    const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({
      keywords: expect.arrayContaining(['thinkwright-verifier']),
      thinkwright: { verifier: { name: 'maze' } },
    });
    expect(() => createVerifier('maze', { within })).toThrow(/not empty/);
  });

  it('takes scoped names, and refuses what npm or a path would misread', () => {
    expect(createVerifier('@team/verifier-go', { within })).toMatchObject({
      name: 'go',
      packageName: '@team/verifier-go',
    });
    expect(createVerifier('thinkwright-verifier-chess', { within }).name).toBe('chess');
    for (const name of ['', 'Maze', '../maze', 'a b', '-x', '@team/../x']) {
      expect(() => createVerifier(name, { within })).toThrow(/cannot name a verifier/);
    }
    expect(existsSync(path.join(within, '..', 'maze'))).toBe(false);
  });
});

describe('npm create thinkwright-verifier', () => {
  const cli = (...args: string[]) =>
    run(process.execPath, [fileURLToPath(new URL('cli.ts', import.meta.url)), ...args], { cwd: within }).catch(
      (error) => error,
    );

  it('says what it made and what comes next; mistakes have a status', async () => {
    expect((await cli('board')).stdout).toMatch(
      /Made thinkwright-verifier-board:[\s\S]*src\/index\.ts[\s\S]*cd thinkwright-verifier-board\n/u,
    );
    expect(await cli('board')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/TW_CREATE_FOLDER: .*not empty/),
    });
    expect(await cli()).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Usage:/) });
    expect((await cli('--help')).stdout).toMatch(/^Usage:/);
  });
});

// With this repository's packages in place of installed ones; no network.
describe('a fresh package', () => {
  it('type-checks, builds, passes its own tests, and is found by name', async () => {
    const { folder } = createVerifier('fresh', { within });
    symlinkSync(path.join(repository, 'node_modules'), path.join(folder, 'node_modules'));
    const bin = (name: string) => path.join(repository, 'node_modules/.bin', name);
    const env = { ...process.env, NODE_OPTIONS: '', VITEST: '', NODE_ENV: '' };
    writeFileSync(
      path.join(folder, 'workspace.config.mjs'),
      `const conditions = ['@thinkwright/source', 'node', 'import', 'default'];
       export default { root: ${JSON.stringify(folder)}, resolve: { conditions }, ssr: { resolve: { conditions } } };`,
    );
    const typed = run(bin('tsc'), ['--customConditions', '@thinkwright/source'], { cwd: folder, env });
    const tested = run(bin('vitest'), ['run', '--config', 'workspace.config.mjs'], { cwd: folder, env });
    expect((await typed).stdout).toBe(''); // the type checker has nothing to say
    expect((await tested).stdout).toMatch(/2 passed/);
    await run(bin('tsup'), ['--no-dts'], { cwd: folder, env });
    const consumer = path.join(within, 'consumer');
    mkdirSync(path.join(consumer, 'node_modules'), { recursive: true });
    symlinkSync(folder, path.join(consumer, 'node_modules', 'thinkwright-verifier-fresh'));
    const loaded = await loadVerifier('fresh', { from: consumer });
    expect(loaded).toMatchObject({
      source: 'thinkwright-verifier-fresh',
      verifier: { name: 'fresh' },
      manifest: { name: 'fresh' },
    });
  }, 120_000);
});
