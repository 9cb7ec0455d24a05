// `thinkwright doctor --bench`: what this machine can do at most, and how near the kernels come to it.

import { createOutput, type OutputOptions } from '../output.ts';
import { padEnd } from '../terminal/text.ts';

export async function bench(options: OutputOptions & { threads?: number }): Promise<number> {
  const output = createOutput(options);
  const { useDevice } = await import('@thinkwright/tensors');
  const { benchMachine } = await import('@thinkwright/kernels');
  await useDevice('native', { threads: options.threads });
  output.note('Measuring for a few seconds; other programs should rest.');
  const figures = await benchMachine();
  output.result(figures);
  const { instructionSet, threads, roofline, kernels } = figures;
  const { colors } = output;
  output.say(colors.bold(`${instructionSet}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`));
  output.say(`  peak         ${roofline.gflops.toFixed(0)} GFLOP/s in float32`);
  output.say(`  memory       ${roofline.gigabytesPerSecond.toFixed(1)} GB/s read`);
  output.say('');
  const width = Math.max(...kernels.map(({ name }) => name.length));
  for (const { name, gflops, ofPeak } of kernels)
    output.say(
      `  ${padEnd(name, width)} ${gflops.toFixed(0).padStart(6)} GFLOP/s ${(100 * ofPeak).toFixed(0).padStart(4)} % of the peak`,
    );
  return 0;
}
