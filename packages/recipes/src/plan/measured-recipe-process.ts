// One stage of a recipe as it runs for real, and what it took: `node measured-recipe-process.ts '<stage as JSON>'`, with the model, its
// adapter and the lengths of the rows among the keys. A process of its own, because a process's peak never falls.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currentDevice } from '@thinkwright/tensors';
import { stringify } from 'yaml';
import { parseRecipe } from '../manifest/load-recipe.ts';
import type { StageKind } from '../manifest/schema.ts';
import { runRecipe } from '../run/run-recipe.ts';

export interface MeasuredStage {
  kind: StageKind;
  model: string;
  lora?: { r: number };
  rewards?: Record<string, number>;
  options: Record<string, unknown>;
  /** Tokens. */
  prompt: number;
  completion: number;
}

/** A text of so many tokens in the vocabularies of this family: its first word has none before it. */
const words = (count: number, word: string) => new Array(count).fill(word).join(' ');

/** Completions of just that length. */
function sampledOptions(kind: StageKind, completion: number): Record<string, unknown> {
  if (kind !== 'rl' && kind !== 'ppo') return {};
  const longest = kind === 'ppo' ? { response_length: completion } : { max_completion_length: completion };
  return { ...longest, generation_kwargs: { min_new_tokens: completion } };
}

async function measure({ kind, model, lora, rewards, options, prompt, completion }: MeasuredStage) {
  const home = mkdtempSync(join(tmpdir(), 'measured-recipe-'));
  try {
    const asked = words(kind === 'process-reward' ? prompt - 1 : prompt, 'a'); // there a BOS comes before it
    const [good, bad] = [` ${words(completion - 1, 'b')}`, ` ${words(completion - 1, 'c')}`]; // and the stop token
    const steps = Array.from({ length: completion / 16 }, () => ` ${words(15, 'b')}`); // and a separator
    const row = {
      prompt: asked,
      completion: good,
      chosen: good,
      rejected: bad,
      completions: steps,
      labels: steps.map(() => true),
      answer: '1',
    };
    const rows = new Array(32).fill(`${JSON.stringify(row)}\n`).join('');
    writeFileSync(join(home, 'rows.jsonl'), rows);
    const stage = {
      ...{ name: 'measured', kind, ...(rewards && { rewards }) },
      options: { max_steps: 2, ...sampledOptions(kind, completion), ...options },
    };
    const manifest = {
      name: 'measured',
      model: { path: model, ...(lora && { lora }) },
      data: { name: 'rows.jsonl' },
      stages: [stage],
    };
    const recipe = parseRecipe(stringify(manifest), join(home, 'recipe.yaml'));
    await runRecipe(recipe, { folder: join(home, 'run') });
    const { bytesReserved, scratchBytes } = currentDevice().memory!();
    return { device: bytesReserved, scratch: scratchBytes, resident: 1024 * process.resourceUsage().maxRSS };
  } finally {
    rmSync(home, { recursive: true });
  }
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]!))));
