// sampling/processors.jsonl: which tokens survive the processors and their probabilities, against transformers' own list of them.
// The filters are compared directly; the sampler of the host, and the device's where it offers all of a case's options, by where
// counter-keyed draws fall.
import { sampleByRules } from '../ops/sample-by-rules.ts';
import { sampleRows } from '../ops/sample-rows.ts';
import { alike } from '../ops/sample-tokens.ts';
import type { SamplingRules } from '../ops/sampling-rules.ts';
import type { SamplingOptions } from '../ops/sampling-settings.ts';
import { createTokenCounts, startCounts } from '../ops/token-counts.ts';
import { bannedTokens } from '../ops/token-filters/banned-tokens.ts';
import { keptTokens } from '../ops/token-filters/kept-tokens.ts';
import { tf } from '../tfjs.ts';
import { deviationOf, FamilyCount, type FamilyResult, readCases, readFixture } from './family-result.ts';

const ON_DEVICE = ['temperature', 'top_k', 'top_p', 'min_p', 'repetition_penalty'] as const;
const ON_HOST = [
  'typical_p',
  'epsilon_cutoff',
  'eta_cutoff',
  'top_h',
  'no_repeat_ngram_size',
  'min_new_tokens',
] as const;
const IMPLEMENTED = new Set<string>([...ON_DEVICE, ...ON_HOST, 'suppress_tokens']);

interface ProcessorCase {
  id: string;
  options: Partial<Record<(typeof ON_DEVICE | typeof ON_HOST)[number], number>> & { suppress_tokens?: number[] };
  inputs: { logits: string };
  outputs: { probabilities: number[][]; keptTokens: number[] };
}

interface Shared {
  about: { eosTokenId: number };
  /** All of it is prompt: nothing was sampled yet. */
  inputIds: number[][];
  logits: Record<string, number[][]>;
}

const TOLERANCE = 2e-6;
const DRAWS = 128;
const DRAWS_ON_HOST = 8;

/** Compares survivors, probabilities and log-probs. */
export async function samplingParity(folder: string): Promise<FamilyResult> {
  const result = new FamilyCount();
  const shared = JSON.parse(await readFixture(folder, 'sampling/shared.json')) as Shared;
  for (const one of await readCases<ProcessorCase>(folder, 'sampling/processors.jsonl')) {
    if (Object.keys(one.options).some((name) => !IMPLEMENTED.has(name))) result.skip();
    else result.add(one.id, runCase(one, shared), TOLERANCE);
  }
  return result;
}

function runCase({ options, inputs, outputs }: ProcessorCase, { about, inputIds, logits }: Shared): number {
  const sampling = samplingOf(options, about.eosTokenId);
  const { temperature, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1 } = sampling;
  const onDevice = Object.keys(options).every((name) => ON_DEVICE.some((known) => known === name));
  const deviations = logits[inputs.logits]!.map((row, index) => {
    const prompt = inputIds[index]!;
    const scores = penalised(row, prompt, repetitionPenalty);
    for (const id of bannedTokens(sampling, prompt, [], row.length)) scores[id] = Number.NEGATIVE_INFINITY;
    const logProbs = Float32Array.from(logSoftmax(scores, temperature));
    const kept = keptTokens(logProbs, { ...sampling, topK, topP, minP });
    const possible = kept.filter((token) => Number.isFinite(logProbs[token]!));
    if (possible.length !== outputs.keptTokens[index]) return Number.POSITIVE_INFINITY;
    const mass = possible.reduce((sum, token) => sum + Math.exp(logProbs[token]!), 0);
    const probabilities = new Float64Array(row.length);
    for (const token of possible) probabilities[token] = Math.exp(logProbs[token]!) / mass;
    const expected = alignTies(outputs.probabilities[index]!, scores, probabilities);
    return Math.max(
      deviationOf(probabilities, expected),
      drawDeviation(drawOnHost(row, prompt, sampling), expected),
      onDevice ? drawDeviation(drawOnDevice(row, prompt, sampling), expected) : 0,
    );
  });
  return Math.max(...deviations);
}

function samplingOf(options: ProcessorCase['options'], eosTokenId: number): SamplingOptions & SamplingRules {
  return {
    temperature: options.temperature ?? 1,
    topK: options.top_k,
    topP: options.top_p,
    minP: options.min_p,
    repetitionPenalty: options.repetition_penalty,
    minNewTokens: options.min_new_tokens,
    stopIds: [eosTokenId],
    suppressTokens: options.suppress_tokens,
    noRepeatNgramSize: options.no_repeat_ngram_size,
    topH: options.top_h,
    typicalP: options.typical_p,
    epsilonCutoff: options.epsilon_cutoff,
    etaCutoff: options.eta_cutoff,
  };
}

/**
 * Of tokens with equal scores the reference keeps those that its sort happened to put first, which is no more right than
 * another choice: within such a group its probabilities are handed out in the order of `found`.
 */
function alignTies(expected: number[], scores: number[], found: Float64Array): number[] {
  const aligned = [...expected];
  for (const score of new Set(scores)) {
    const tied = [...scores.keys()].filter((id) => scores[id] === score);
    const ascending = tied.map((id) => expected[id]!).sort((a, b) => a - b);
    for (const [rank, id] of tied.sort((a, b) => found[a]! - found[b]!).entries()) aligned[id] = ascending[rank]!;
  }
  return aligned;
}

interface Drawn {
  id: number;
  logProb: number;
}

/** A sampler's own log-probs against the expected probabilities; infinite if it draws a removed token. */
function drawDeviation(drawn: readonly Drawn[], expected: number[]): number {
  const wanted = drawn.map(({ id }) => expected[id]!);
  if (wanted.includes(0)) return Number.POSITIVE_INFINITY;
  return deviationOf(
    drawn.map(({ logProb }) => Math.exp(logProb)),
    wanted,
  );
}

function drawOnHost(row: number[], promptIds: number[], sampling: SamplingOptions & SamplingRules): Drawn[] {
  const rows = Array.from({ length: DRAWS_ON_HOST }, (_, key) => ({
    sampling,
    promptIds,
    ids: [],
    seed: 5,
    key,
    position: 0,
  }));
  return sampleByRules(Float32Array.from(rows.flatMap(() => row)), rows);
}

function drawOnDevice(row: number[], prompt: number[], options: SamplingOptions): Drawn[] {
  return tf.tidy(() => {
    const logits = tf.tile(tf.tensor2d([row]), [DRAWS, 1]) as tf.Tensor2D;
    const counters = tf.tensor1d(
      Int32Array.from({ length: DRAWS }, (_, index) => index),
      'int32',
    );
    const counts = createTokenCounts(DRAWS, row.length);
    for (let slot = 0; slot < DRAWS; slot++) startCounts(counts, slot, tf.tensor1d(prompt, 'int32'));
    const random = { seed: 5, keys: counters, positions: tf.zerosLike(counters) };
    const { ids, logProbs } = sampleRows(logits, { ...alike(DRAWS, options, random), slots: counters }, counts);
    counts.dispose();
    const values = logProbs.dataSync();
    return Array.from(ids.dataSync(), (id, index) => ({ id, logProb: values[index]! }));
  });
}

/** CTRL's penalty, https://arxiv.org/abs/1909.05858: what was seen becomes less likely, whatever the sign of its logit. */
function penalised(row: number[], seen: number[], penalty: number): number[] {
  return row.map((logit, id) => (seen.includes(id) ? (logit > 0 ? logit / penalty : logit * penalty) : logit));
}

function logSoftmax(row: number[], temperature: number): number[] {
  const scaled = row.map((logit) => logit / temperature);
  const largest = Math.max(...scaled);
  const logSum = largest + Math.log(scaled.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  return scaled.map((logit) => logit - logSum);
}
