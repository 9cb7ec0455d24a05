// Runs a page in headless Chromium and reads its DOM back: for tests only.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** The browser, if there is one. CHROMIUM names another. */
export const chromium = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((file) => file !== undefined && existsSync(file));

/** For pages and profiles of this process. */
export const temporaryFolder = mkdtempSync(path.join(tmpdir(), 'verifier-math-browser-'));

/** The page's DOM after its scripts ran. */
export async function domOf(name: string, html: string): Promise<string> {
  const page = path.join(temporaryFolder, `${name}.html`);
  writeFileSync(page, html);
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--user-data-dir=${path.join(temporaryFolder, name)}`,
    '--virtual-time-budget=20000',
    '--dump-dom',
  ];
  const { stdout } = await promisify(execFile)(chromium!, [...flags, `file://${page}`], {
    maxBuffer: 64 << 20,
    timeout: 110_000,
  });
  return stdout;
}

/** A page that judges all inputs with the bundled package. */
export function verdictsPage(code: string, inputs: readonly unknown[]): string {
  const script = `const inputs = ${JSON.stringify(inputs).replaceAll('<', '\\u003c')};
document.body.textContent = 'verdicts:' + inputs.map(([g, p, o]) => { const v = verifierMath.verify(g, p, o); return v.verdict + '/' + v.rule.replace(/[^a-z-]/g, ''); }).join(' ') + ':end';`;
  return `<!doctype html><meta charset="utf-8"><body><script>${code.replaceAll('</script', '<\\/script')}</script><script>${script}</script>`;
}

/** What {@link verdictsPage} wrote. */
export const verdictsIn = (html: string): string[] | undefined => /verdicts:(.*):end/.exec(html)?.[1]?.split(' ');
