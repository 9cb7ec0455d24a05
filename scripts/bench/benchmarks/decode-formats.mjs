// Decoding and prefill from GGUF files beside llama.cpp on the same files. Batch 1: every format, ours in exact numerics. Batch 8 to
// 64 and prefill: each side at its best, which for llama.cpp is Q4_0 (THINKWRIGHT_LLAMA_BEST names another) and for us the same file
// with int8 numerics; exact numerics beside it. The files are made from one model by the peers' requantise_gguf.py: DIR/NAME-Q4_0.gguf …
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { llamaCpp, ours } from '../programs.mjs';

const formats = ['Q4_0', 'Q4_1', 'Q8_0', 'F16'];
const best = process.env.THINKWRIGHT_LLAMA_BEST ?? 'Q4_0';
const together = [8, 32, 64];
const promptTokens = 512;

const row = (name) => ({ name, unit: 'tokens/s', ours: [], peer: [] });

/** The file of a format in the folder of GGUF files. */
function fileOf(format) {
  const folder = process.env.THINKWRIGHT_GGUF;
  const name = readdirSync(folder).find((entry) => entry.endsWith(`${format}.gguf`));
  return name && path.join(folder, name);
}

const decodeOurs = (file, batches, ...args) =>
  ours('decode.ts', ['--model', file, '--storage', 'native', '--batch', batches.join(','), ...args]);
const decodeTheirs = (file, batches) => llamaCpp(['--gguf', file, '--runs', '1', '--batch', ...batches.map(String)]);
const rateOf = (theirs, batch) => theirs.decode_tokens_per_second[`greedy_${batch}`].median;

export default {
  name: 'decode-formats',
  about: 'decoding (batch 1 exact; 8, 32, 64 at best) and prefill (512) of GGUF files, against llama.cpp',
  missing: () =>
    existsSync(process.env.THINKWRIGHT_GGUF ?? '')
      ? undefined
      : 'set THINKWRIGHT_GGUF to a folder with a model as *-Q4_0.gguf, *-Q8_0.gguf, …',
  async run({ runs }) {
    const single = new Map(
      formats.filter(fileOf).map((format) => [format, row(`decode ${format}, batch 1, exact, against llama.cpp`)]),
    );
    const modes = new Map(
      ['int8', 'exact'].map((numerics) => [
        numerics,
        {
          decode: new Map(
            together.map((batch) => [batch, row(`decode, ${numerics}, batch ${batch}, against llama.cpp ${best}`)]),
          ),
          prefill: row(`prefill of ${promptTokens} tokens, ${numerics}, against llama.cpp ${best}`),
        },
      ]),
    );
    for (let round = 0; round < runs; round++) {
      for (const [format, { ours: mine, peer }] of single) {
        const theirs = await decodeTheirs(fileOf(format), [1]);
        mine.push((await decodeOurs(fileOf(format), [1])).tokensPerSecond[1]);
        if (theirs) peer.push(rateOf(theirs, 1));
      }
      const theirs = await decodeTheirs(fileOf(best), together);
      for (const [numerics, { decode, prefill }] of modes) {
        // Exact numerics are not our best: once is enough to know by how much.
        if (numerics === 'exact' && round > 0) continue;
        const mine = await decodeOurs(
          fileOf('Q4_0'),
          together,
          ...['--numerics', numerics, '--prefill', String(promptTokens)],
        );
        for (const [batch, { ours: our, peer }] of decode) {
          our.push(mine.tokensPerSecond[batch]);
          if (theirs) peer.push(rateOf(theirs, batch));
        }
        prefill.ours.push(mine.prefillTokensPerSecond[promptTokens]);
        if (theirs) prefill.peer.push(theirs.prefill_tokens_per_second.median);
      }
    }
    return [...single.values(), ...[...modes.values()].flatMap(({ decode, prefill }) => [...decode.values(), prefill])];
  },
};
