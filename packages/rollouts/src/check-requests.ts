// The checks every engine makes before it spends time: prompts, ids, keys, sampling options, sequences to score.

import { RolloutError } from './errors.ts';
import type { EngineInfo, RolloutRequest, Sampling, ScoreSequence } from './types.ts';

type Limits = Pick<EngineInfo, 'maxTokens' | 'vocabularySize'>;

const bad = (key: string, message: string) =>
  new RolloutError('TW_ROLLOUTS_BAD_SAMPLING', `Request '${key}': ${message}`);

function checkSampling(key: string, sampling: Sampling): void {
  const {
    temperature,
    topK = 0,
    topP = 1,
    minP = 0,
    repetitionPenalty = 1,
    frequencyPenalty = 0,
    presencePenalty = 0,
    maxTokens,
    seed,
    stopStrings = [],
  } = sampling;
  if (!(temperature >= 0 && Number.isFinite(temperature)))
    throw bad(key, `temperature is ${temperature}; use 0 (greedy) or a positive number.`);
  if (!Number.isInteger(topK) || topK < 0) throw bad(key, `topK is ${topK}; use a positive integer, or 0 for all ids.`);
  if (!(topP > 0 && topP <= 1)) throw bad(key, `topP is ${topP}; use a number above 0 and at most 1.`);
  if (!(minP >= 0 && minP <= 1)) throw bad(key, `minP is ${minP}; use a number from 0 to 1.`);
  if (!(repetitionPenalty > 0 && Number.isFinite(repetitionPenalty)))
    throw bad(key, `repetitionPenalty is ${repetitionPenalty}; use 1 (off) or a number above 1.`);
  for (const [name, penalty] of Object.entries({ frequencyPenalty, presencePenalty }))
    if (!(penalty >= -2 && penalty <= 2))
      throw bad(key, `${name} is ${penalty}; use 0 (off) or a number from -2 to 2.`);
  if (!Number.isInteger(maxTokens) || maxTokens < 1)
    throw bad(key, `maxTokens is ${maxTokens}; use an integer of at least 1.`);
  if (!Number.isSafeInteger(seed)) throw bad(key, `seed is ${seed}; use an integer.`);
  if (stopStrings.some((text) => text === '')) throw bad(key, 'stopStrings holds an empty string; remove it.');
}

function checkRules(key: string, sampling: Sampling, vocabularySize: number): void {
  const { noRepeatNgramSize = 0, minNewTokens = 0, suppressTokens = [], maxTokens, stopIds } = sampling;
  const { topH, typicalP = 1, epsilonCutoff = 0, etaCutoff = 0 } = sampling;
  if (!Number.isInteger(noRepeatNgramSize) || noRepeatNgramSize < 0)
    throw bad(key, `noRepeatNgramSize is ${noRepeatNgramSize}; use a positive integer, or 0 (off).`);
  if (!Number.isInteger(minNewTokens) || minNewTokens < 0 || minNewTokens > maxTokens)
    throw bad(key, `minNewTokens is ${minNewTokens}; use an integer from 0 (off) to maxTokens, ${maxTokens}.`);
  checkIds(`Request '${key}', suppressTokens`, suppressTokens, vocabularySize);
  const ruledOut = new Set(minNewTokens > 0 ? [...suppressTokens, ...stopIds] : suppressTokens);
  if (ruledOut.size >= vocabularySize)
    throw bad(
      key,
      'suppressTokens and the stop ids that minNewTokens keeps away are the whole vocabulary; allow an id.',
    );
  if (topH !== undefined && !(topH > 0 && topH <= 1))
    throw bad(key, `topH is ${topH}; use a number above 0 and at most 1, or leave it out.`);
  if (!(typicalP > 0 && typicalP <= 1)) throw bad(key, `typicalP is ${typicalP}; use a number above 0 and at most 1.`);
  for (const [name, floor] of Object.entries({ epsilonCutoff, etaCutoff }))
    if (!(floor >= 0 && floor < 1)) throw bad(key, `${name} is ${floor}; use a number from 0 (off) to below 1.`);
}

function checkIds(what: string, ids: ArrayLike<number>, vocabularySize: number): void {
  const position = Array.prototype.findIndex.call(
    ids,
    (id) => !(Number.isInteger(id) && id >= 0 && id < vocabularySize),
  );
  if (position >= 0)
    throw new RolloutError(
      'TW_ROLLOUTS_ID_OUT_OF_RANGE',
      `${what}: id ${ids[position]} at position ${position} is outside the model's vocabulary of ${vocabularySize}. ` +
        'Is the tokenizer the one of this model?',
    );
}

/**
 * Throws for requests that cannot be served: empty prompts, prompts that leave no room in the context, ids outside the
 * vocabulary, repeated keys, sampling options out of range.
 * @throws RolloutError
 */
export function checkRequests(requests: readonly RolloutRequest[], limits: Limits): void {
  const keys = new Set<string>();
  for (const { key, promptIds, samples, sampling } of requests) {
    if (keys.has(key))
      throw new RolloutError(
        'TW_ROLLOUTS_DUPLICATE_KEY',
        `Two requests have the key '${key}' and would get identical completions. Use one request with more samples, or distinct keys.`,
      );
    keys.add(key);
    if (promptIds.length === 0)
      throw new RolloutError(
        'TW_ROLLOUTS_EMPTY_PROMPT',
        `Request '${key}' has no prompt ids. Start it with a beginning-of-sequence id.`,
      );
    if (promptIds.length >= limits.maxTokens)
      throw new RolloutError(
        'TW_ROLLOUTS_PROMPT_TOO_LONG',
        `Request '${key}' has ${promptIds.length} prompt ids, but the model's context is ${limits.maxTokens} and must also hold ` +
          'the completion. Shorten the prompt or filter long rows.',
      );
    checkIds(`Request '${key}'`, promptIds, limits.vocabularySize);
    if (!Number.isInteger(samples) || samples < 1)
      throw bad(key, `samples is ${samples}; use an integer of at least 1.`);
    checkSampling(key, sampling);
    checkRules(key, sampling, limits.vocabularySize);
  }
}

/**
 * Throws for sequences that cannot be scored.
 * @throws RolloutError
 */
export function checkSequences(sequences: readonly ScoreSequence[], limits: Limits): void {
  for (const [index, { ids, from }] of sequences.entries()) {
    if (ids.length > limits.maxTokens)
      throw new RolloutError(
        'TW_ROLLOUTS_PROMPT_TOO_LONG',
        `Sequence ${index} has ${ids.length} ids, but the model's context is ${limits.maxTokens}. Shorten or filter it.`,
      );
    if (!Number.isInteger(from) || from < 1 || from > ids.length)
      throw new RolloutError(
        'TW_ROLLOUTS_BAD_SCORE',
        `Sequence ${index} asks for log-probs from position ${from} of ${ids.length} ids; use 1 to ${ids.length} ` +
          '(the first id has nothing before it to be predicted from).',
      );
    checkIds(`Sequence ${index}`, ids, limits.vocabularySize);
  }
}
