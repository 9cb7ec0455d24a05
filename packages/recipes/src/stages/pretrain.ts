// Pretraining: next-token prediction on plain text, every token a target.

import { createSftTrainer, parseSftOptions, sftOptionsSchema } from '@thinkwright/trainers';
import type { StageExecutor } from './executor.ts';
import { measureNamed } from './measures.ts';
import { checkModel } from './stage-model.ts';
import { dataFingerprint, dataOf, loadRows } from './tasks.ts';
import { checkGate, checkOptions, runTraining } from './training.ts';

export const pretrainStage: StageExecutor = {
  check(place) {
    checkModel(place.recipe);
    checkOptions(place, sftOptionsSchema, parseSftOptions);
    checkGate(place, ['loss']);
    dataOf(place);
  },
  totalSteps: (stage) => stage.options.maxSteps as number | undefined,
  fingerprint: dataFingerprint,
  run(context) {
    const options = checkOptions(context, sftOptionsSchema, parseSftOptions);
    const generated = dataOf(context).name === 'last-digit-chains';
    return runTraining(context, {
      planned: options.maxSteps,
      async create({ model, format, engine, shared }) {
        const { recipe, signal } = context;
        const dataset = await loadRows(context);
        const stream = dataset.stream({
          seed: recipe.seed,
          ...(!generated && { shuffle: true, epochs: Number.POSITIVE_INFINITY }),
        });
        const factAccuracy = measureNamed('fact_accuracy');
        const evaluate = generated
          ? async () => ({
              fact_accuracy: await factAccuracy({ model, format, engine, seed: recipe.seed, lengths: {} }, signal),
            })
          : undefined;
        // The generated text never ends, so there is no end to learn.
        return createSftTrainer({
          model,
          tokenizer: format.tokenizer,
          format,
          stream,
          dataset,
          evaluate,
          ...options,
          appendEos: generated ? false : options.appendEos,
          ...shared,
        });
      },
    });
  },
};
