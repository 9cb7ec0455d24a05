// sampling/processors.jsonl: which tokens survive the processors and their probabilities, against transformers' own list of them.
// The filters are compared directly; the device's sampler, where it offers all of a case's options, by where 128
// counter-keyed draws fall.
import { sampleRows } from '../ops/sample-rows.ts';
import { alike } from '../ops/sample-tokens.ts';
import type { SamplingOptions } from '../ops/sampling-settings.ts';
import { createTokenCounts, startCounts } from '../ops/token-counts.ts';
import { keptTokens } from '../ops/token-filters/kept-tokens.ts';
import { repeatedNgrams } from '../ops/token-filters/repeated-ngrams.ts';
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
  const { temperature = 1, top_k: topK = 0, top_p: topP = 1, min_p: minP = 0, top_h: topH } = options;
  const { typical_p: typicalP, epsilon_cutoff: epsilonCutoff, eta_cutoff: etaCutoff } = options;
  const { repetition_penalty: repetitionPenalty = 1 } = options;
  const onDevice = Object.keys(options).every((name) => ON_DEVICE.some((known) => known === name));
  const deviations = logits[inputs.logits]!.map((row, index) => {
    const prompt = inputIds[index]!;
    const scores = penalised(row, prompt, repetitionPenalty);
    for (const id of bannedIds(options, prompt, about.eosTokenId)) scores[id] = Number.NEGATIVE_INFINITY;
    const logProbs = Float32Array.from(logSoftmax(scores, temperature));
    const filters = { topK, topP, minP, topH, typicalP, epsilonCutoff, etaCutoff };
    const kept = keptTokens(logProbs, filters).filter((token) => Number.isFinite(logProbs[token]!));
    if (kept.length !== outputs.keptTokens[index]) return Number.POSITIVE_INFINITY;
    const mass = kept.reduce((sum, token) => sum + Math.exp(logProbs[token]!), 0);
    const probabilities = new Float64Array(row.length);
    for (const token of kept) probabilities[token] = Math.exp(logProbs[token]!) / mass;
    const settings = { temperature, topK, topP, minP, repetitionPenalty };
    const expected = alignTies(outputs.probabilities[index]!, scores, probabilities);
    return Math.max(
      deviationOf(probabilities, expected),
      onDevice ? drawDeviation(row, prompt, settings, expected) : 0,
    );
  });
  return Math.max(...deviations);
}

function bannedIds(options: ProcessorCase['options'], prompt: number[], eosTokenId: number): Set<number> {
  const { no_repeat_ngram_size: size, min_new_tokens: least = 0, suppress_tokens: suppressed = [] } = options;
  const banned = size === undefined ? new Set<number>() : repeatedNgrams(prompt, size);
  if (least > 0) banned.add(eosTokenId);
  for (const id of suppressed) banned.add(id);
  return banned;
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

/** The sampler's own log-probs against the expected probabilities; infinite if it draws a removed token. */
function drawDeviation(row: number[], prompt: number[], options: SamplingOptions, expected: number[]): number {
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
    const wanted = Array.from(ids.dataSync(), (id) => expected[id]!);
    if (wanted.includes(0)) return Number.POSITIVE_INFINITY;
    return deviationOf(
      values.map((value) => Math.exp(value)),
      wanted,
    );
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
