// The command line: names, options, help with examples. What a command does is loaded when it is called, so that --help is instant.

import { Command, InvalidArgumentError, Option } from 'commander';
import type { TrainKind } from './commands/train.ts';
import { addModelOptions } from './model-options.ts';
import { addRewardCommands } from './reward-commands.ts';

// Commander checked the types of what it parsed; each command declares what it takes.
// biome-ignore lint/suspicious/noExplicitAny: the parsed options of every command
type Options = any;

/** Sets the exit status of the process when a command is done. */
export type Finish = (status: number) => void;

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
};
const natural = (text: string): number => {
  const value = number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('Expected a whole number, 0 or more.');
  return value;
};
const positive = (text: string): number => {
  const value = number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number, 1 or more.');
  return value;
};
const threadCount = (text: string): number => {
  const value = positive(text);
  if (value > 256) throw new InvalidArgumentError('Expected at most 256.');
  return value;
};
const collect = (text: string, before: string[]): string[] => [...before, text];

const examples = (...lines: string[]) => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;

function sharedOptions(command: Command): Command {
  return command
    .option('--device <name>', 'native, cpu, or another installed device; auto picks the fastest', 'auto')
    .option('--threads <count>', 'threads of the native device (default: physical cores)', threadCount)
    .option('--json', 'print one JSON object on stdout and nothing else')
    .option('--quiet', 'no progress on stderr')
    .option('--debug', 'on errors, print the stack');
}

function samplingOptions(command: Command): Command {
  return command
    .option('--temperature <t>', '0 takes the likeliest token', number)
    .option('--top-k <k>', 'sample among the k likeliest tokens', natural)
    .option('--top-p <p>', 'sample among the likeliest tokens that hold this share', number)
    .option('--min-p <p>', 'leave out tokens less likely than this share of the likeliest', number)
    .option('--max-tokens <count>', 'longest completion', positive)
    .option('--seed <seed>', 'same seed, same text', natural, 1)
    .addOption(new Option('--mode <mode>', 'whether to think first').choices(['think', 'no_think']));
}

const runOptions = (command: Command): Command =>
  sharedOptions(command)
    .option('--seed <seed>', "another seed than the recipe's", natural)
    .option(
      '--set <key=value>',
      'change anything in the recipe: seed=2, grpo.max_steps=20, model.path=... (repeatable)',
      collect,
      [],
    )
    .option('--folder <folder>', 'run folder (default: runs/<recipe name>)')
    .option('--resume', 'go on with the run in the folder; finished stages are not run again')
    .option('--fresh', 'start anew; an earlier run in the folder is moved aside')
    .option('--dry-run', 'check the recipe and show its plan; train nothing');

export function createProgram(version: string, finish: Finish): Command {
  const program = new Command('thinkwright')
    .description('Train small language models to reason: run recipes, fine-tune, reinforce, evaluate, chat.')
    .version(version, '-v, --version')
    .option('--debug', 'on errors, print the stack')
    .enablePositionalOptions()
    .showHelpAfterError('(--help explains and gives examples)')
    .addHelpText(
      'after',
      examples(
        'thinkwright run examples/quickstart/quickstart.yaml   a tiny model learns to think, in minutes',
        'thinkwright chat HuggingFaceTB/SmolLM2-135M-Instruct  talk to a model from the hub',
        'thinkwright eval ./model --task gsm8k --data test.jsonl',
        'thinkwright doctor                                    what this machine can do, and what is missing',
      ),
    );

  runOptions(program.command('run <recipe>'))
    .description(
      'Run a recipe: stages of pretraining, fine-tuning, reinforcement and evaluation, with a report at the end.',
    )
    .option('--method <name>', "which of the recipe's alternative stages to run, such as grpo or star")
    .option('--model <path>', "another model than the recipe's: hub id, folder or .gguf (model.path)")
    .option('--data <file>', "training data instead of the recipe's: a file, or the name of a set")
    .option('--eval-data <file>', 'the same for the evaluations')
    .addHelpText(
      'after',
      examples(
        'thinkwright run quickstart.yaml                       run, or go on with an unfinished run of the same recipe',
        'thinkwright run quickstart.yaml --method star --seed 2',
        'thinkwright run quickstart.yaml --set grpo.max_steps=20 --set grpo.learning_rate=1e-4',
        'thinkwright run quickstart.yaml --dry-run             check it, show the stages',
        'thinkwright run quickstart.yaml --json | jq .after    figures for a script',
      ),
    )
    .action(async (recipe: string, options: Options) =>
      finish(await (await import('./commands/run.ts')).run(recipe, options)),
    );

  const train = program.command('train').description('Train without writing a recipe: flags for a single stage.');
  const trainStage = (kind: TrainKind) =>
    addModelOptions(runOptions(train.command(`${kind} [recipe]`)), ['storage', 'keyValueCache'])
      .option('--model <path>', 'hub id, folder or .gguf file')
      .option('--data <name>', 'data set, generator or .jsonl file')
      .option(
        '-o, --option <key=value>',
        'an option of the trainer, by its TRL name: learning_rate=1e-4 (repeatable)',
        collect,
        [],
      )
      .option('--max-steps <steps>', 'optimizer steps', positive)
      .option('--learning-rate <rate>', 'peak learning rate', number)
      .option('--batch-size <rows>', 'rows (sft) or completions (rl) of a step', positive)
      .option('--lora [rank]', 'train a LoRA adapter of this rank (default 16) instead of all weights', positive)
      .action(async (recipe: string | undefined, options: Options) =>
        finish(await (await import('./commands/train.ts')).train(kind, recipe, options)),
      );
  trainStage('sft')
    .description('Supervised fine-tuning on prompts with completions, or conversations.')
    .addHelpText(
      'after',
      examples(
        'thinkwright train sft --model HuggingFaceTB/SmolLM2-135M-Instruct --data gsm8k-train.jsonl --lora --max-steps 100',
        'thinkwright train sft recipe.yaml --set sft.learning_rate=1e-4',
        'thinkwright train sft --model ./model.Q4_0.gguf --lora --data rows.jsonl   QLoRA on the blocks of the file',
      ),
    );
  trainStage('preference')
    .description('Preference learning (DPO and its family) on rows { prompt, chosen, rejected }.')
    .addHelpText(
      'after',
      examples(
        'thinkwright train preference --model ./model --data pairs.jsonl --max-steps 100 -o loss_type=apo_zero',
        'thinkwright train preference --model ./model --data marked.jsonl -o algorithm=kto      rows { prompt, completion, label }',
      ),
    );
  trainStage('rl')
    .description('Reinforcement learning (GRPO and relatives) on verifiable rewards.')
    .addHelpText(
      'after',
      examples(
        'thinkwright train rl --model ./model --data one-step-word-problems --lora --max-steps 50',
        'thinkwright train rl --model ./model --data problems.jsonl --option num_generations=8 --option loss_type=dr_grpo',
      ),
    );
  trainStage('ppo')
    .description('Proximal policy optimisation: a value head as the baseline, on verifiable rewards.')
    .addHelpText(
      'after',
      examples(
        'thinkwright train ppo --model ./model --data one-step-word-problems --max-steps 80 --option num_ppo_epochs=2',
      ),
    );
  trainStage('reward-model')
    .description('An outcome reward model from rows of { prompt, chosen, rejected }.')
    .addHelpText('after', examples('thinkwright train reward-model --model ./model --data pairs.jsonl --lora'));
  trainStage('process-reward')
    .description('A process reward model from rows of { prompt, completions: steps, labels }.')
    .addHelpText('after', examples('thinkwright train process-reward --model ./model --data steps.jsonl --lora'));
  trainStage('distill')
    .option('--teacher <path>', 'the model to learn from, with the same vocabulary: hub id, folder or .gguf file')
    .description('Distillation: learn the probabilities of a teacher, on given texts and on its own.')
    .addHelpText(
      'after',
      examples('thinkwright train distill --model ./small --teacher ./large --data rows.jsonl --option lmbda=0.5'),
    );

  addModelOptions(sharedOptions(program.command('eval <model>')))
    .description(
      'Measure a model on held-out problems: greedy, sampled, pass@k and maj@k with 95 % intervals, thinking or not.',
    )
    .requiredOption('--task <name>', 'last-digit-chains, gsm8k or one-step-word-problems')
    .option('--data <file>', 'rows for tasks that read a file, such as the GSM8K test rows (.jsonl)')
    .option('--limit <problems>', 'how many problems', positive)
    .option('--samples <count>', 'samples of each problem beside the greedy one; 0 for greedy alone', natural)
    .option('--temperature <t>', 'of the samples', number)
    .option('--max-tokens <count>', 'longest completion', positive)
    .option('--modes <list>', 'think, no_think, or both with a comma')
    .option('--seed <seed>', 'of the samples', natural)
    .addHelpText(
      'after',
      examples(
        'thinkwright eval runs/quickstart/stages/04-grpo-*/model --task last-digit-chains',
        'thinkwright eval SmolLM2-135M-Instruct.Q4_1.gguf --task gsm8k --data gsm8k-test.jsonl --limit 100 --samples 0',
        'thinkwright eval ./SmolLM2-135M-Instruct.Q4_0.gguf --task gsm8k --data gsm8k-test.jsonl --numerics int8',
        'thinkwright eval ./model --task last-digit-chains --json | jq .think.sampled',
      ),
    )
    .action(async (model: string, options: Options) =>
      finish(await (await import('./commands/eval.ts')).evaluateModel(model, options)),
    );

  addModelOptions(samplingOptions(sharedOptions(program.command('chat <model>'))))
    .description('Talk to a model. Thinking is shown dimmed; /think and /no_think switch it, /help lists the rest.')
    .option('--system <text>', 'system message')
    .addHelpText(
      'after',
      examples(
        'thinkwright chat HuggingFaceTB/SmolLM2-135M-Instruct',
        'thinkwright chat ./SmolLM2-135M-Instruct.Q4_1.gguf --temperature 0 --numerics int8',
        'echo "4+7*3-8" | thinkwright chat runs/quickstart/stages/04-grpo-*/model',
      ),
    )
    .action(async (model: string, options: Options) =>
      finish(await (await import('./commands/chat.ts')).chat(model, options)),
    );

  addModelOptions(samplingOptions(sharedOptions(program.command('generate <model> [prompt]'))))
    .description('Complete one prompt and print it. Without a prompt, reads standard input.')
    .option('--raw', 'no chat template: continue the text as it is')
    .option('--samples <count>', 'how many completions', positive, 1)
    .option('--stop <text>', 'stop before this text (repeatable)', collect, [])
    .option('--system <text>', 'system message')
    .addHelpText(
      'after',
      examples(
        'thinkwright generate ./model "4+7*3-8" --mode think --temperature 0',
        'thinkwright generate ./model "Once upon a time" --raw --max-tokens 60 --samples 3',
        'thinkwright generate ./model "4+7*3-8" --json | jq .completions[0].answer',
      ),
    )
    .action(async (model: string, prompt: string | undefined, options: Options) =>
      finish(await (await import('./commands/generate.ts')).generateText(model, prompt, options)),
    );

  sharedOptions(program.command('doctor'))
    .description(
      'Explain this machine: devices and why one was chosen, CPU features, threads, memory, compiler, versions.',
    )
    .option('--bench', 'instead: measure this machine and the kernels on it, in a few seconds')
    .option(
      '--plan <key=value...>',
      'instead: the peak memory of a run, before it runs. Keys: model, method (pretrain, sft, rl, ppo, rejection-sampling, preference, online-preference, distill, reward-model, process-reward, generate; default sft), length (tokens of a row, prompt and completion together), prompt_length, batch (of generate), lora (rank), lora_dropout, target_modules, use_dora, storage, numerics, key_value_cache, teacher with teacher_storage and its like (distill), value_model (ppo), and options of the trainer',
    )
    .addHelpText(
      'after',
      examples(
        'thinkwright doctor',
        'thinkwright doctor --json',
        'thinkwright doctor --bench',
        'thinkwright doctor --plan model=./model method=sft length=512 per_device_train_batch_size=2 lora=16',
        'thinkwright doctor --plan model=./model method=sft length=512 lora=16 storage=q4_0      QLoRA',
        'thinkwright doctor --plan model=./model method=rl length=512 prompt_length=128 per_device_train_batch_size=32',
        'thinkwright doctor --plan model=./model method=preference length=512 gradient_checkpointing=true',
        'thinkwright doctor --plan model=./small method=distill teacher=./large length=512 lmbda=0.5',
      ),
    )
    .action(async (options: Options) =>
      finish(
        options.plan !== undefined
          ? await (await import('./commands/doctor-plan.ts')).plan(options.plan, options)
          : options.bench
            ? await (await import('./commands/doctor-bench.ts')).bench(options)
            : await (await import('./commands/doctor.ts')).doctor(options),
      ),
    );
  addRewardCommands(program, finish);
  return program;
}
