// Makes a plain script of what a model wrote: TypeScript loses its types (Node's stripper first, which keeps positions; sucrase
// where enums, namespaces or parameter properties need code), modules become CommonJS. Nothing runs here.
import { stripTypeScriptTypes } from 'node:module';
import { transform } from 'sucrase';

/** White space of one line only: across lines the search would be quadratic. */
const MODULE_SYNTAX = /(?:^|[;}])[^\S\n]*(?:import\b(?!\s*[(.])|export\b)/m;

/** @throws SyntaxError with the parser's message */
export function scriptOf(code: string, language: 'javascript' | 'typescript'): string {
  const script = language === 'typescript' ? withoutTypes(code) : code;
  if (!MODULE_SYNTAX.test(script)) return script;
  return parsed(() => transform(script, { transforms: ['imports'], production: true }).code);
}

function withoutTypes(code: string): string {
  try {
    return stripTypeScriptTypes(code);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') throw asSyntaxError(error);
    return parsed(() => transform(code, { transforms: ['typescript'], production: true }).code);
  }
}

function parsed(run: () => string): string {
  try {
    return run();
  } catch (error) {
    throw asSyntaxError(error);
  }
}

function asSyntaxError(error: unknown): SyntaxError {
  return new SyntaxError(error instanceof Error ? error.message : String(error));
}
