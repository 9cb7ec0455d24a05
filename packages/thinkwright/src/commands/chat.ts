// `thinkwright chat <model>`: a conversation on the terminal, or one answer a line when input is piped.

import { createInterface } from 'node:readline/promises';
import type { Mode } from '@thinkwright/chat';
import type { Message } from '@thinkwright/rewards';
import { answer, type SamplingFlags } from '../answer.ts';
import { CliError } from '../errors.ts';
import { type OpenOptions, openForAnswers } from '../open.ts';
import { createOutput, type OutputOptions } from '../output.ts';
import { printableLines } from '../terminal/text.ts';

export interface ChatOptions extends OutputOptions, SamplingFlags, OpenOptions {
  system?: string;
  mode?: Mode;
}

const help = `  /think, /no_think   whether to think first, from the next question on
  /system <text>      another system message (starts anew)
  /clear              forget the conversation
  /exit               leave (or Ctrl-D)
  Ctrl-C stops an answer; on an empty line it leaves.`;

export async function chat(model: string, options: ChatOptions): Promise<number> {
  const output = createOutput(options);
  const { colors } = output;
  const opened = await openForAnswers(model, output, options);
  const { createEngine } = await import('@thinkwright/models');
  const engine = createEngine(opened.model, { decode: (ids) => opened.format.tokenizer.decode(ids) });
  const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true && !output.json;
  let mode = options.mode ?? opened.format.policy.defaultMode;
  let system = options.system;
  let messages: Message[] = [];
  const turns: { question: string; thinking: string; answer: string; mode: Mode; tokens: number; seconds: number }[] =
    [];
  const forget = () => {
    messages = system === undefined ? [] : [{ role: 'system', content: system }];
  };
  forget();

  /** Handles a line that starts with a slash; false: leave. */
  const command = (line: string): boolean => {
    const [word, ...rest] = line.split(' ');
    switch (word) {
      case '/exit':
      case '/quit':
      case '/bye':
        return false;
      case '/think':
      case '/no_think':
        mode = word.slice(1) as Mode;
        output.note(colors.dim(mode === 'think' ? 'It will think first.' : 'It will answer at once.'));
        return true;
      case '/clear':
        forget();
        output.note(colors.dim('Forgotten.'));
        return true;
      case '/system':
        system = rest.join(' ') || undefined;
        forget();
        output.note(colors.dim(system === undefined ? 'No system message.' : 'Noted; starting anew.'));
        return true;
      case '/help':
        output.note(colors.dim(help));
        return true;
      default:
        output.note(colors.yellow(`There is no ${word}.`) + colors.dim(` ${'\n'}${help}`));
        return true;
    }
  };

  let running: AbortController | undefined;
  const respond = async (question: string) => {
    running = new AbortController();
    messages.push({ role: 'user', content: question });
    const write = (text: string, thinking: boolean) => {
      if (!output.json) process.stdout.write(thinking ? colors.dim(printableLines(text)) : printableLines(text));
    };
    try {
      const given = await answer({
        engine,
        format: opened.format,
        messages,
        mode,
        flags: options,
        key: `turn ${turns.length}`,
        signal: running.signal,
        onText: write,
      });
      output.say('');
      messages.push({ role: 'assistant', content: given.answer, ...(given.thinking && { thinking: given.thinking }) });
      turns.push({
        question,
        thinking: given.thinking,
        answer: given.answer,
        mode: given.mode,
        tokens: given.tokens,
        seconds: given.seconds,
      });
      if (interactive)
        output.note(
          colors.dim(
            `${given.tokens} tokens, ${(given.tokens / Math.max(given.seconds, 1e-3)).toFixed(0)} a second${given.finish === 'length' ? ', cut at the limit (--max-tokens)' : given.finish === 'abort' ? ', stopped' : ''}`,
          ),
        );
    } catch (error) {
      messages.pop();
      if (!(error instanceof CliError) || !interactive) throw error;
      output.note(colors.red(error.message));
    } finally {
      running = undefined;
    }
  };

  const lines = createInterface({
    input: process.stdin,
    output: interactive ? process.stdout : undefined,
    terminal: interactive,
    prompt: colors.bold('› '),
    historySize: 200,
  });
  lines.on('SIGINT', () => {
    if (running) running.abort();
    else if (lines.line) {
      lines.write(null, { ctrl: true, name: 'u' }); // clears what was typed
    } else lines.close();
  });
  if (interactive) {
    output.say(
      `${colors.bold(model)} ${colors.dim(`on ${opened.device.description}. /help lists the commands, Ctrl-D leaves.`)}`,
    );
    lines.prompt();
  }
  for await (const raw of lines) {
    const line = raw.trim();
    if (line.startsWith('/') && !command(line)) break;
    if (line && !line.startsWith('/')) await respond(line);
    if (interactive) lines.prompt();
  }
  lines.close();
  output.result({ model, turns });
  await engine.close();
  opened.model.dispose();
  return 0;
}
