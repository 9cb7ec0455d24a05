// `thinkwright doctor --plan`: the peak memory of a run before it runs, beside what is free here, and what would make it less.

import type { ModelOptions } from '@thinkwright/models';
import { availableMemory, gigabytes } from '../machine-memory.ts';
import { createOutput, type OutputOptions } from '../output.ts';
import { padEnd } from '../terminal/text.ts';
import { type PlanWords, parsePlanWords } from './doctor-plan-request.ts';

export async function plan(words: string[], options: OutputOptions): Promise<number> {
  const output = createOutput(options);
  const { model, teacher, valueModel, request: asked } = await parsePlanWords(words);
  const { loadModelConfig, nativeStorage } = await import('@thinkwright/models');
  /** What is frozen stays in the bits of its file unless told otherwise, as in a run. */
  const loadingOf = async (place: string, { storage, ...own }: ModelOptions, isFrozen: boolean) => {
    const wanted = storage ?? (isFrozen ? 'native' : undefined);
    return { ...own, storage: wanted === 'native' ? await nativeStorage(place) : wanted };
  };
  const isFrozen = asked.lora !== undefined || asked.method === 'generate';
  const request = { ...asked, loading: await loadingOf(model, asked.loading, isFrozen) };
  const { planMemory } = await import('@thinkwright/recipes/plan');
  const figures = await planMemory(await loadModelConfig(model), {
    ...request,
    ...(teacher && {
      teacher: {
        config: await loadModelConfig(teacher.place),
        loading: await loadingOf(teacher.place, teacher.loading, teacher.loading.numerics === undefined),
      },
    }),
    ...(valueModel !== undefined && { valueModel: await loadModelConfig(valueModel) }),
  });
  const free = availableMemory();
  const fits = figures.totalBytes <= free;
  const others = { ...(teacher && { teacher: teacher.place }), ...(valueModel !== undefined && { valueModel }) };
  output.result({ model, ...others, ...request, ...figures, freeBytes: free, fits });
  const { colors } = output;
  const line = (name: string, bytes: number) => output.say(`  ${colors.dim(padEnd(name, 22))} ${gigabytes(bytes)}`);
  output.say(colors.bold(`${request.method} of ${model}, ${request.length} tokens a row`));
  line('weights', figures.weightBytes);
  line('device at its peak', figures.deviceBytes);
  line('process', figures.processBytes);
  line('in all, about', figures.totalBytes);
  line('free here', free);
  output.say('');
  output.say(fits ? `${colors.green('✔')} It fits.` : `${colors.red('✘')} It does not fit. ${advice(request)}`);
  return fits ? 0 : 1;
}

/** Options whose models or copies a run may do without, by method. */
const sparing: Partial<Record<PlanWords['request']['method'], string>> = {
  preference: 'precompute_ref_log_probs=true',
  distill: 'teacher_storage=q8_0',
  rl: 'beta=0, which needs no reference',
  ppo: 'kl_coef=0, which needs no reference',
  'rejection-sampling': 'a smaller generation_batch_size',
};

function advice({ method, lora, loading, options }: PlanWords['request']): string {
  if (method === 'generate')
    return 'Use a smaller batch, a shorter length, storage=q8_0 or less, or key_value_cache=bfloat16.';
  const ways = ['a smaller per_device_train_batch_size with gradient_accumulation_steps', 'a shorter length'];
  if (!lora) ways.push('lora=16');
  else if (loading.storage?.startsWith('q') !== true) ways.push('storage=q8_0');
  if (!options.gradient_checkpointing) ways.push('gradient_checkpointing=true');
  const own = sparing[method];
  if (own !== undefined) ways.push(own);
  return `Try ${ways.join(', or ')}.`;
}
