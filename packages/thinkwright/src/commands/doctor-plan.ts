// `thinkwright doctor --plan`: the peak memory of a run before it runs, beside what is free here, and what would make it less.

import type { ModelOptions } from '@thinkwright/models';
import { CliError } from '../errors.ts';
import { availableMemory, gigabytes } from '../machine-memory.ts';
import { checkChoices } from '../model-options.ts';
import { createOutput, type OutputOptions } from '../output.ts';
import { padEnd } from '../terminal/text.ts';

const own = ['model', 'method', 'length', 'prompt_length', 'batch', 'lora'] as const;
/** How the model is loaded: words to option names. */
const loadingKeys = { storage: 'storage', numerics: 'numerics', key_value_cache: 'keyValueCache' } as const;
const methods = ['sft', 'rl', 'generate'] as const;

export async function plan(words: string[], options: OutputOptions): Promise<number> {
  const output = createOutput(options);
  const { model, request } = await parseRequest(words);
  const { loadModelConfig } = await import('@thinkwright/models');
  const { planMemory } = await import('@thinkwright/recipes/plan');
  const figures = await planMemory(await loadModelConfig(model), request);
  const free = availableMemory();
  const fits = figures.totalBytes <= free;
  output.result({ model, ...request, ...figures, freeBytes: free, fits });
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

function advice({ method, lora, loading, options }: Awaited<ReturnType<typeof parseRequest>>['request']): string {
  if (method === 'generate')
    return 'Use a smaller batch, a shorter length, storage=q8_0 or less, or key_value_cache=bfloat16.';
  const ways = ['a smaller per_device_train_batch_size with gradient_accumulation_steps', 'a shorter length'];
  if (!lora) ways.push('lora=16');
  else if (loading.storage === undefined) ways.push('storage=q8_0');
  if (!options.gradient_checkpointing) ways.push('gradient_checkpointing=true');
  return `Try ${ways.join(', or ')}.`;
}

async function parseRequest(words: string[]) {
  const given = new Map(words.map(keyAndValue));
  const model = given.get('model');
  if (typeof model !== 'string') throw usage('it needs model=<folder, config.json, .gguf or hub id>');
  const method = methods.find((name) => name === (given.get('method') ?? 'sft'));
  if (method === undefined) throw usage(`method is "${given.get('method')}"; expected ${methods.join(', ')}`);
  const whole = (key: (typeof own)[number]): number | undefined => {
    const value = given.get(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
    throw usage(`${key} is "${value}"; expected a whole number, 1 or more`);
  };
  const length = whole('length');
  if (length === undefined) throw usage('it needs length=<tokens of a row>');
  const rank = whole('lora');
  const loading = await loadingOf(given);
  const known: readonly string[] = [...own, ...Object.keys(loadingKeys)];
  const trainerOptions = [...given].filter(([key]) => !known.includes(key));
  return {
    model,
    request: {
      method,
      length,
      promptLength: whole('prompt_length'),
      batch: whole('batch'),
      loading,
      lora: rank === undefined ? undefined : { r: rank, loraAlpha: 2 * rank },
      options: Object.fromEntries(trainerOptions),
    },
  };
}

async function loadingOf(given: ReadonlyMap<string, unknown>): Promise<ModelOptions> {
  const words = Object.entries(loadingKeys).flatMap(([key, name]) => (given.has(key) ? [[name, given.get(key)]] : []));
  const options = Object.fromEntries(words);
  await checkChoices(options, (name) => Object.entries(loadingKeys).find(([, option]) => option === name)![0]);
  return options;
}

function keyAndValue(word: string): [string, string | number | boolean] {
  const at = word.indexOf('=');
  if (at < 1) throw usage(`"${word}" is no key=value`);
  const [key, text] = [word.slice(0, at), word.slice(at + 1)];
  if (text === 'true' || text === 'false') return [key, text === 'true'];
  const value = Number(text);
  return [key, key !== 'model' && text.trim() !== '' && Number.isFinite(value) ? value : text];
}

function usage(problem: string): CliError {
  return new CliError(
    'TW_CLI_USAGE',
    `doctor --plan: ${problem}. Example: thinkwright doctor --plan model=./model method=sft length=512 lora=16`,
  );
}
