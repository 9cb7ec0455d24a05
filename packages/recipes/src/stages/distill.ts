// Distillation from a teacher in this process: `teacher` among the options is a hub id, a folder or a file, beside the recipe or not.

import { existsSync } from 'node:fs';
import { createEngine } from '@thinkwright/models';
import { createDistillationTrainer, distillationOptionsSchema, parseDistillationOptions } from '@thinkwright/trainers';
import { z } from 'zod';
import { RecipeError } from '../errors.ts';
import { recipePath } from '../manifest/load-recipe.ts';
import type { StageContext, StageExecutor } from './executor.ts';
import { openModel } from './open-model.ts';
import { checkModel } from './stage-model.ts';
import { dataFingerprint, dataOf, decodeWith, rowStream } from './tasks.ts';
import { checkGate, checkOptions, runTraining } from './training.ts';

const stageOptionsSchema = distillationOptionsSchema.extend({ teacher: z.string().min(1).optional() });

type Place = Pick<StageContext, 'recipe' | 'stage' | 'textIndex'>;

function optionsOf(place: Place) {
  const { teacher, ...options } = checkOptions(place, stageOptionsSchema, (given) => {
    const { teacher: _, ...own } = given as Record<string, unknown>;
    return parseDistillationOptions(own);
  });
  if (teacher === undefined) {
    throw new RecipeError(
      'TW_RECIPES_INVALID',
      `${place.recipe.source.where(['stages', place.textIndex])}: stage "${place.stage.name}" has no teacher. Give options: { teacher: a hub id, a folder or a .gguf file }.`,
    );
  }
  const beside = recipePath(place.recipe, teacher);
  return { teacher: existsSync(beside) ? beside : teacher, options };
}

export const distillStage: StageExecutor = {
  check(place) {
    checkModel(place.recipe);
    optionsOf(place);
    checkGate(place, ['loss']);
    dataOf(place);
  },
  totalSteps: (stage) => stage.options.maxSteps as number | undefined,
  fingerprint: dataFingerprint,
  run(context) {
    const { teacher: place, options } = optionsOf(context);
    return runTraining(context, {
      planned: options.maxSteps,
      async create({ model, format, engine, shared, atEnd }) {
        const opened = await openModel(place, { signal: context.signal });
        const teacher = opened.model;
        atEnd(() => teacher.dispose());
        const teacherEngine = createEngine(teacher, { decode: decodeWith(opened.format) });
        const stream = await rowStream(context);
        const ports = { model, teacher, teacherEngine, engine, format, stream };
        return createDistillationTrainer({ ...ports, ...options, ...shared });
      },
    });
  },
};
