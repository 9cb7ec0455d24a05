import { needsModel, ours } from '../programs.mjs';

// What two threads give over one, each in a process of its own, in turn; nothing is compared with a peer here.
const measures = [
  {
    name: 'SFT, all weights',
    script: 'sft.ts',
    args: ['--method', 'full', '--steps', '8'],
    read: (json) => json.tokensPerSecond,
  },
  {
    name: 'SFT, LoRA r 16',
    script: 'sft.ts',
    args: ['--method', 'lora', '--steps', '8'],
    read: (json) => json.tokensPerSecond,
  },
  { name: 'decode, batch 64', script: 'decode.ts', args: ['--batch', '64'], read: (json) => json.tokensPerSecond[64] },
];

export default {
  name: 'scaling',
  about: 'fine-tuning and decoding of SmolLM2-135M, f32, with two threads against one (minutes)',
  long: true,
  missing: needsModel,
  async run({ runs, model }) {
    const rows = measures.map(({ name }) => ({
      name: `${name}, 2 threads against 1`,
      unit: 'tokens/s',
      ours: [],
      peer: [],
    }));
    for (let round = 0; round < runs; round++) {
      for (const [index, { script, args, read }] of measures.entries()) {
        const withThreads = async (count) =>
          read(await ours(script, ['--model', model, ...args], { THINKWRIGHT_THREADS: String(count) }));
        rows[index].peer.push(await withThreads(1));
        rows[index].ours.push(await withThreads(2));
      }
    }
    return rows;
  },
};
