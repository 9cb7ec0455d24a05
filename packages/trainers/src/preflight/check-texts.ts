// What must hold between model, tokenizer and chat template before anything is rendered.

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import type { LanguageModel } from '@thinkwright/models';
import { checkTemplate, checkTokenizer } from './check-tokenizer.ts';
import type { Finding } from './finding.ts';

/** Nothing is found where there is neither format nor tokenizer: the rows are ids already. */
export function checkTexts(model: LanguageModel, format: ChatFormat | undefined, tokenizer?: Tokenizer): Finding[] {
  const names = format?.tokenizer ?? tokenizer;
  return [...(names ? checkTokenizer(model, names, format?.stopIds) : []), ...(format ? checkTemplate(format) : [])];
}
