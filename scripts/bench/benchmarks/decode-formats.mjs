// Decoding and prefill from GGUF files beside llama.cpp on the same files. The files are made from one model by the peers'
// requantise_gguf.py: DIR/NAME-Q4_0.gguf and so on.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { llamaCpp, ours } from '../programs.mjs';

const formats = ['Q4_0', 'Q4_1', 'Q8_0', 'F16'];
const together = [8, 32, 64];

export default {
  name: 'decode-formats',
  about: 'decoding (batch 1, 8, 32, 64) and prefill (512) of GGUF files, weights as in the file, against llama.cpp',
  missing: () =>
    existsSync(process.env.THINKWRIGHT_GGUF ?? '')
      ? undefined
      : 'set THINKWRIGHT_GGUF to a folder with a model as *-Q4_0.gguf, *-Q8_0.gguf, …',
  async run({ runs }) {
    const gguf = process.env.THINKWRIGHT_GGUF;
    const files = new Map(
      formats.flatMap((format) => {
        const file = readdirSync(gguf).find((name) => name.endsWith(`${format}.gguf`));
        return file ? [[format, path.join(gguf, file)]] : [];
      }),
    );
    const row = (name) => ({ name, unit: 'tokens/s', ours: [], peer: [] });
    const single = new Map(
      [...files.keys()].map((format) => [format, row(`decode ${format}, batch 1, against llama.cpp`)]),
    );
    const many = new Map(
      together.map((batch) => [batch, row(`decode, best format, batch ${batch}, against llama.cpp`)]),
    );
    const prefill = row('prefill of 512 tokens, best format, against llama.cpp');
    for (let round = 0; round < runs; round++) {
      const results = [];
      for (const [format, file] of files) {
        const theirs = await llamaCpp(['--gguf', file, '--batch', '1', ...together.map(String), '--runs', '1']);
        const mine = await ours('decode.ts', [
          ...['--model', file, '--storage', 'native', '--prefill', '512'],
          ...['--batch', ['1', ...together].join(',')],
        ]);
        results.push({ mine, theirs });
        single.get(format).ours.push(mine.tokensPerSecond[1]);
        if (theirs) single.get(format).peer.push(theirs.decode_tokens_per_second.greedy_1.median);
      }
      const best = (pick) => Math.max(...results.map(pick));
      for (const [batch, { ours: our, peer }] of many) {
        our.push(best(({ mine }) => mine.tokensPerSecond[batch]));
        if (results.every(({ theirs }) => theirs))
          peer.push(best(({ theirs }) => theirs.decode_tokens_per_second[`greedy_${batch}`].median));
      }
      prefill.ours.push(best(({ mine }) => mine.prefillTokensPerSecond[512]));
      if (results.every(({ theirs }) => theirs))
        prefill.peer.push(best(({ theirs }) => theirs.prefill_tokens_per_second.median));
    }
    return [...single.values(), ...many.values(), prefill];
  },
};
