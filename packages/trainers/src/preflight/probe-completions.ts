// Are completions cut? A few prompts answered before training say how long answers are, and suggest maxCompletionLength: at 256 tokens
// half of the GSM8K answers of small models are cut, and a cut answer scores 0 whatever it was about to say.

import type { ChatFormat } from '@thinkwright/chat';
import type { Dataset } from '@thinkwright/datasets';
import type { LanguageModel } from '@thinkwright/models';
import type { Row } from '@thinkwright/rewards';
import { collectTrajectories, type RolloutEngine } from '@thinkwright/rollouts';
import { TrainerError } from '../errors.ts';
import { PromptSource } from '../rl/prompt-source.ts';
import type { Finding } from './finding.ts';

export interface CompletionProbe {
  sampled: number;
  /** Share of the samples that ran into maxCompletionLength. */
  clippedRatio: number;
  /** 95th percentile of the lengths; a lower bound where samples were cut. */
  length95: number;
  /** The percentile and a tenth more, rounded up to 16; twice maxCompletionLength when more than a twentieth was cut. */
  suggested: number;
  findings: Finding[];
}

export interface ProbeOptions {
  engine: RolloutEngine;
  format: ChatFormat;
  model: LanguageModel;
  dataset: Dataset<Row>;
  maxCompletionLength: number;
  temperature?: number;
  /** Prompts asked once each. Default 32. */
  count?: number;
  seed?: number;
}

const MOST_CLIPPED = 0.2;
const QUANTILE = 0.95;

/** @throws TrainerError NO_ROWS when no prompt leaves room for an answer. */
export async function probeCompletions(options: ProbeOptions): Promise<CompletionProbe> {
  const { engine, format, model, dataset, maxCompletionLength, temperature = 1, count = 32, seed = 0 } = options;
  const rows = dataset.stream(dataset.size === undefined ? { seed } : { shuffle: true, seed, epochs: 1 });
  const prompts = await new PromptSource(rows, format, model.config.maxPositions - maxCompletionLength).take(count);
  if (prompts.length === 0)
    throw new TrainerError(
      'TW_TRAINERS_NO_ROWS',
      `probeCompletions: no prompt leaves room for ${maxCompletionLength} tokens in a context of ${model.config.maxPositions}. Lower maxCompletionLength.`,
    );
  const sampling = { temperature, maxTokens: maxCompletionLength, stopIds: format.stopIds, seed };
  const requests = prompts.map(({ ids }, i) => ({ key: `probe/${i}`, promptIds: ids, samples: 1, sampling }));
  const answers = (await collectTrajectories(engine, requests)).flat();
  const lengths = answers.map(({ ids }) => ids.length).sort((a, b) => a - b);
  const clippedRatio = answers.filter(({ finish }) => finish === 'length').length / answers.length;
  const length95 = lengths[Math.ceil(QUANTILE * lengths.length) - 1]!;
  const suggested = clippedRatio > 1 - QUANTILE ? 2 * maxCompletionLength : Math.ceil((length95 * 1.1) / 16) * 16;
  return {
    sampled: answers.length,
    clippedRatio,
    length95,
    suggested,
    findings: findingsOf(clippedRatio, suggested, options),
  };
}

/**
 * What the probe of `samples` prompts finds before the first step; nothing later, where lengths have been seen.
 * @throws TrainerError OPTIONS_CLASH without a dataset to take prompts from: those of a stream belong to training.
 */
export async function probeFindings(
  ports: Omit<ProbeOptions, 'dataset' | 'count'> & { dataset?: Dataset<Row> },
  samples: number,
  step: number,
): Promise<Finding[]> {
  if (samples === 0 || step > 0) return [];
  const { dataset } = ports;
  if (dataset === undefined) {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      `probeSamples ${samples} needs \`dataset\`: prompts of a stream belong to training. Give dataset, or set probeSamples to 0.`,
    );
  }
  return (await probeCompletions({ ...ports, dataset, count: samples })).findings;
}

function findingsOf(clippedRatio: number, suggested: number, { maxCompletionLength }: ProbeOptions): Finding[] {
  if (clippedRatio <= MOST_CLIPPED) return [];
  return [
    {
      severity: 'warning',
      code: 'TW_TRAINERS_COMPLETIONS_CUT',
      message: `${(100 * clippedRatio).toFixed(0)} % of the probed completions were cut at their limit of ${maxCompletionLength} tokens and can only score 0. Try ${suggested}, or teach the model to stop first (SFT with a trained stop token).`,
    },
  ];
}
