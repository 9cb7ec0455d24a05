// Distillation from a teacher in this process: `teacher` among the options is a hub id, a folder or a file, beside the recipe or not. It only
// answers, so it may be kept in fewer bits and computed in other numerics than the student: `teacher_storage` and its like.

import { existsSync } from 'node:fs';
import { checkModelOptions, createEngine } from '@thinkwright/models';
import { createDistillationTrainer, distillationOptionsSchema, parseDistillationOptions } from '@thinkwright/trainers';
import { z } from 'zod';
import { RecipeError } from '../errors.ts';
import { recipePath } from '../manifest/load-recipe.ts';
import { modelOptionsShape } from '../manifest/model-options.ts';
import { errorAt } from './error-at.ts';
import type { StageContext, StageExecutor } from './executor.ts';
import { openModel } from './open-model.ts';
import { checkModel } from './stage-model.ts';
import { dataFingerprint, dataOf, decodeWith, loadRows, rowStream } from './tasks.ts';
import { checkGate, checkOptions, runTraining } from './training.ts';

const { storage, numerics, keyValueCache } = modelOptionsShape;
const ofTeacher = {
  teacher: z.string().min(1).optional(),
  teacherStorage: storage,
  teacherNumerics: numerics,
  teacherKeyValueCache: keyValueCache,
};
const stageOptionsSchema = distillationOptionsSchema.extend(ofTeacher);

type Place = Pick<StageContext, 'recipe' | 'stage' | 'textIndex'>;

function optionsOf(place: Place) {
  const { teacher, teacherStorage, teacherNumerics, teacherKeyValueCache, ...options } = checkOptions(
    place,
    stageOptionsSchema,
    (given) => {
      const own = Object.entries(given as object).filter(([key]) => !Object.hasOwn(ofTeacher, key));
      return parseDistillationOptions(Object.fromEntries(own));
    },
  );
  const loading = {
    // A teacher in other numerics says in which storage, so that what does not fit is refused before anything runs.
    storage: teacherStorage ?? (teacherNumerics === undefined ? ('native' as const) : undefined),
    numerics: teacherNumerics,
    keyValueCache: teacherKeyValueCache,
  };
  errorAt(place.recipe.source.where(['stages', place.textIndex, 'options']), () => checkModelOptions(loading));
  if (teacher === undefined) {
    throw new RecipeError(
      'TW_RECIPES_INVALID',
      `${place.recipe.source.where(['stages', place.textIndex])}: stage "${place.stage.name}" has no teacher. Give options: { teacher: a hub id, a folder or a .gguf file }.`,
    );
  }
  const beside = recipePath(place.recipe, teacher);
  return { teacher: existsSync(beside) ? beside : teacher, loading, options };
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
    const { teacher: place, loading, options } = optionsOf(context);
    return runTraining(context, {
      planned: options.maxSteps,
      async create({ model, format, engine, shared, atEnd }) {
        const opened = await openModel(place, { ...loading, signal: context.signal });
        const teacher = opened.model;
        atEnd(() => teacher.dispose());
        const teacherEngine = createEngine(teacher, { decode: decodeWith(opened.format) });
        const stream = await rowStream(context);
        const dataset = await loadRows(context); // the pre-flight looks ahead in it
        const ports = { model, teacher, teacherEngine, engine, format, stream, dataset };
        return createDistillationTrainer({ ...ports, ...options, ...shared });
      },
    });
  },
};
