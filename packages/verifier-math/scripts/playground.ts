// Builds docs/playground/verifier-math.html: one static page with the bundled package, no server, no network.
//   node --conditions=@thinkwright/source packages/verifier-math/scripts/playground.ts [target.html]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const packageFolder = path.resolve(import.meta.dirname, '..');

/** The package as one script that defines `verifierMath`, and its size; from sources, or from a built entry. */
export async function bundle(
  entry = path.join(packageFolder, 'src/index.ts'),
): Promise<{ code: string; bytes: number }> {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    globalName: 'verifierMath',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@thinkwright/source'],
    logLevel: 'silent',
  });
  const code = result.outputFiles[0]!.text;
  return { code, bytes: Buffer.byteLength(code) };
}

/** The page. */
export async function playgroundPage(): Promise<string> {
  const { code } = await bundle();
  const template = readFileSync(path.join(import.meta.dirname, 'playground.html'), 'utf8');
  // A function, so that `$&` in the code stays as it is; a closing script tag must not end the script early.
  return template.replace('/* BUNDLE */', () => code.replaceAll('</script', '<\\/script'));
}

if (import.meta.main) {
  const target = path.resolve(process.argv[2] ?? path.join(packageFolder, '../../docs/playground/verifier-math.html'));
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, await playgroundPage());
  console.log(`wrote ${target}`);
}
