// The list of benchmarks, one file each in benchmarks/. Each runs its two sides in turn and returns rows
// { name, unit, ours[], peer[], lowerIsBetter? }; `missing` says what must be given first, `long` that it runs only when named.
import attention from './benchmarks/attention.mjs';
import codeVerifier from './benchmarks/code-verifier.mjs';
import decode from './benchmarks/decode.mjs';
import decodeFormats from './benchmarks/decode-formats.mjs';
import growth from './benchmarks/growth.mjs';
import grpo from './benchmarks/grpo.mjs';
import head from './benchmarks/head.mjs';
import matmul from './benchmarks/matmul.mjs';
import quickstart from './benchmarks/quickstart.mjs';
import scaling from './benchmarks/scaling.mjs';
import sft from './benchmarks/sft.mjs';
import verdicts from './benchmarks/verdicts.mjs';
import verifyMath from './benchmarks/verify-math.mjs';

export const benchmarks = [
  matmul,
  attention,
  head,
  decode,
  decodeFormats,
  growth,
  sft,
  grpo,
  scaling,
  verdicts,
  codeVerifier,
  verifyMath,
  quickstart,
];
