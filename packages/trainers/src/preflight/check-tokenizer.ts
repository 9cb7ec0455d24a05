// Tokenizer and model must speak of the same ids, replies must end in a token that can be trained, and padding must not be that token.

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import type { LanguageModel } from '@thinkwright/models';
import type { Finding } from './finding.ts';

/** @param stopIds tokens that end a reply; those of the format, or the tokenizer's eos. */
export function checkTokenizer(
  model: LanguageModel,
  tokenizer: Tokenizer,
  stopIds: readonly number[] = tokenizer.special.eos === undefined ? [] : [tokenizer.special.eos],
): Finding[] {
  const findings: Finding[] = [];
  const { vocabularySize, eosTokenIds } = model.config;
  if (tokenizer.vocabularySize > vocabularySize) {
    findings.push({
      severity: 'error',
      code: 'TW_TRAINERS_SHAPE',
      message: `The tokenizer has ids up to ${tokenizer.vocabularySize - 1}, but the model's embedding has ${vocabularySize} rows: they belong to different models. Load both from the same folder.`,
    });
  }
  const { pad } = tokenizer.special;
  if (pad !== undefined && stopIds.includes(pad)) {
    findings.push({
      severity: 'warning',
      code: 'TW_TRAINERS_PAD_IS_STOP',
      message: `The pad token ${JSON.stringify(tokenizer.idToToken(pad))} also ends a reply: nothing here pads, but other trainers will mask it and the model will not learn to stop there. Give the tokenizer another pad token.`,
    });
  }
  if (stopIds.length === 0) {
    findings.push({
      severity: 'warning',
      code: 'TW_TRAINERS_STOP_NOT_TRAINED',
      message:
        'Neither format nor tokenizer names a token that ends a reply, so the model learns to go on for ever. Set eos_token.',
    });
  } else if (eosTokenIds.length > 0 && !stopIds.some((id) => eosTokenIds.includes(id))) {
    findings.push({
      severity: 'warning',
      code: 'TW_TRAINERS_STOP_DIFFERS',
      message: `Training ends replies with ${describe(tokenizer, stopIds)}, but config.json's eos_token_id is ${describe(tokenizer, eosTokenIds)}: engines that go by the config will not stop. Set eos_token_id before serving.`,
    });
  }
  return findings;
}

function describe(tokenizer: Tokenizer, ids: readonly number[]): string {
  return ids.map((id) => `${JSON.stringify(tokenizer.idToToken(id) ?? '?')} (${id})`).join(', ');
}

/** Whether the chat template keeps what it is given: a user's text, a reply, its thinking, and trains the end of the reply. */
export function checkTemplate(format: ChatFormat): Finding[] {
  const { open, close } = format.marks;
  const [question, thought, answer] = ['7 + 5', '7 and 5 are 12', '12'];
  const reply = `${open}${thought}${close}${answer}`;
  const findings: Finding[] = [];
  const found = (message: string) =>
    findings.push({ severity: 'warning', code: 'TW_TRAINERS_TEMPLATE_DROPS', message });
  let rendered: { ids: Int32Array; mask: Uint8Array };
  try {
    rendered = format.renderConversation([
      { role: 'user', content: question },
      { role: 'assistant', content: reply },
    ]);
  } catch {
    return []; // a vocabulary that cannot spell the probe: its rows are checked one by one
  }
  const text = format.tokenizer.decode(rendered.ids);
  const trained = format.tokenizer.decode(rendered.ids.filter((_, i) => rendered.mask[i] === 1));
  if (!text.includes(question))
    found(`The chat template drops the user's text: ${JSON.stringify(question)} is not in ${JSON.stringify(text)}.`);
  if (!trained.includes(answer))
    found(
      `The chat template does not train the reply: only ${JSON.stringify(trained)} is supervised. Use a template that prints the assistant's content.`,
    );
  if (text.includes(answer) && !text.includes(thought))
    found(
      'The chat template strips the thinking of the last reply, so reasoning is never trained (stock templates of distilled models do that). Use the training template of the model family, or another history policy.',
    );
  const last = rendered.mask.lastIndexOf(1);
  if (last >= 0 && !format.stopIds.includes(rendered.ids[last]!))
    found('The token that ends a reply is not supervised by this template, so the model learns to go on for ever.');
  return findings;
}
