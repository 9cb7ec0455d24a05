import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ours, peerLines } from '../programs.mjs';

export default {
  name: 'quickstart',
  about: 'the training of the quickstart (pretrain + SFT + GRPO) against the same recipe in PyTorch (minutes a round)',
  long: true,
  async run({ runs }) {
    const row = { name: 'quickstart training', unit: 's', ours: [], peer: [], lowerIsBetter: true };
    for (let round = 0; round < runs; round++) {
      const folder = await mkdtemp(path.join(tmpdir(), 'thinkwright-bench-'));
      const recipe = ['pretrain', 'sft', 'grpo', '--no-eval', '--seed', String(round + 1)];
      const theirs = await peerLines('quickstart_torch.py', [...recipe, '--out', path.join(folder, 'peer')]);
      const mine = await ours('quickstart.ts', ['--seed', String(round + 1), '--folder', path.join(folder, 'ours')]);
      row.ours.push(mine.seconds);
      if (theirs) row.peer.push(trainingSeconds(theirs));
      rmSync(folder, { recursive: true, force: true });
    }
    return [row];
  },
};

/** The PyTorch script prints one line a finished stage. */
function trainingSeconds(lines) {
  return lines.filter((line) => line.event === 'done').reduce((sum, line) => sum + line.wall_seconds, 0);
}
