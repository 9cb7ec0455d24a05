// sampling/processors.jsonl: which tokens survive the filters and their probabilities, against transformers' processors.
// keptTokens is compared directly; the device's sampler by where 128 counter-keyed draws fall.
import { keptTokens } from '../ops/kept-tokens.ts';
import { sampleRows } from '../ops/sample-rows.ts';
import { alike } from '../ops/sample-tokens.ts';
import type { SamplingOptions } from '../ops/sampling-settings.ts';
import { createTokenCounts, startCounts } from '../ops/token-counts.ts';
import { tf } from '../tfjs.ts';
import { deviationOf, FamilyCount, type FamilyResult, readCases, readFixture } from './family-result.ts';

interface ProcessorCase {
  id: string;
  options: Partial<Record<'temperature' | 'top_k' | 'top_p' | 'min_p' | 'repetition_penalty', number>>;
  inputs: { logits: string };
  outputs: { probabilities: number[][] };
}

const IMPLEMENTED = new Set(['temperature', 'top_k', 'top_p', 'min_p', 'repetition_penalty']);
const TOLERANCE = 2e-6;
const DRAWS = 128;

/** Compares filters, probabilities and log-probs; processors that no engine of ours offers are skipped. */
export async function samplingParity(folder: string): Promise<FamilyResult> {
  const result = new FamilyCount();
  const shared = JSON.parse(await readFixture(folder, 'sampling/shared.json')) as {
    inputIds: number[][];
    logits: Record<string, number[][]>;
  };
  for (const one of await readCases<ProcessorCase>(folder, 'sampling/processors.jsonl')) {
    if (Object.keys(one.options).some((name) => !IMPLEMENTED.has(name))) result.skip();
    else result.add(one.id, runCase(one, shared.logits[one.inputs.logits]!, shared.inputIds), TOLERANCE);
  }
  return result;
}

function runCase({ options, outputs }: ProcessorCase, logits: number[][], prompts: number[][]): number {
  const repetitionPenalty = options.repetition_penalty ?? 1;
  const filters = { topK: options.top_k ?? 0, topP: options.top_p ?? 1, minP: options.min_p ?? 0 };
  const temperature = options.temperature ?? 1;
  const deviations = logits.map((row, index) => {
    const expected = outputs.probabilities[index]!;
    const prompt = prompts[index]!;
    const logProbs = logSoftmax(penalised(row, prompt, repetitionPenalty), temperature);
    const kept = keptTokens(Float32Array.from(logProbs), filters);
    const mass = kept.reduce((sum, token) => sum + Math.exp(logProbs[token]!), 0);
    const probabilities = new Float64Array(row.length);
    for (const token of kept) probabilities[token] = Math.exp(logProbs[token]!) / mass;
    return Math.max(
      deviationOf(probabilities, expected),
      drawDeviation(row, prompt, { temperature, ...filters, repetitionPenalty }, expected),
    );
  });
  return Math.max(...deviations);
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
