// Writes the table of attacks on code into docs/rewards.md:
//   node --conditions=@thinkwright/source packages/verifier-code/scripts/attack-table.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { codeAttackRows, codeAttackTable } from '../src/attacks/code-attack-table.ts';
import { createCodeVerifier } from '../src/verifier.ts';

await using verifier = await createCodeVerifier({ workers: 1 });
const table = codeAttackTable(await codeAttackRows(verifier));
const page = new URL('../../../docs/rewards.md', import.meta.url);
const [before, , after] = readFileSync(page, 'utf8').split(
  /(?<=<!-- code attacks begin -->)|(?=<!-- code attacks end -->)/,
);
writeFileSync(page, `${before}\n\n${table}\n\n${after}`);
