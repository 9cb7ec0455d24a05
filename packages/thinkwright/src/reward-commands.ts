// The commands about rewards: checking an installed verifier, attacking its reward, serving it to other trainers.

import { type Command, InvalidArgumentError } from 'commander';
import type { Finish } from './program.ts';

const port = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('Expected 0 to 65535.');
  return value;
};

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number, at least 1.');
  return value;
};

const examples = (...lines: string[]) => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
const json = (command: Command) => command.option('--json', 'print one JSON object on stdout and nothing else');

export function addRewardCommands(program: Command, finish: Finish): void {
  const verifier = program.command('verifier').description('Verifiers: packages that judge answers.');
  json(verifier.command('check <name>'))
    .description('Run the kit on an installed verifier: manifest, gold cases, attacks, the contract, hostile input.')
    .addHelpText(
      'after',
      examples(
        'thinkwright verifier check math                        @thinkwright/verifier-math, thinkwright-verifier-math or math',
        'thinkwright verifier check ./my-verifier               the package in a folder, after npm run build',
        'thinkwright verifier check my-verifier --json | jq .passed',
      ),
    )
    .action(async (name: string, options) =>
      finish(await (await import('./commands/verifier-check.ts')).checkInstalledVerifier(name, options)),
    );

  const rewards = program.command('rewards').description('Rewards: attack them before a model does, or serve them.');
  json(rewards.command('lint <name>'))
    .description('Score adversarial completions with a verifier; which earn more than an honest wrong answer?')
    .addHelpText('after', examples('thinkwright rewards lint math', 'thinkwright rewards lint ./my-verifier --json'))
    .action(async (name: string, options) =>
      finish(await (await import('./commands/rewards-lint.ts')).lintVerifier(name, options)),
    );
  rewards
    .command('serve <names...>')
    .description(
      'Serve verifiers over HTTP to any trainer: our protocol, OpenRLHF, slime, NeMo Gym, OpenEnv, SandboxFusion. They judge in worker processes. Ctrl-C lets accepted requests finish.',
    )
    .option('--port <port>', '0 takes a free one', port, 5000)
    .option('--host <address>', 'an address other than this machine needs THINKWRIGHT_REWARDS_KEY', '127.0.0.1')
    .option('--workers <count>', 'worker processes; default the processors', count)
    .option(
      '--run-code',
      "run programs for SandboxFusion's clients (verl) on /run_code, with @thinkwright/verifier-code",
    )
    .addHelpText(
      'after',
      examples(
        'thinkwright rewards serve math --port 5000',
        'THINKWRIGHT_REWARDS_KEY=secret thinkwright rewards serve math code --host 0.0.0.0',
        'thinkwright rewards serve code --run-code              verl: sandbox_fusion.url=http://127.0.0.1:5000/run_code',
        'curl localhost:5000/openapi.json                       what it understands',
      ),
    )
    .action(async (names: string[], options) =>
      finish(await (await import('./commands/rewards-serve.ts')).serveVerifiers(names, options)),
    );
}
