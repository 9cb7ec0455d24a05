// How a recipe says in what form a model is loaded: the names and choices of `loadModel`.

import { modelOptions } from '@thinkwright/models/options';
import { z } from 'zod';

/** Left out: float32, exact, float32. */
export const modelOptionsShape = {
  storage: z.enum(modelOptions.storage.choices).optional(),
  numerics: z.enum(modelOptions.numerics.choices).optional(),
  keyValueCache: z.enum(modelOptions.keyValueCache.choices).optional(),
};
