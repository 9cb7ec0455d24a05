// How a command that loads a model offers the ways of keeping and computing it: one list of names, choices and words for all of them.

import { type ModelOption, modelOptions } from '@thinkwright/models/options';
import { type Command, Option } from 'commander';
import { CliError } from './errors.ts';

const optionNames = Object.keys(modelOptions) as ModelOption[];

/** `keyValueCache` → `--key-value-cache`. */
const flagOf = (name: ModelOption): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Adds the options of these names, and their check before the command runs. */
export function addModelOptions(command: Command, names: readonly ModelOption[] = optionNames): Command {
  for (const name of names) {
    const { choices, default: meant, help } = modelOptions[name];
    const option = new Option(`${flagOf(name)} <name>`, `${help}; default ${meant}`);
    option.argChoices = [...choices]; // for the help; the check below knows what was meant
    command.addOption(option);
  }
  return command.hook('preAction', () => checkChoices(command.opts(), flagOf));
}

/** @throws CliError TW_CLI_USAGE with the nearest choice for one that does not exist; `spelled` is how an option was written */
export async function checkChoices(
  options: Partial<Record<ModelOption, unknown>>,
  spelled: (name: ModelOption) => string,
): Promise<void> {
  const { nearestName } = await import('@thinkwright/recipes');
  for (const name of optionNames) {
    const choices: readonly string[] = modelOptions[name].choices;
    const value = options[name];
    if (value === undefined || choices.includes(String(value))) continue;
    const nearest = nearestName(String(value), choices);
    const hint = nearest === undefined ? '' : `Did you mean "${nearest}"? `;
    throw new CliError(
      'TW_CLI_USAGE',
      `${spelled(name)} ${value}: there is no such choice. ${hint}Known: ${choices.join(', ')}.`,
    );
  }
}

/** The options as they were typed, for the command that goes on with a run. */
export function modelFlags(options: Partial<Record<ModelOption, string>>): string[] {
  return given(options).flatMap(([name, value]) => [flagOf(name), value]);
}

/** The same as overrides of a recipe. */
export function modelOverrides(options: Partial<Record<ModelOption, string>>): string[] {
  return given(options).map(([name, value]) => `model.${name}=${value}`);
}

const given = (options: Partial<Record<ModelOption, string>>) =>
  optionNames.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [[name, value] as const];
  });
