// Supervised fine-tuning on conversations or prompts with completions.

import { createSftTrainer, parseSftOptions, sftOptionsSchema } from '@thinkwright/trainers';
import type { StageExecutor } from './executor.ts';
import { checkModel } from './stage-model.ts';
import { dataFingerprint, dataOf, loadRows } from './tasks.ts';
import { checkGate, checkOptions, runTraining } from './training.ts';

export const sftStage: StageExecutor = {
  check(place) {
    checkModel(place.recipe);
    checkOptions(place, sftOptionsSchema, parseSftOptions);
    checkGate(place, ['loss', 'mean_token_accuracy']);
    dataOf(place);
  },
  totalSteps: (stage) => stage.options.maxSteps as number | undefined,
  fingerprint: dataFingerprint,
  run(context) {
    const options = checkOptions(context, sftOptionsSchema, parseSftOptions);
    return runTraining(context, {
      planned: options.maxSteps,
      async create({ model, format, shared }) {
        const rows = await loadRows(context);
        // Endless generators give each row once, in order; files are shuffled, pass after pass.
        const stream = rows.size === undefined ? rows.stream({ seed: context.recipe.seed }) : undefined;
        return createSftTrainer({ model, format, stream, dataset: rows, ...options, ...shared });
      },
    });
  },
};
