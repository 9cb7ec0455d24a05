// `thinkwright generate <model> [prompt]`: one prompt, one or several completions.

import { readFileSync } from 'node:fs';
import type { Mode } from '@thinkwright/chat';
import type { Message } from '@thinkwright/rewards';
import { answer, type SamplingFlags, samplingOf } from '../answer.ts';
import { CliError } from '../errors.ts';
import { watchInterrupt } from '../interrupt.ts';
import { type OpenOptions, openForAnswers } from '../open.ts';
import { createOutput, type OutputOptions } from '../output.ts';
import { printableLines } from '../terminal/text.ts';

export interface GenerateOptions extends OutputOptions, SamplingFlags, OpenOptions {
  raw?: boolean;
  samples?: number;
  stop?: string[];
  system?: string;
  mode?: Mode;
}

export async function generateText(
  model: string,
  given: string | undefined,
  options: GenerateOptions,
): Promise<number> {
  const output = createOutput(options);
  const prompt = given ?? readStandardInput();
  const interrupt = watchInterrupt(() => {}, { grace: 2_000 });
  try {
    const opened = await openForAnswers(model, output, { ...options, signal: interrupt.signal });
    const { createEngine } = await import('@thinkwright/models');
    const engine = createEngine(opened.model, { decode: (ids) => opened.format.tokenizer.decode(ids) });
    const samples = options.samples ?? 1;
    const completions = [];
    for (let sample = 0; sample < samples && !interrupt.signal.aborted; sample++) {
      if (samples > 1) output.say(output.colors.dim(`── ${sample + 1} of ${samples}`));
      const write = output.json
        ? undefined
        : (text: string, thinking: boolean) =>
            process.stdout.write(thinking ? output.colors.dim(printableLines(text)) : printableLines(text));
      const key = `generate ${sample}`;
      completions.push(
        options.raw
          ? await continueText(prompt, key, { ...options, opened, engine, signal: interrupt.signal, write })
          : await answer({
              engine,
              format: opened.format,
              messages: messagesOf(options.system, prompt),
              mode: options.mode,
              flags: options,
              key,
              signal: interrupt.signal,
              onText: write,
            }),
      );
      output.say('');
    }
    output.result({ model, prompt, completions, device: opened.device });
    await engine.close();
    opened.model.dispose();
    return interrupt.status();
  } finally {
    interrupt.dispose();
  }
}

const messagesOf = (system: string | undefined, prompt: string): Message[] => [
  ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
  { role: 'user', content: prompt },
];

interface ContinueContext extends SamplingFlags {
  opened: Awaited<ReturnType<typeof openForAnswers>>;
  engine: import('@thinkwright/rollouts').RolloutEngine;
  stop?: string[];
  signal: AbortSignal;
  write?: (text: string, thinking: boolean) => void;
}

/** No template: the text goes on as it is. */
async function continueText(
  prompt: string,
  key: string,
  { opened, engine, stop, signal, write, ...flags }: ContinueContext,
) {
  const { tokenizer, stopIds } = opened.format;
  const promptIds = tokenizer.encode(prompt, { addSpecialTokens: true });
  if (promptIds.length === 0) throw new CliError('TW_CLI_INPUT', 'the prompt is empty: give some text to continue.');
  const { maxTokens: context } = await engine.info();
  if (promptIds.length >= context)
    throw new CliError('TW_CLI_INPUT', `the prompt has ${promptIds.length} tokens, the model's context is ${context}.`);
  const sampling = {
    ...samplingOf(flags, stopIds, context - promptIds.length),
    ...(stop?.length && { stopStrings: stop }),
  };
  const decoder = tokenizer.incrementalDecoder();
  const started = performance.now();
  for await (const { ids, finish } of engine.generate([{ promptIds, samples: 1, sampling, key }], {
    signal,
    onTokens: ({ ids }) => write?.(decoder.push(ids), false),
  })) {
    write?.(decoder.flush(), false);
    return {
      text: tokenizer.decode(ids),
      promptTokens: promptIds.length,
      tokens: ids.length,
      finish,
      seconds: (performance.now() - started) / 1000,
    };
  }
  throw new Error('the engine gave no completion');
}

function readStandardInput(): string {
  if (process.stdin.isTTY)
    throw new CliError(
      'TW_CLI_USAGE',
      'no prompt: give it after the model, or pipe it in. Example: thinkwright generate ./model "4+7*3-8"',
    );
  const text = readFileSync(0, 'utf8').replace(/\n$/, '');
  if (text === '') throw new CliError('TW_CLI_INPUT', 'standard input is empty: there is no prompt.');
  return text;
}
